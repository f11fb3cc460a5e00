"""Records of a hub in Cloud DNS."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.dns_records import Target, absolute, hosts
from components.gcp.shapes import dns_project
from model.hub import Hub


@dataclass(frozen=True, kw_only=True)
class CloudDnsArgs:
    """The hub whose records are made, and what they point at."""

    hub: Hub
    target: Target


class CloudDns(pulumi.ComponentResource):
    """One record set for each domain: A for an address, CNAME for a host name.

    Does not manage the zone.
    """

    def __init__(
        self, name: str, args: CloudDnsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("binderhub:gcp:CloudDns", name, None, opts)
        hub, target = args.hub, args.target
        assert hub.domains
        dns = hub.domains.dns
        for host in hosts(hub):
            gcp.dns.RecordSet(
                f"{hub.name}-{host.role}",
                name=f"{host.name}.",
                type=target.type,
                ttl=dns.ttl,
                managed_zone=dns.zone,
                project=dns_project(hub),
                rrdatas=[absolute(target)],
                # Two record sets of one name and type cannot be there at the same time.
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            )
        self.register_outputs({})
