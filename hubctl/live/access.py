"""How helm and kubectl reach the cluster that a stack file names."""

from __future__ import annotations

import os

from model.hub import Hub


def helm_access(hub: Hub) -> list[str]:
    """Options with which helm reaches the hub's cluster and namespace."""
    out = ["--namespace", hub.ns]
    if hub.cluster.kubeconfig:
        out += ["--kubeconfig", os.path.expanduser(hub.cluster.kubeconfig)]
    if hub.cluster.kube_context:
        out += ["--kube-context", hub.cluster.kube_context]
    return out


def kube_access(hub: Hub) -> list[str]:
    """Options with which kubectl reaches the hub's cluster."""
    out = []
    if hub.cluster.kubeconfig:
        out += ["--kubeconfig", os.path.expanduser(hub.cluster.kubeconfig)]
    if hub.cluster.kube_context:
        out += ["--context", hub.cluster.kube_context]
    return out
