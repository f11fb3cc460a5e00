"""A pool's labels and taints: one object, from which the node pool, selectors, tolerations and
rehearsal nodes are all made (design, rule 4)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from model.derived import machines
from model.derived.generations import earlier
from model.derived.names import fit
from model.hub import Hub
from model.sections.cluster import GcpCluster, KubernetesCluster
from model.sections.nodes import Allocatable, Builders, Nodes

HUB_LABEL = "hub.jupyter.org/hub"
PURPOSE_LABEL = "hub.jupyter.org/node-purpose"
GENERATION_LABEL = "hub.jupyter.org/generation"
INSTANCE_LABEL = "node.kubernetes.io/instance-type"


@dataclass(frozen=True, kw_only=True)
class Taint:
    """A node taint with the effect as Kubernetes spells it."""

    key: str
    value: str
    effect: str = "NoSchedule"

    @property
    def cloud_effect(self) -> str:
        """The effect as the GKE and EKS APIs spell it."""
        return {"NoSchedule": "NO_SCHEDULE", "PreferNoSchedule": "PREFER_NO_SCHEDULE"}.get(
            self.effect, "NO_EXECUTE"
        )

    def toleration(self) -> dict[str, str]:
        """The Kubernetes toleration of this taint."""
        return {"key": self.key, "operator": "Equal", "value": self.value, "effect": self.effect}


# The two spellings that JupyterHub's user pods and BinderHub's build pods tolerate, and no others.
DEDICATED = (
    Taint(key="hub.jupyter.org/dedicated", value="user"),
    Taint(key="hub.jupyter.org_dedicated", value="user"),
)


@dataclass(frozen=True, kw_only=True)
class Pool:
    """One pool of nodes. `labels` are set on its nodes; `automatic` ones the cloud sets itself.

    A `draining` one is of an earlier generation: nothing of ours selects it any more.
    """

    role: str  # "user" or "build"
    key: str  # unique in the hub, and for ever this pool's: "user-g1", "user-n2-highmem-8-g2"
    generation: int
    draining: bool
    name: str
    labels: dict[str, str]
    automatic: dict[str, str]
    taints: tuple[Taint, ...]
    tolerations: tuple[dict[str, Any], ...]
    machine: machines.Machine | None
    machine_type: str | None
    allocatable: Allocatable | None
    min: int
    max: int
    disk_gb: int
    spot: bool
    zones: tuple[str, ...] | None
    managed: bool

    @property
    def selector(self) -> dict[str, str]:
        """Node selector of everything new that belongs on this pool."""
        return {**self.labels, **self.automatic}

    @property
    def daemon_selector(self) -> dict[str, str]:
        """Node selector of what serves the nodes of every generation: builds that run on a
        draining one keep their docker daemon, and a new generation restarts none."""
        return {k: v for k, v in self.labels.items() if k != GENERATION_LABEL}

    def has_id(self, import_id: str) -> bool:
        """Whether a cloud's import id is this pool's: every such id ends in the name."""
        return re.split("[/:]", import_id)[-1] == self.name

    @property
    def cpu_millis(self) -> int:
        """CPU of one node for pods, in millicores."""
        if self.machine:
            return self.machine.allocatable_cpu
        return int((self.allocatable or Allocatable()).cpu * 1000)

    @property
    def memory_bytes(self) -> int:
        """Memory of one node for pods, in bytes."""
        if self.machine:
            return self.machine.allocatable_memory
        return quantity_bytes((self.allocatable or Allocatable()).memory)

    @property
    def pods(self) -> int:
        """Pods of one node."""
        return self.machine.pods if self.machine else (self.allocatable or Allocatable()).pods


_UNITS = {
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
}


def quantity_bytes(quantity: str) -> int:
    """Bytes of a Kubernetes quantity (`15Gi`)."""
    for unit, factor in _UNITS.items():
        if quantity.endswith(unit):
            return int(float(quantity[: -len(unit)]) * factor)
    return int(float(quantity))


def user_pool(hub: Hub) -> Pool:
    """The pool of users' servers (and of builds, unless they have a pool of their own)."""
    return _pool(hub, "user")


