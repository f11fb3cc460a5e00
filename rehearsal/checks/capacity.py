"""How many users fit: per node, per pool, at the maximum; and what the limit is. Pure arithmetic.

Requests, not limits, are what the scheduler counts. The phase `capacity` proves the number by
filling simulated nodes; whether a cloud has that many machines is not known here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from model.derived.pools import Pool
from rehearsal.objects import Object


@dataclass(frozen=True, kw_only=True)
class Room:
    """CPU in millicores, memory in bytes, pods by count."""

    cpu: int = 0
    memory: int = 0
    pods: int = 0

    def __add__(self, other: Room) -> Room:
        return Room(
            cpu=self.cpu + other.cpu,
            memory=self.memory + other.memory,
            pods=self.pods + other.pods,
        )

    def __sub__(self, other: Room) -> Room:
        return Room(
            cpu=self.cpu - other.cpu,
            memory=self.memory - other.memory,
            pods=self.pods - other.pods,
        )

    def over(self, one: Room) -> dict[str, int]:
        """How many of `one` fit by each resource; those that it does not ask for are left out."""
        each = {
            "cpu": (self.cpu, one.cpu),
            "memory": (self.memory, one.memory),
            "pods": (self.pods, one.pods),
        }
        return {name: max(0, have // need) for name, (have, need) in each.items() if need}


_SUFFIX = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_SUFFIX |= {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def millis(quantity: str | float) -> int:
    """Millicores of a Kubernetes CPU quantity (`500m`, `0.5`, `2`), rounded up."""
    text = str(quantity)
    return math.ceil(float(text[:-1]) if text.endswith("m") else float(text) * 1000)


def size(quantity: str | float) -> int:
    """Bytes of a Kubernetes memory quantity (`2Gi`, `500M`, `1073741824`), rounded up."""
    text = str(quantity)
    if text.endswith("m"):  # A division by the API server leaves thousandths of a byte.
        return math.ceil(float(text[:-1]) / 1000)
    unit = text.lstrip("0123456789.e+-")
    return math.ceil(float(text[: len(text) - len(unit)]) * _SUFFIX[unit])


def of_pod(spec: Mapping[str, Any]) -> Room:
    """What the scheduler reserves for a pod: the sum of its containers (and sidecars), or its
    largest init container. A limit without a request counts as one."""
    running = [_of(one) for one in spec.get("containers") or []]
    starting: list[Room] = []
    for one in spec.get("initContainers") or []:
        (running if one.get("restartPolicy") == "Always" else starting).append(_of(one))
    total = sum(running, Room())
    return Room(
        cpu=max([total.cpu, *(r.cpu for r in starting)]),
        memory=max([total.memory, *(r.memory for r in starting)]),
        pods=1,
    )


def _of(container: Mapping[str, Any]) -> Room:
    resources = container.get("resources") or {}
    asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return Room(cpu=millis(asked.get("cpu", 0)), memory=size(asked.get("memory", 0)))


def taken(pods: Iterable[Object], node: str) -> Room:
    """What running pods reserve on a node."""
    here = [
        pod
        for pod in pods
        if pod["spec"].get("nodeName") == node
        and (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")
    ]
    return sum((of_pod(pod["spec"]) for pod in here), Room())


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`limit` is what stops the next user on a node; `ceiling` what stops the next user of the
    hub ("nodes" or "quota"); `nodes_for_quota` are the nodes that the quota can fill."""

    per_node: int
    limit: str
    nodes: int
    users: int
    ceiling: str
    nodes_for_quota: int | None


def answer(pools: Iterable[Pool], overhead: Room, user: Room, quota: int | None) -> Answer:
    """For the pools of a hub's users (they share one shape of pod). `overhead` is what the
    daemons reserve on each node. `quota` None: no limit on launches."""
    chosen = list(pools)
    fits = [_fits(pool, overhead, user) for pool in chosen]
    by_nodes = sum(count * pool.max for (count, _), pool in zip(fits, chosen, strict=True))
    per_node, limit = fits[0]
    users = by_nodes if quota is None else min(by_nodes, quota)
    return Answer(
        per_node=per_node,
        limit=limit,
        nodes=sum(pool.max for pool in chosen),
        users=users,
        ceiling="nodes" if quota is None or by_nodes <= quota else "quota",
        nodes_for_quota=math.ceil(quota / per_node) if quota and per_node else None,
    )


def _fits(pool: Pool, overhead: Room, user: Room) -> tuple[int, str]:
    room = Room(cpu=pool.cpu_millis, memory=pool.memory_bytes, pods=pool.pods) - overhead
    counts = room.over(user)
    limit = min(counts, key=lambda name: counts[name])
    return counts[limit], limit


def stand_in(user_pod: Mapping[str, Any], name: str, extra: Mapping[str, str]) -> Object:
    """A pod that takes as much room as a user's and goes to the same nodes; it runs nothing.
    `extra` narrows its node selector."""
    spec, asked = user_pod["spec"], of_pod(user_pod["spec"])
    # Not the scheduler: in the lab only the cluster's own one runs.
    keep = ("tolerations", "affinity", "priorityClassName")
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"binderhub.lab/standin": "user"}},
        "spec": {
            **{key: spec[key] for key in keep if spec.get(key)},
            "nodeSelector": {**(spec.get("nodeSelector") or {}), **extra},
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {
                    "name": "pause",
                    "image": "registry.invalid/pause",
                    "resources": {
                        "requests": {"cpu": f"{asked.cpu}m", "memory": str(asked.memory)}
                    },
                }
            ],
        },
    }
