"""What a change touches: the plan of a preview, judged against what the change may touch. Pure.

A role is what a resource is for the hub: its registry, a node pool, the release of a chart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rehearsal.report import Trouble

Op = Literal["none", "create", "update", "replace", "delete"]
_OPS: dict[str, Op] = {
    "same": "none",
    "read": "none",
    "refresh": "none",
    "create": "create",
    "update": "update",
    "replace": "replace",
    "create-replacement": "replace",
    "delete-replaced": "replace",
    "import": "create",
    "import-replacement": "replace",
    "delete": "delete",
}
_ROLES = {
    "gcp:artifactregistry/repository:Repository": "registry",
    "gcp:container/nodePool:NodePool": "node pool",
    "aws:eks/nodeGroup:NodeGroup": "node pool",
    "aws:ec2/launchTemplate:LaunchTemplate": "launch template",
    "aws:autoscaling/tag:Tag": "autoscaler tags",
    "aws:iam/rolePolicy:RolePolicy": "registry policy",
    "kubernetes:core/v1:Namespace": "namespace",
    "gcp:dns/recordSet:RecordSet": "DNS record",
    "aws:route53/record:Record": "DNS record",
    "gcp:serviceaccount/key:Key": "registry key",
}
_DURABLE = ("registry", "namespace", "DNS record")
"""Never replaced by any change here, protected or not."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """`must` are roles that a change has to touch; `may` others that it is allowed to. `keeps` are
    those of which nothing that is there may be replaced or deleted."""

    name: str
    must: frozenset[str]
    may: frozenset[str] = frozenset()
    keeps: frozenset[str] = frozenset()


NOTHING = Change(name="nothing changed", must=frozenset())


@dataclass(frozen=True, kw_only=True)
class Row:
    """One touched resource. `same_name`: it is replaced under the name that it has now."""

    role: str
    name: str
    op: Op
    protected: bool
    same_name: bool = False


def role_of(urn: str) -> str:
    """From a URN: its own type and logical name."""
    _, _, kinds, name = urn.split("::", 3)
    kind = kinds.rpartition("$")[2]
    if kind == "kubernetes:helm.sh/v3:Release":
        return f"release {name.partition('-releases-')[2]}"
    if kind.startswith("random:"):
        return "generated secret"
    if kind.startswith("pulumi:providers:"):
        return "provider"
    return _ROLES.get(kind, kind)


def rows(steps: Iterable[Mapping[str, Any]], state: Mapping[str, Any]) -> list[Row]:
    """What a plan (`pulumi preview --json`: its `steps`) does; each resource once, at its worst."""
    resources = (state.get("deployment") or {}).get("resources") or []
    protected = {r["urn"] for r in resources if r.get("protect")}
    order: Sequence[Op] = ("none", "create", "update", "replace", "delete")
    worst: dict[str, Op] = {}
    kept: set[str] = set()
    for step in steps:
        op = _OPS.get(step["op"], "update")
        if op == "replace" and _names(step, "oldState") & _names(step, "newState"):
            kept.add(step["urn"])
        if order.index(op) > order.index(worst.get(step["urn"], "none")):
            worst[step["urn"]] = op
    return [
        Row(
            role=role_of(urn),
            name=urn.rpartition("::")[2],
            op=op,
            protected=urn in protected,
            same_name=urn in kept,
        )
        for urn, op in worst.items()
        if not urn.split("::")[2].startswith("binderhub:") or "$" in urn.split("::")[2]
    ]


def _names(step: Mapping[str, Any], state: str) -> set[str]:
    """What the cloud calls a resource, by the inputs of a step."""
    inputs = (step.get(state) or {}).get("inputs") or {}
    return {str(inputs[key]) for key in ("name", "nodeGroupName") if inputs.get(key)}


def judge(change: Change, found: Iterable[Row]) -> Iterator[Trouble]:
    """Findings of one change's plan."""
    touched = [row for row in found if row.op != "none"]
    where = f"plan: {change.name}"
    for row in touched:
        destroyed = row.op in ("replace", "delete")
        if destroyed and (row.protected or row.role in _DURABLE):
            yield Trouble(
                what=f"{row.role} {row.name} would be {_PAST[row.op]}.",
                where=where,
                why="It holds what cannot be made again: images, addresses, running servers.",
                fix="find the input that forces it (`pulumi preview --diff`) and keep it fixed.",
            )
        elif row.role == "node pool" and row.op == "replace" and row.same_name:
            yield Trouble(
                what=f"node pool {row.name} would be replaced under the name that it has.",
                where=where,
                why="The cloud refuses a second pool of that name, so the update would fail.",
                fix="raise nodes.generation together with the machine type.",
            )
        elif destroyed and row.role in change.keeps:
            yield Trouble(
                what=f"{row.role} {row.name} would be {_PAST[row.op]}.",
                where=where,
                why="Servers run there: they would be taken away from their users.",
                fix="list the generation that it is of in nodes.retiring.",
            )
        elif row.role not in change.must | change.may | {"provider"}:
            yield Trouble(
                what=f"{row.role} {row.name} would be {_PAST[row.op]}.",
                where=where,
                why="The change has nothing to do with it: users would be disturbed for nothing.",
                fix="see `pulumi preview --diff` for the value that carries the change there.",
            )
    for role in sorted(change.must - {row.role for row in touched}):
        yield Trouble(
            what=f"{role} would stay as it is.",
            where=where,
            why="The change would not arrive.",
            fix="check that the setting reaches that release's values (`hubctl render`).",
        )


_PAST: dict[Op, str] = {
    "none": "kept",
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "delete": "deleted",
}


def line(change: Change, found: Iterable[Row]) -> str:
    """The change's row of the table: what is updated, what is replaced; the rest is `none`."""
    by_op: dict[str, list[str]] = {}
    for row in found:
        if row.op != "none" and row.role != "provider":
            by_op.setdefault(row.op, []).append(row.role)
    parts = [f"{op}: {', '.join(sorted(set(roles)))}" for op, roles in by_op.items()]
    return f"{change.name}: {'; '.join(parts) or 'none'}"
