"""Phase `capacity`: how many users fit, proven by the scheduler, and whether pools can grow from
zero."""

from __future__ import annotations

import time
from collections.abc import Mapping

from model.derived.pools import Pool
from rehearsal.checks import capacity, scaling
from rehearsal.checks.build_settings import quantity
from rehearsal.context import HubUnderTest
from rehearsal.objects import Object, labels, path_of
from rehearsal.report import Phase, Trouble, judged
from values import releases
from values.guards.view import at

NAME = "capacity"
_SECONDS = 30.0
_MOST = 150
"""Stand-in pods that are made at once; a pool that takes more is proven on one node."""


def run(context: HubUnderTest) -> Phase:
    hub, objects = context.hub, context.fresh()
    user = context.user_pod or assembled(context)
    chosen = context.resolved.user_pools
    nodes = [n for n in objects.of("Node") if chosen[0].selector.items() <= labels(n).items()]
    found: list[Trouble] = []
    state = context.session.state()
    for pool in context.resolved.pools:
        found += scaling.check(pool, state)
    facts = []
    if nodes:
        everywhere = list(context.kube.request("GET", "/api/v1/pods")["items"])
        first = next((n for n in nodes if _pool_of(n, chosen)), nodes[0])
        overhead = capacity.taken(everywhere, first["metadata"]["name"])
        quota = hub.launch.quotas.total
        said = capacity.answer(chosen, overhead, capacity.of_pod(user["spec"]), quota)
        facts = [*_told(said, chosen[0], quota), *_growth(hub.nodes.min, chosen[0])]
        found += _proven(context, chosen, user, nodes, everywhere, facts)
        if said.per_node == 0:
            found.append(_nobody(chosen[0], user, said.limit))
    else:
        found.append(_no_nodes(chosen[0]))
    return judged(NAME, found, facts)


def assembled(context: HubUnderTest) -> Object:
    """A user's pod as far as room and place go, from the values; used when no hub was run."""
    plans = {p.name: p.values for p in releases.releases(context.hub)}
    kind = context.resolved.flavour
    single = at(plans, kind.hub_release, *kind.hub_section, "singleuser")
    asked = {
        "cpu": (single.get("cpu") or {}).get("guarantee") or 0,
        "memory": capacity.size(quantity((single.get("memory") or {}).get("guarantee") or 0)),
    }
    tolerations = [
        {"key": key, "operator": "Equal", "value": "user", "effect": "NoSchedule"}
        for key in ("hub.jupyter.org/dedicated", "hub.jupyter.org_dedicated")
    ]
    spec = {
        "containers": [{"name": "notebook", "resources": {"requests": asked}}],
        "nodeSelector": single.get("nodeSelector") or {},
        "tolerations": [*tolerations, *(single.get("extraTolerations") or [])],
    }
    return {"spec": spec}


def _told(said: capacity.Answer, pool: Pool, quota: int | None) -> list[str]:
    machine = pool.machine_type or "a node of the stack's `allocatable`"
    facts = [
        f"{said.per_node} users on {machine}, limited by {said.limit}",
        f"{said.users} users at most ({said.ceiling} is the limit): {said.nodes} nodes of the "
        f"pool{'s' if said.nodes != pool.max else ''}, quota {quota}",
    ]
    if said.nodes_for_quota and said.ceiling == "quota":
        facts.append(f"the quota fills {said.nodes_for_quota} of {said.nodes} nodes")
    return facts


def _growth(minimum: int, pool: Pool) -> list[str]:
    if not pool.managed:
        return ["scale from zero: the nodes are not this stack's, nothing to check"]
    known = "labels and taints are known to the autoscaler before there is a node"
    return [f"scale from {minimum}: {known}"]


