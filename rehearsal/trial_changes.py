"""The changes that a rehearsal tries on a stack file: what each edits, and what it may touch.

Pure but for the copy of a chart that stands for a newer version.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.charts import Chart
from model.derived import machines, names
from model.derived.flavour import chart_pins, flavour
from model.derived.pools import user_pool
from model.hub import Hub
from model.sections.registry import Ecr
from rehearsal.bumped_chart import newer
from rehearsal.checks.planned_change import NOTHING, Change

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A change and the stack file with it; `skipped` says why there is none."""

    change: Change
    document: Document | None = None
    skipped: str | None = None


def trials(hub: Hub, document: Document, charts: Mapping[str, Chart], folder: Path) -> list[Trial]:
    """Every change for this hub. `folder` takes the copy of a chart."""
    return [
        Trial(change=NOTHING, document=document),
        _prefix(hub, document),
        _secret(hub, document),
        _machine(hub, document),
        _chart(hub, document, charts, folder),
    ]


def edited(document: Document, section: str, **values: Any) -> Document:
    """A copy with keys of a section set."""
    out = copy.deepcopy(document)
    key = f"binderhub:{section}"
    out["config"][key] = {**(out["config"].get(key) or {}), **values}
    return out


def pin_of_hub(hub: Hub, document: Document) -> dict[str, Any]:
    """The mapping in which a stack file pins the chart that carries JupyterHub."""
    path, _ = chart_pins(hub)[flavour(hub).hub_release]
    section, *below = path.split(".")
    pin: dict[str, Any] = document["config"].setdefault(f"binderhub:{section}", {})
    for key in below:
        pin = pin.setdefault(key, {})
    return pin


def _prefix(hub: Hub, document: Document) -> Trial:
    may = {"registry policy", f"release {names.REGISTRY_HELPER}"} if _ecr(hub) else set()
    change = Change(
        name="image prefix",
        must=frozenset({f"release {flavour(hub).binder_release}"}),
        may=frozenset(may),
    )
    if hub.registry.kind == "none":
        return Trial(change=change, skipped="the hub has no registry")
    return Trial(change=change, document=edited(document, "registry", prefix="rehearsal"))


def _ecr(hub: Hub) -> bool:
    return isinstance(hub.registry, Ecr)


def _secret(hub: Hub, document: Document) -> Trial:
    change = Change(
        name="secret (API token of BinderHub)",
        must=frozenset(
            {
                "generated secret",
                # Both read it at their start.
                f"release {flavour(hub).hub_release}",
                f"release {flavour(hub).binder_release}",
            }
        ),
    )
    number = hub.rotate.get("binderApiToken", 0) if isinstance(hub.rotate, dict) else 0
    return Trial(change=change, document=edited(document, "rotate", binderApiToken=number + 1))


def _machine(hub: Hub, document: Document) -> Trial:
    releases = {f"release {flavour(hub).hub_release}", f"release {flavour(hub).binder_release}"}
    parts = frozenset({"launch template", "autoscaler tags"})
    change = Change(
        name="machine type",
        must=frozenset({"node pool", *releases}),
        may=parts,
        keeps=parts | {"node pool"},
    )
    pool = user_pool(hub)
    if not pool.managed or pool.machine is None:
        return Trial(change=change, skipped="the stack makes no nodes")
    other = next(
        (
            name
            for name, machine in sorted(machines.CATALOGUE.items())
            if name != pool.machine_type
            and machine.cloud == pool.machine.cloud
            and machine.allocatable_memory >= pool.machine.allocatable_memory
        ),
        None,
    )
    if other is None:
        return Trial(change=change, skipped=f"no larger machine than {pool.machine_type} is known")
    written = document["config"].get("binderhub:nodes") or {}
    now = hub.nodes.generation
    # A pool's machine type cannot be changed in place; its successor comes beside it.
    new = {
        "machineType": other,
        "moreMachineTypes": [t for t in hub.nodes.more_machine_types if t != other],
        "generation": now + 1,
        "retiring": [
            *(written.get("retiring") or []),
            {
                "generation": now,
                "machineType": pool.machine_type,
                "moreMachineTypes": list(hub.nodes.more_machine_types),
            },
        ],
    }
    return Trial(change=change, document=edited(document, "nodes", **new))


def _chart(hub: Hub, document: Document, charts: Mapping[str, Chart], folder: Path) -> Trial:
    release = flavour(hub).hub_release
    change = Change(name="chart version", must=frozenset({f"release {release}"}))
    chart = charts.get(release)
    if chart is None:
        why = "the charts come from their repositories; --charts DIR tries it with copies of yours"
        return Trial(change=change, skipped=why)
    out = copy.deepcopy(document)
    pin_of_hub(hub, out)["source"] = str(newer(chart, folder))
    return Trial(change=change, document=out)
