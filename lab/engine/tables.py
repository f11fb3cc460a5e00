"""What a person sees of a stack in the lab: its resource tree, its pods, its outputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.tree import Tree

from lab.cluster.client import PodView


def resource_tree(state: Mapping[str, Any]) -> Tree:
    """The resources of an exported deployment, each under its parent."""
    resources = state.get("deployment", {}).get("resources") or []
    children: dict[str, list[Mapping[str, Any]]] = {}
    roots: list[Mapping[str, Any]] = []
    for resource in resources:
        parent = resource.get("parent", "")
        (children.setdefault(parent, []) if parent else roots).append(resource)
    top = Tree("resources", guide_style="dim")
    for root in roots:
        if not root["type"].startswith("pulumi:providers:"):
            _grow(top, root, children)
    return top


def _grow(
    branch: Tree,
    resource: Mapping[str, Any],
    children: Mapping[str, list[Mapping[str, Any]]],
) -> None:
    name = resource["urn"].rpartition("::")[2]
    twig = branch.add(f"{name}  [dim]{resource['type']}[/dim]")
    for child in children.get(resource["urn"], []):
        _grow(twig, child, children)


def pod_table(pods: Iterable[PodView]) -> Table:
    """Where each pod landed."""
    table = Table(title="pods", title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in ("pod", "node", "phase", "ready", "address"):
        table.add_column(column)
    for pod in pods:
        ready = "yes" if pod.ready else f"no ({pod.reason or 'waiting'})"
        table.add_row(pod.name, pod.node or "-", pod.phase, ready, pod.ip or "-")
    return table


def output_table(outputs: Mapping[str, Any]) -> Table:
    """The stack's outputs."""
    table = Table(
        title="outputs", title_justify="left", box=None, pad_edge=False, show_header=False
    )
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in outputs.items():
        if isinstance(value, list):
            value = "\n".join(_line(item) for item in value)
        table.add_row(name, str(value))
    return table


def _line(item: Any) -> str:
    return "  ".join(str(v) for v in item.values()) if isinstance(item, Mapping) else str(item)


def console() -> Console:
    """Colours on a terminal, plain text of a fixed width otherwise."""
    out = Console(highlight=False)
    return out if out.is_terminal else Console(highlight=False, width=120)
