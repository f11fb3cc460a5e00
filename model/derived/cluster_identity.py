"""What makes a cluster the same one: for the provider of one hub, and among several stack files."""

from __future__ import annotations

from typing import assert_never

from model.derived import names
from model.hub import Hub
from model.sections.cluster import AwsCluster, GcpCluster, KubernetesCluster


def identifier(hub: Hub) -> str:
    """What names the cluster of a complete hub, so that a new endpoint or context name is not taken
    for another one (the provider would replace everything in it)."""
    cluster = hub.cluster
    match cluster:
        case GcpCluster():
            return f"gcp/{names.project(hub)}/{cluster.location}/{cluster.name}"
        case AwsCluster():
            return f"aws/{names.account(hub)}/{cluster.location}/{cluster.name}"
        case KubernetesCluster():
            return f"kubernetes/{cluster.name}"
        case _:
            assert_never(cluster)


def cluster_key(hub: Hub) -> tuple[str, ...]:
    """What two `cluster` sections must share to mean one cluster, as far as stack files tell: here
    a kubeconfig's context counts, for two of them are most likely two clusters."""
    cluster = hub.cluster
    if cluster.name is None:
        return (cluster.provider, "stack", cluster.stack_reference or "")
    where: tuple[str | None, ...]
    match cluster:
        case GcpCluster():
            where = (cluster.project, cluster.location)
        case AwsCluster():
            where = (cluster.account, cluster.location)
        case KubernetesCluster():
            where = (cluster.kube_context,)
        case _:
            assert_never(cluster)
    return (cluster.provider, cluster.name, *(w or "" for w in where))
