"""DNS of a hub: where both domains point, and who keeps the records."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from components.clouds import Clouds
from components.dns_records import Target, given_target, status_target, to_enter
from model.derived.clouds import dns_cloud
from model.hub import Hub
from model.sections.cluster import ServiceRef

Records = list[dict[str, pulumi.Input[str]]]


@dataclass(frozen=True, kw_only=True)
class DnsRecords:
    """`to_enter` are the records that a person enters; None when the program or external-dns does."""

    made: pulumi.Resource | None = None
    to_enter: Records | None = None


def make(hub: Hub, clouds: Clouds, opts: pulumi.ResourceOptions) -> DnsRecords:
    """Make the records, or say what to enter."""
    if hub.domains is None or hub.domains.dns.provider == "external-dns":
        return DnsRecords()
    target = _target(hub, opts)
    cloud = dns_cloud(hub)
    if cloud is None:
        return DnsRecords(to_enter=to_enter(hub, target))
    assert target, "rules refuse records without a target"
    return DnsRecords(made=clouds[cloud].dns(hub, target, opts))


def _target(hub: Hub, opts: pulumi.ResourceOptions) -> Target | None:
    ingress = hub.cluster.ingress
    return _of_service(hub, ingress.service, opts) if ingress.service else given_target(ingress)


def _of_service(hub: Hub, service: ServiceRef, opts: pulumi.ResourceOptions) -> Target:
    """The address that the cloud gave a Service; a preview may not know it yet."""
    pulumi.log.warn(
        f"cluster.ingress.service: the DNS records point at what Service "
        f"{service.namespace}/{service.name} says when the program runs, and a preview without the "
        "cluster cannot show it. An address in cluster.ingress.address is steadier."
    )
    read = kubernetes.core.v1.Service.get(
        f"{hub.name}-ingress-service", f"{service.namespace}/{service.name}", opts
    )

    def told(status: object) -> tuple[str, str]:
        try:
            return status_target(status, service)
        except LookupError as exc:
            raise pulumi.RunError(str(exc.args[0])) from exc

    both = read.status.apply(told)
    return Target(type=both.apply(lambda t: t[0]), value=both.apply(lambda t: t[1]))
