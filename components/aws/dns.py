"""Records of a hub in Route 53."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.dns_records import Target, hosts
from model.hub import Hub


@dataclass(frozen=True, kw_only=True)
class Route53Args:
    """The hub whose records are made, what they point at, and the ids of the zones.

    `alias_zone_id` is the load balancer's hosted zone; None for ordinary A or CNAME records.
    """

    hub: Hub
    target: Target
    zone_id: str
    alias_zone_id: str | None = None


class Route53(pulumi.ComponentResource):
    """One record for each domain: A for an address, CNAME or alias A for a host name.

    Does not manage the zone.
    """

    def __init__(
        self, name: str, args: Route53Args, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("binderhub:aws:Route53", name, None, opts)
        hub, target = args.hub, args.target
        assert hub.domains
        for host in hosts(hub):
            alias = args.alias_zone_id is not None
            aws.route53.Record(
                f"{hub.name}-{host.role}",
                zone_id=args.zone_id,
                name=host.name,
                type="A" if alias else target.type,
                ttl=None if alias else hub.domains.dns.ttl,
                records=None if alias else [target.value],
                aliases=[
                    aws.route53.RecordAliasArgs(
                        name=target.value,
                        zone_id=args.alias_zone_id,
                        evaluate_target_health=False,
                    )
                ]
                if alias
                else None,
                # Two records of one name and type cannot be there at the same time.
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            )
        self.register_outputs({})
