"""Access to the hub's cluster: which kubeconfig, and what names the cluster whatever it says."""

from __future__ import annotations

from pathlib import Path

from components.cloud import ClusterAccess
from components.clouds import Clouds, cluster_cloud
from model.derived import names
from model.hub import Hub
from model.sections.cluster import AwsCluster, GcpCluster


def access(hub: Hub, clouds: Clouds) -> ClusterAccess:
    """How to reach the cluster.

    A context or kubeconfig in the stack file wins; else the cluster's cloud is asked; else it is the
    current context of the usual kubeconfig (`KUBECONFIG`, then ~/.kube/config).
    """
    cluster = hub.cluster
    if cluster.kubeconfig or cluster.kube_context:
        path = str(Path(cluster.kubeconfig).expanduser()) if cluster.kubeconfig else None
        return ClusterAccess(kubeconfig=path, context=cluster.kube_context)
    name = cluster_cloud(hub)
    return clouds[name].access(hub) if name else ClusterAccess()


def identifier(hub: Hub) -> str:
    """What names the cluster, so that a new endpoint or context name is not taken for another one
    (the provider would replace everything in it)."""
    cluster = hub.cluster
    match cluster:
        case GcpCluster():
            return f"gcp/{names.project(hub)}/{cluster.location}/{cluster.name}"
        case AwsCluster():
            return f"aws/{names.account(hub)}/{cluster.location}/{cluster.name}"
    return f"kubernetes/{cluster.name}"