def user_pools(hub: Hub) -> list[Pool]:
    """`user_pool` and one for each further machine type; all share labels, taints and selector."""
    more = [] if isinstance(hub.cluster, KubernetesCluster) else hub.nodes.more_machine_types
    return [user_pool(hub), *(_pool(hub, "user", machine_type) for machine_type in more)]


def build_pool(hub: Hub) -> Pool:
    """The pool of builds and of the docker API beside them."""
    return _pool(hub, "build" if hub.nodes.builders else "user")


def pools(hub: Hub) -> list[Pool]:
    """Every pool that the hub has: those of the present generation, the user pool first, then the
    draining ones. Names and keys are unique, roles are not."""
    draining = [pool for was in earlier(hub) for pool in _present(was)]
    return [*_present(hub), *(replace(pool, draining=True) for pool in draining)]


def _present(hub: Hub) -> list[Pool]:
    return [*user_pools(hub), *([build_pool(hub)] if hub.nodes.builders else [])]


def _pool(hub: Hub, role: str, another: str | None = None) -> Pool:
    nodes, cluster = hub.nodes, hub.cluster
    builders = nodes.builders if role == "build" else None
    shape = builders or nodes
    suffix = "-build" if role == "build" else ""
    if isinstance(cluster, KubernetesCluster):
        return _selected(hub, role, shape)
    cloud = cluster.provider
    machine_type = another or shape.machine_type or nodes.machine_type or machines.DEFAULT[cloud]
    if another:
        suffix = f"-{another.replace('.', '-')}"
    # Pods that may run on several machine types are not bound to one of them.
    bound = role == "build" or not nodes.more_machine_types
    # GKE forbids "/" in taint keys, so its nodes carry only the second spelling.
    taints = DEDICATED[1:] if isinstance(cluster, GcpCluster) else DEDICATED
    generation = f"g{nodes.generation}"
    return Pool(
        role=role,
        key=f"{role}{suffix}-{generation}" if another else f"{role}-{generation}",
        generation=nodes.generation,
        draining=False,
        name=fit(f"{hub.name}{suffix}-{generation}", 40),
        labels={
            HUB_LABEL: hub.name,
            PURPOSE_LABEL: role,
            GENERATION_LABEL: str(nodes.generation),
        },
        automatic={INSTANCE_LABEL: machine_type} if bound else {},
        taints=taints,
        tolerations=tuple(t.toleration() for t in DEDICATED),
        machine=machines.CATALOGUE.get(machine_type),
        machine_type=machine_type,
        allocatable=None,
        min=shape.min,
        max=shape.max,
        disk_gb=shape.disk_gb,
        spot=shape.spot,
        zones=tuple(nodes.zones) if nodes.zones else None,
        managed=True,
    )


def _selected(hub: Hub, role: str, shape: Nodes | Builders) -> Pool:
    """Nodes that exist already (provider kubernetes)."""
    nodes = hub.nodes
    labels = dict(nodes.selector)
    if role == "build":
        labels[PURPOSE_LABEL] = "build"
    extra = tuple(t.model_dump(exclude_none=True) for t in nodes.tolerations)
    return Pool(
        role=role,
        key=role,
        generation=nodes.generation,
        draining=False,
        name=fit(f"{hub.name}-build" if role == "build" else hub.name, 40),
        labels=labels,
        automatic={},
        taints=(),
        tolerations=(*(t.toleration() for t in DEDICATED), *extra),
        machine=machines.CATALOGUE.get(shape.machine_type or nodes.machine_type or ""),
        machine_type=None,
        allocatable=nodes.allocatable,
        min=shape.min,
        max=shape.max,
        disk_gb=shape.disk_gb,
        spot=shape.spot,
        zones=None,
        managed=False,
    )
