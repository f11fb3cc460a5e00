"""Earlier generations of a hub's pools (`nodes.retiring`): what `nodes` said when they were made."""

from __future__ import annotations

from typing import Any

from model.fields import Model
from model.hub import Hub
from model.sections.cluster import KubernetesCluster
from model.sections.nodes import Builders, Nodes, Retiring


def earlier(hub: Hub) -> list[Hub]:
    """The hub as it was in each draining generation, in the order of the stack file. None where
    the program makes no nodes."""
    if isinstance(hub.cluster, KubernetesCluster):
        return []
    return [as_it_was(hub, entry) for entry in hub.nodes.retiring]


def as_it_was(hub: Hub, entry: Retiring) -> Hub:
    """The hub when `entry`'s generation was the present one.

    Its pools may shrink to nothing now: their least is 0, whatever it was.
    """
    return hub.model_copy(update={"nodes": _nodes(hub.nodes, entry)})


def _nodes(now: Nodes, entry: Retiring) -> Nodes:
    update = {**_written(entry), "min": 0, "retiring": []}
    update["builders"] = _builders(now.builders, entry)
    return now.model_copy(update=update)


def _builders(now: Builders | None, entry: Retiring) -> Builders | None:
    if now is None and entry.builders is None:
        return None
    written = _written(entry.builders) if entry.builders else {}
    return (now or Builders()).model_copy(update={**written, "min": 0})


def _written(entry: Model) -> dict[str, Any]:
    """The fields that the stack file sets, by their names in the model."""
    return {
        name: value
        for name in type(entry).model_fields
        if (value := getattr(entry, name)) is not None
    }
