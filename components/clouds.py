"""Which clouds a hub needs; only their SDKs are imported."""

from __future__ import annotations

from typing import Literal, assert_never

from components.cloud import Cloud
from model.hub import Hub
from model.sections.cluster import AwsCluster, GcpCluster
from model.sections.registry import ArtifactRegistry, Ecr

CloudName = Literal["gcp", "aws"]
Clouds = dict[CloudName, Cloud]


def cluster_cloud(hub: Hub) -> CloudName | None:
    """The cloud of the cluster."""
    match hub.cluster:
        case GcpCluster():
            return "gcp"
        case AwsCluster():
            return "aws"
    return None


def registry_cloud(hub: Hub) -> CloudName | None:
    """The cloud in which a registry is made; None when nothing is."""
    match hub.registry:
        case ArtifactRegistry():
            return "gcp"
        case Ecr():
            return "aws"
    return None


def dns_cloud(hub: Hub) -> CloudName | None:
    """The cloud in which DNS records are made; it may be another than the cluster's."""
    if hub.domains is None:
        return None
    match hub.domains.dns.provider:
        case "cloud-dns":
            return "gcp"
        case "route53":
            return "aws"
    return None


def needed(hub: Hub) -> list[CloudName]:
    """Every cloud of the hub, in order."""
    return sorted({c for f in (cluster_cloud, registry_cloud, dns_cloud) if (c := f(hub))})


def connect(hub: Hub) -> Clouds:
    """Connect to every cloud that the hub needs."""
    return {name: _connect(name, hub) for name in needed(hub)}


def complete(hub: Hub, clouds: Clouds) -> Hub:
    """The hub with everything that its stack file left out and the cluster's cloud knows;
    `pulumi.RunError` when the cloud would harm somebody for it. Nothing is made before that."""
    name = cluster_cloud(hub)
    if name is None:
        return hub
    complete = clouds[name].complete(hub)
    clouds[name].check(complete)
    return complete


def _connect(name: CloudName, hub: Hub) -> Cloud:
    # Imported here and not above: each SDK costs about a second and 50 MB.
    match name:
        case "gcp":
            from components.gcp.cloud import Gcp

            return Gcp(hub)
        case "aws":
            from components.aws.cloud import Aws

            return Aws(hub)
    assert_never(name)
