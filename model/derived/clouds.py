"""Which clouds a hub uses. Its cluster, its registry and its DNS zone may each be in another."""

from __future__ import annotations

from typing import assert_never

from model.hub import Hub
from model.sections.cluster import AwsCluster, CloudName, GcpCluster, KubernetesCluster


def cluster_cloud(hub: Hub) -> CloudName | None:
    """The cloud that makes the hub's nodes; None when they exist already."""
    match hub.cluster:
        case GcpCluster():
            return "gcp"
        case AwsCluster():
            return "aws"
        case KubernetesCluster():
            return None
        case _:
            assert_never(hub.cluster)


def registry_cloud(hub: Hub) -> CloudName | None:
    """The cloud in which a registry is made; None when nothing is."""
    return hub.registry.cloud


def dns_cloud(hub: Hub) -> CloudName | None:
    """The cloud in which DNS records are made; None when somebody else makes them."""
    if hub.domains is None:
        return None
    match hub.domains.dns.provider:
        case "cloud-dns":
            return "gcp"
        case "route53":
            return "aws"
        case "external-dns" | "manual":
            return None
        case _:
            assert_never(hub.domains.dns.provider)


def needed(hub: Hub) -> list[CloudName]:
    """Every cloud of the hub, in order: whoever deploys it needs its SDK, plugin and login."""
    return sorted({c for f in (cluster_cloud, registry_cloud, dns_cloud) if (c := f(hub))})
