"""Is every pod where it belongs? Core pods on core nodes, the docker API on every build node and
nowhere else, and nothing but users' work beside it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from model.derived.flavour import node_builder
from model.derived.resolved import ResolvedHub
from rehearsal.objects import DeployedObjects, Object, labels, title
from rehearsal.report import Trouble

_USERS_WORK = (
    "singleuser-server",
    "user-placeholder",
    "hook-image-puller",
    "continuous-image-puller",
    "binderhub-build",
    "image-cleaner",
)


def check(objects: DeployedObjects, hub: ResolvedHub, sockets: Mapping[str, str]) -> list[Trouble]:
    """`sockets`: pod name -> folder of the docker sockets that it serves (`build.daemons`)."""
    nodes = {obj["metadata"]["name"]: labels(obj) for obj in objects.of("Node")}
    return [
        *_rollouts(objects),
        *_waiting(objects),
        *_misplaced(objects, hub, nodes, sockets),
        *_without_socket(objects, hub, nodes, sockets),
    ]


def _rollouts(objects: DeployedObjects) -> Iterator[Trouble]:
    for obj in objects.of("Deployment", "StatefulSet", "DaemonSet"):
        status = obj.get("status") or {}
        if obj["kind"] == "DaemonSet":
            wanted = status.get("desiredNumberScheduled", 0)
            ready = status.get("numberReady", 0)
        else:
            wanted, ready = obj["spec"].get("replicas", 1), status.get("readyReplicas", 0)
        if ready != wanted:
            yield Trouble(
                what=f"{ready} of {wanted} pods are ready.",
                where=title(obj),
                why="The hub would not come up.",
                fix="see the reason of its pods in this report.",
            )
        elif obj["kind"] == "DaemonSet" and not wanted:
            yield Trouble(
                what="no node takes its pod.",
                where=title(obj),
                why=f"Its node selector is {obj['spec']['template']['spec'].get('nodeSelector')}, "
                "its tolerations may be too few.",
                fix="make selector and tolerations those of the pool (model.derived.pools).",
            )


def _waiting(objects: DeployedObjects) -> Iterator[Trouble]:
    for pod in objects.of("Pod"):
        status = pod.get("status") or {}
        conditions = {c["type"]: c for c in status.get("conditions") or []}
        if conditions.get("Ready", {}).get("status") == "True":
            continue
        if status.get("phase") == "Succeeded":
            continue
        scheduled = conditions.get("PodScheduled", {})
        why = scheduled.get("message") if scheduled.get("status") != "True" else None
        yield Trouble(
            what=f"it is {status.get('phase', 'unknown')}, not ready.",
            where=title(pod),
            why=why or "It was scheduled, but does not start.",
            fix="check its node selector, tolerations and requests against the nodes.",
        )


def _misplaced(
    objects: DeployedObjects,
    hub: ResolvedHub,
    nodes: Mapping[str, Mapping[str, str]],
    sockets: Mapping[str, str],
) -> Iterator[Trouble]:
    core = hub.hub.cluster.core_nodes.selector
    ours = [pool.selector for pool in hub.pools]
    # A stack whose core selector takes its users' nodes too wants both on the same ones.
    shared = core.items() <= hub.user_pool.selector.items()
    for pod in objects.of("Pod"):
        node = pod["spec"].get("nodeName")
        if node is None or node not in nodes:
            continue
        on_pool = any(selector.items() <= nodes[node].items() for selector in ours)
        if pod["metadata"]["name"] in sockets:
            # Of any generation: builds that run on a draining pool keep their docker daemon.
            serves = hub.build_pool.daemon_selector
            if not serves.items() <= nodes[node].items():
                yield _wrong(pod, node, "builds do not run there", serves)
        elif _is_users_work(pod):
            continue
        elif not core.items() <= nodes[node].items():
            yield _wrong(pod, node, "it is not a core node", core)
        elif on_pool and not shared:
            yield _wrong(pod, node, "it is a node for users", core)


def _wrong(pod: Object, node: str, why: str, selector: Mapping[str, str]) -> Trouble:
    return Trouble(
        what=f"it runs on node {node}.",
        where=title(pod),
        why=f"That is wrong: {why}.",
        fix=f"give it the node selector {dict(selector)}.",
    )


def _without_socket(
    objects: DeployedObjects,
    hub: ResolvedHub,
    nodes: Mapping[str, Mapping[str, str]],
    sockets: Mapping[str, str],
) -> Iterator[Trouble]:
    wanted = {n for n, found in nodes.items() if hub.build_pool.selector.items() <= found.items()}
    served = {
        pod["spec"].get("nodeName")
        for pod in objects.of("Pod")
        if pod["metadata"]["name"] in sockets
    }
    if not wanted:
        yield Trouble(
            what="no node of the lab is a build node.",
            where="nodes",
            why=f"None has the labels {hub.build_pool.selector}.",
            fix="make the nodes' labels and the stack's selector agree.",
        )
    if node_builder(hub.hub) == "host":
        return  # The nodes' own docker, which is no pod of the hub's.
    for node in sorted(wanted - served):
        yield Trouble(
            what="there is no docker API on it.",
            where=f"Node/{node}",
            why="A build that lands there finds no docker socket and waits for ever.",
            fix="give docker-api the pool's node selector and tolerations.",
        )


def _is_users_work(pod: Mapping[str, Any]) -> bool:
    return labels(dict(pod)).get("component") in _USERS_WORK
