"""Simulated nodes: Kubernetes Node objects without a machine, kept alive by kwok.

What they are made from (a stack's node pools) is decided elsewhere; this only makes the cluster
have exactly these nodes. Nodes that were made by anything else are left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kubernetes.client.exceptions import ApiException

from lab.cluster.client import Kube
from lab.errors import LabError

SIMULATED = "binderhub.lab/simulated"
EPHEMERAL_STORAGE = "90Gi"  # What a 100 GB boot disk leaves for pods.

# Taints that Kubernetes itself sets and removes.
_SYSTEM_TAINT = "node.kubernetes.io/"


@dataclass(frozen=True, kw_only=True)
class SimNode:
    """A node to simulate. `cpu` and `memory` are what is allocatable, as Kubernetes spells it
    ("3920m", "29085928Ki"); `taints` are dicts of key, value and effect."""

    name: str
    labels: dict[str, str] = field(default_factory=dict)
    taints: list[dict[str, str]] = field(default_factory=list)
    cpu: str
    memory: str
    pods: int = 110


CORE = SimNode(
    name="core-0",
    labels={"hub.jupyter.org/node-purpose": "core"},
    cpu="3920m",
    memory="13265236Ki",
)


def apply(client: Kube, nodes: Iterable[SimNode], *, timeout: float = 30.0) -> None:
    """Makes the cluster's simulated nodes be exactly `nodes`, and waits until all are Ready.

    Pods of a node that is no longer wanted are deleted, as they would be when a cloud removes
    the machine. Doing it again changes nothing.
    """
    wanted = {node.name: node for node in nodes}
    existing = {
        item["metadata"]["name"]: item
        for item in client.items("/api/v1/nodes", selector=f"{SIMULATED}=true")
    }
    for name in existing.keys() - wanted.keys():
        _remove(client, name)
    for name, node in wanted.items():
        if name in existing:
            _update(client, node, existing[name])
        else:
            _create(client, node)

    def all_ready() -> bool:
        # The controllers take their taints away some time after a node says that it is ready.
        ready = {
            view.name
            for view in client.nodes()
            if view.ready and not any(taint.startswith(_SYSTEM_TAINT) for taint in view.taints)
        }
        return wanted.keys() <= ready

    client.wait_for(all_ready, f"{len(wanted)} simulated nodes to be Ready", timeout=timeout)


def labels_of(node: SimNode) -> dict[str, str]:
    """The node's own labels and those that every node of a cluster has."""
    return {
        "kubernetes.io/hostname": node.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        **node.labels,
        SIMULATED: "true",
    }


def resources_of(node: SimNode) -> dict[str, str]:
    return {
        "cpu": node.cpu,
        "memory": node.memory,
        "pods": str(node.pods),
        "ephemeral-storage": EPHEMERAL_STORAGE,
    }


def _create(client: Kube, node: SimNode) -> None:
    resources = resources_of(node)
    body = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node.name, "labels": labels_of(node)},
        "spec": {"taints": node.taints},
        # Set at birth, or the scheduler would see a node without room for anything.
        "status": {"allocatable": resources, "capacity": resources},
    }
    try:
        client.request("POST", "/api/v1/nodes", body=body)
    except ApiException as error:
        if error.status == 409:
            raise LabError(
                f"A node called {node.name!r} exists that the lab did not make; name the "
                "simulated node differently."
            ) from error
        raise


def _update(client: Kube, node: SimNode, existing: Mapping[str, Any]) -> None:
    path, merge = f"/api/v1/nodes/{node.name}", "application/merge-patch+json"
    gone = existing["metadata"]["labels"].keys() - labels_of(node).keys()
    labels = {**labels_of(node), **dict.fromkeys(gone)}
    taints = existing["spec"].get("taints", [])
    system = [taint for taint in taints if taint["key"].startswith(_SYSTEM_TAINT)]
    # What is as it should be is no change to the API server either; but taints are one list, and
    # one that a controller took away meanwhile would come back.
    body: dict[str, Any] = {"metadata": {"labels": labels}}
    if [taint for taint in taints if taint not in system] != node.taints:
        body["spec"] = {"taints": [*node.taints, *system]}
    client.request("PATCH", path, body=body, content_type=merge)
    resources = resources_of(node)
    body = {"status": {"allocatable": resources, "capacity": resources}}
    client.request("PATCH", f"{path}/status", body=body, content_type=merge)


def _remove(client: Kube, name: str) -> None:
    client.request("DELETE", f"/api/v1/nodes/{name}")
    query = {"fieldSelector": f"spec.nodeName={name}"}
    for pod in client.request("GET", "/api/v1/pods", query=query)["items"]:
        meta = pod["metadata"]
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        try:
            client.request("DELETE", path, query={"gracePeriodSeconds": "0"})
        except ApiException as error:
            if error.status != 404:
                raise
