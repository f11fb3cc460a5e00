"""What a hub finds in the lab: simulated nodes of its pools, and what its cloud knows already.

Pure: from a `model.hub.Hub` to `SimNode`s and a `CloudSeed`. Nothing is made here.
"""

from __future__ import annotations

from dataclasses import replace

from lab.cluster.nodes import CORE, SimNode
from lab.providers.sdk.seed import AwsSeed, CloudSeed, DnsZone, GcpSeed
from model.derived.clouds import needed
from model.derived.pools import Pool, pools
from model.hub import Hub
from model.sections.cluster import AwsCluster, GcpCluster

LAB_ACCOUNT = "123456789012"
LAB_PROJECT = "lab-project"


def nodes(hub: Hub, *, per_pool: int = 2) -> list[SimNode]:
    """One core node, and `per_pool` nodes of each pool with its labels, taints and room."""
    core = replace(CORE, labels={**CORE.labels, **hub.cluster.core_nodes.selector})
    return [core, *(pool_node(pool, i) for pool in pools(hub) for i in range(per_pool))]


def pool_node(pool: Pool, index: int) -> SimNode:
    """One node as the cloud would make it from this pool."""
    return SimNode(
        name=f"{pool.name}-{pool.role}-{index}",
        labels=pool.selector,
        taints=[{"key": t.key, "value": t.value, "effect": t.effect} for t in pool.taints],
        cpu=f"{pool.cpu_millis}m",
        memory=f"{pool.memory_bytes // 1024}Ki",
        pods=pool.pods,
    )


def seed(hub: Hub, *, endpoint: str, ca: str) -> CloudSeed:
    """What the cloud stand-ins answer from; the cluster is the lab's API server."""
    return CloudSeed(endpoint=endpoint, ca=ca, gcp=_gcp(hub), aws=_aws(hub))


def _gcp(hub: Hub) -> GcpSeed | None:
    """Whatever the hub has there: a cluster elsewhere may have its records or images in Google's."""
    if "gcp" not in needed(hub):
        return None
    zones = _dns_zones(hub)
    cluster = hub.cluster
    if not isinstance(cluster, GcpCluster):
        project = (hub.domains.dns.project if hub.domains else None) or LAB_PROJECT
        return GcpSeed(project=project, location="us-central1", cluster="lab", dns_zones=zones)
    return GcpSeed(
        project=cluster.project or LAB_PROJECT,
        location=cluster.location,
        cluster=cluster.name or "lab",
        network_policy=cluster.network_policy_enforced,
        dns_zones=zones,
    )


def _aws(hub: Hub) -> AwsSeed | None:
    if "aws" not in needed(hub):
        return None
    cluster = hub.cluster if isinstance(hub.cluster, AwsCluster) else None
    dns = hub.domains.dns if hub.domains else None
    return AwsSeed(
        account=(cluster and cluster.account) or LAB_ACCOUNT,
        region=cluster.region if cluster else "us-east-1",
        cluster=(cluster and cluster.name) or "lab",
        hosted_zones=(dns.zone,) if dns and dns.provider == "route53" and dns.zone else (),
    )


def _dns_zones(hub: Hub) -> tuple[DnsZone, ...]:
    dns = hub.domains.dns if hub.domains else None
    if hub.domains is None or dns is None or dns.provider != "cloud-dns" or not dns.zone:
        return ()
    domain = dns.zone_domain or _common(hub.domains.hub, hub.domains.binder)
    return (DnsZone(name=dns.zone, dns_name=f"{domain.rstrip('.')}."),)


def _common(one: str, other: str) -> str:
    """The domain that both hosts lie in: its zone, when the stack file does not name it."""
    shared: list[str] = []
    for a, b in zip(reversed(one.split(".")), reversed(other.split(".")), strict=False):
        if a != b:
            break
        shared.append(a)
    return ".".join(reversed(shared))
