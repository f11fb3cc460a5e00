"""Rules about machines and what is asked of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from model.derived import machines
from model.derived.generations import earlier
from model.derived.pools import DEDICATED, build_pool, quantity_bytes, user_pools
from model.fields import to_bytes
from model.findings import ABSENT, Finding
from model.hub import Hub
from model.rules.catalogue import Rule, RuleContext, check_of
from model.sections.cluster import GcpCluster, KubernetesCluster
from model.sections.nodes import Nodes, Retiring

GIB = 1024**3


@check_of("BH057", "error", "Every machine type exists in the cluster's cloud.")
def machine_type(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    for path, name in _machine_types(hub):
        if name is None:
            continue
        known = machines.CATALOGUE.get(name)
        cloud = hub.cluster.provider
        if cloud == "kubernetes":
            if known is None:
                yield rule.finding(
                    path,
                    name,
                    "it is not in the catalogue of machine types.",
                    "leave it out and set nodes.allocatable.",
                )
        elif known is None or known.cloud != cloud:
            yield rule.finding(
                path,
                name,
                f"it is not a machine type of {cloud} that is known here.",
                f"did you mean {machines.nearest(name, cloud)}?",
            )


def _machine_types(hub: Hub) -> Iterator[tuple[str, str | None]]:
    """(path, machine type) of everything that names one; None where it is left out."""
    for path, section in _generations(hub):
        yield f"{path}.machineType", section.machine_type
        for i, name in enumerate(section.more_machine_types or ()):
            yield f"{path}.moreMachineTypes[{i}]", name
        if section.builders:
            yield f"{path}.builders.machineType", section.builders.machine_type


def _generations(hub: Hub) -> Iterator[tuple[str, Nodes | Retiring]]:
    """(path, what is written there) of the present generation and of the retiring ones."""
    yield "nodes", hub.nodes
    for i, entry in enumerate(hub.nodes.retiring):
        yield f"nodes.retiring[{i}]", entry


@check_of("BH060", "error", "The minimum of a node pool is at most its maximum.")
def bounds(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    shapes = [("nodes", hub.nodes.min, hub.nodes.max)]
    if hub.nodes.builders:
        shapes.append(("nodes.builders", hub.nodes.builders.min, hub.nodes.builders.max))
    for path, least, most in shapes:
        if least > most:
            yield rule.finding(
                f"{path}.min",
                least,
                f"it is more than {path}.max ({most}).",
                f"write at most {most}, or raise {path}.max.",
            )


@check_of("BH062", "error", "Guaranteed memory and CPU fit on a node.")
def fits(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    # The autoscaler brings a machine that fits, if there is one.
    user = max(user_pools(hub), key=lambda pool: pool.memory_bytes)
    build = build_pool(hub)
    for path, amount, pool in (
        ("user.memory.guarantee", hub.user.memory.guarantee, user),
        ("build.memory.guarantee", hub.build.memory.guarantee, build),
    ):
        if to_bytes(amount) > pool.memory_bytes:
            yield rule.finding(
                path,
                amount,
                f"a node can give {pool.memory_bytes / GIB:.1f} GiB at most "
                f"({_machine(pool.machine_type)}); pods would stay Pending.",
                "guarantee less, or choose a larger machine.",
            )
    user = max(user_pools(hub), key=lambda pool: pool.cpu_millis)
    if hub.user.cpu.guarantee * 1000 > user.cpu_millis:
        yield rule.finding(
            "user.cpu.guarantee",
            hub.user.cpu.guarantee,
            f"a node can give {user.cpu_millis / 1000:.2f} CPUs at most; pods would stay Pending.",
            "guarantee less, or choose a larger machine.",
        )


def _machine(name: str | None) -> str:
    return name or "nodes.allocatable"


@check_of("BH063", "error", "A guarantee is at most its limit.")
def guarantee(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    for path, memory in (("user.memory", hub.user.memory), ("build.memory", hub.build.memory)):
        if to_bytes(memory.guarantee) > to_bytes(memory.limit):
            yield rule.finding(
                f"{path}.guarantee",
                memory.guarantee,
                f"it is more than the limit ({memory.limit}).",
                f"write at most {memory.limit}, or raise {path}.limit.",
            )
    if hub.build.cpu and hub.build.cpu.guarantee > hub.build.cpu.limit:
        yield rule.finding(
            "build.cpu.guarantee",
            hub.build.cpu.guarantee,
            f"it is more than the limit ({hub.build.cpu.limit}).",
            "write at most the limit, or raise build.cpu.limit.",
        )
    if hub.user.cpu.guarantee > hub.user.cpu.limit:
        yield rule.finding(
            "user.cpu.guarantee",
            hub.user.cpu.guarantee,
            f"it is more than the limit ({hub.user.cpu.limit}).",
            "write at most the limit, or raise user.cpu.limit.",
        )


@check_of("BH059", "error", "`nodes.tolerations` are those that build pods have as well.")
def tolerated(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    known = {(t.key, t.value) for t in DEDICATED}
    for i, toleration in enumerate(hub.nodes.tolerations):
        pair = (toleration.key, toleration.value)
        if pair not in known and toleration.effect in (None, "NoSchedule", "NoExecute"):
            yield rule.finding(
                f"nodes.tolerations[{i}]",
                toleration.model_dump(exclude_none=True),
                "user pods would tolerate it, but build pods tolerate only "
                "hub.jupyter.org/dedicated=user and hub.jupyter.org_dedicated=user, "
                "so builds stay Pending for ever.",
                "taint the nodes with one of those two instead.",
            )


@check_of("BH114", "error", "`nodes.selector` and its like are for nodes that exist already.")
def selector(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if isinstance(hub.cluster, KubernetesCluster):
        return
    for key, value in (
        ("selector", hub.nodes.selector),
        ("tolerations", hub.nodes.tolerations),
        ("allocatable", hub.nodes.allocatable),
    ):
        if value:
            yield rule.finding(
                f"nodes.{key}",
                str(value),
                f"the program makes the nodes on {hub.cluster.provider}, with labels "
                "and taints that fit.",
                f"remove nodes.{key}.",
            )


@check_of(
    "BH124",
    "error",
    "`nodes.moreMachineTypes` names each type once, where the program makes nodes.",
)
def more_types(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    generations = [("nodes", hub)]
    if isinstance(hub.cluster, KubernetesCluster):
        for i, name in enumerate(hub.nodes.more_machine_types):
            yield rule.finding(
                f"nodes.moreMachineTypes[{i}]",
                name,
                "the nodes of this cluster exist already.",
                "remove it; nodes.selector chooses among them.",
            )
        return
    generations += [(f"nodes.retiring[{i}]", was) for i, was in enumerate(earlier(hub))]
    for path, one in generations:
        first, *more = [pool.machine_type for pool in user_pools(one)]
        for i, another in enumerate(more):
            if another in (first, *more[:i]):
                yield rule.finding(
                    f"{path}.moreMachineTypes[{i}]",
                    another,
                    "this machine type has a pool already.",
                    "name each machine type once.",
                )


@check_of("BH115", "warning", "`nodes.selector` keeps servers and builds off the core nodes.")
def unselected(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    core = hub.cluster.core_nodes.selector
    if (
        isinstance(hub.cluster, KubernetesCluster)
        and hub.nodes.selector
        and core.items() >= hub.nodes.selector.items()
    ):
        yield rule.finding(
            "nodes.selector",
            hub.nodes.selector,
            "the core nodes (cluster.coreNodes) have these labels too: users' servers and builds "
            "may run beside the hub.",
            "select labels that only the users' nodes have.",
        )
    if isinstance(hub.cluster, KubernetesCluster) and not hub.nodes.selector:
        yield rule.finding(
            "nodes.selector",
            ABSENT,
            "users' servers and builds may run on any node, also beside the hub.",
            "label nodes and select them here.",
        )


@check_of("BH116", "error", "`nodes.zones` are zones of the cluster's region.")
def zones(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    cluster = hub.cluster
    if isinstance(cluster, KubernetesCluster):
        return
    between = "-" if isinstance(cluster, GcpCluster) else ""
    for path, section in _generations(hub):
        for i, zone in enumerate(section.zones or ()):
            if not re.match(rf"{re.escape(cluster.region)}{between}[a-z]\Z", zone):
                yield rule.finding(
                    f"{path}.zones[{i}]",
                    zone,
                    f"it is no zone of {cluster.region}.",
                    f"name zones of the cluster's region, such as {cluster.region}{between}a.",
                )


@check_of("BH075", "warning", "`build.dockerStorage` is set, and fits on the disk of a node.")
def storage(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    kept, pool = hub.build.docker_storage, build_pool(hub)
    # GB of a disk are powers of 1000; a tenth of it is the system's.
    if kept and pool.managed and quantity_bytes(kept) > pool.disk_gb * 9 * 10**8:
        yield rule.finding(
            "build.dockerStorage",
            kept,
            f"the node's disk ({pool.disk_gb} GB) is full before this bound is reached.",
            "write less, or raise nodes.diskGb.",
        )
    if kept is None:
        yield rule.finding(
            "build.dockerStorage",
            None,
            "images fill the node's disk until it evicts pods.",
            "write a size such as 15Gi.",
        )