def _proven(
    context: HubUnderTest,
    chosen: list[Pool],
    user: Object,
    nodes: list[Object],
    pods: list[Object],
    facts: list[str],
) -> list[Trouble]:
    """Fill the lab's nodes of the pool; the scheduler must agree with the arithmetic, which
    knows machine types and not these nodes. Others that users may be put on count as they are."""
    one = capacity.of_pod(user["spec"])
    counts: dict[str, int] = {}
    for node in nodes:
        name = node["metadata"]["name"]
        room = _room(node, chosen) - capacity.taken(pods, name)
        counts[name] = min(room.over(one).values())
    extra: dict[str, str] = {}
    if sum(counts.values()) > _MOST:
        first = min(counts)
        counts, extra = {first: counts[first]}, {"kubernetes.io/hostname": first}
    wanted = sum(counts.values())
    scheduled, reason = _fill(context, user, wanted, extra)
    if scheduled == wanted and reason:
        facts.append(
            f"the scheduler agrees: {wanted} placed on {len(counts)} simulated nodes, the next "
            f"is Pending ({_short(reason)})"
        )
        return []
    return [
        Trouble(
            what=f"the scheduler placed {scheduled} users on {len(counts)} nodes.",
            where="user pods",
            why=f"The arithmetic says {wanted}: taints, selectors or other pods are in the way "
            f"({_short(reason) or 'nothing was left Pending'}).",
            fix="see the scheduler's words; compare tolerations and selector with the pool.",
        )
    ]


def _room(node: Object, chosen: list[Pool]) -> capacity.Room:
    """What a node has for pods: what its pool says, or without a pool the node itself."""
    if pool := _pool_of(node, chosen):
        return capacity.Room(cpu=pool.cpu_millis, memory=pool.memory_bytes, pods=pool.pods)
    own = node["status"]["allocatable"]
    return capacity.Room(
        cpu=capacity.millis(own["cpu"]), memory=capacity.size(own["memory"]), pods=int(own["pods"])
    )


def _pool_of(node: Object, chosen: list[Pool]) -> Pool | None:
    """The lab names a node after its pool."""
    return next((p for p in chosen if node["metadata"]["name"].startswith(f"{p.name}-")), None)


def _fill(
    context: HubUnderTest, user: Object, wanted: int, extra: Mapping[str, str]
) -> tuple[int, str]:
    """(pods that were placed, why the next was not)."""
    path = path_of("Pod", context.namespace)
    query = {"labelSelector": "binderhub.lab/standin=user"}
    try:
        for number in range(wanted):
            body = capacity.stand_in(user, f"rehearsal-user-{number}", extra)
            context.kube.request("POST", path, body=body)
        placed, _ = _settled(context, wanted)
        body = capacity.stand_in(user, "rehearsal-user-last", extra)
        context.kube.request("POST", path, body=body)
        total, reason = _settled(context, wanted + 1)
        return (placed if total == placed else total), reason
    finally:
        context.kube.request("DELETE", path, query={**query, "gracePeriodSeconds": "0"})
        context.kube.wait_for(
            lambda: not context.kube.request("GET", path, query=query)["items"],
            "the stand-ins of users to go",
        )


def _settled(context: HubUnderTest, count: int) -> tuple[int, str]:
    """(placed, reason of one that is not) once the scheduler has looked at all `count` pods."""
    path = path_of("Pod", context.namespace)
    deadline = time.monotonic() + _SECONDS
    while True:
        query = {"labelSelector": "binderhub.lab/standin=user"}
        pods = context.kube.request("GET", path, query=query)["items"]
        placed = [p for p in pods if p["spec"].get("nodeName")]
        refused = [r for p in pods if (r := _refusal(p))]
        if len(placed) + len(refused) >= count or time.monotonic() > deadline:
            return len(placed), refused[0] if refused else ""
        time.sleep(0.1)


def _refusal(pod: Object) -> str:
    if pod["spec"].get("nodeName"):
        return ""
    conditions = (pod.get("status") or {}).get("conditions") or []
    return next((c.get("message", "") for c in conditions if c["type"] == "PodScheduled"), "")


def _short(reason: str) -> str:
    return reason.partition(" preemption:")[0].strip().rstrip(".")


def _nobody(pool: Pool, user: Object, limit: str) -> Trouble:
    return Trouble(
        what="not one user fits on a node.",
        where=f"pool {pool.name}",
        why=f"There is too little {limit} beside the daemons: {capacity.of_pod(user['spec'])}.",
        fix="take a larger machine type, or guarantee less to each user.",
    )


def _no_nodes(pool: Pool) -> Trouble:
    return Trouble(
        what="no node takes users' pods.",
        where=f"pool {pool.name}",
        why=f"None has the labels {pool.selector}.",
        fix="make the nodes' labels and the stack's selector agree.",
    )
