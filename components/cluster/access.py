"""Access to the hub's cluster: which kubeconfig."""

from __future__ import annotations

from pathlib import Path

from components.cloud import ClusterAccess
from components.clouds import Clouds
from model.derived.clouds import cluster_cloud
from model.hub import Hub


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
