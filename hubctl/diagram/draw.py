"""A graph as Mermaid text, and as SVG drawn here: no other program is asked. Pure."""

from __future__ import annotations

from collections import defaultdict
from html import escape

from hubctl.diagram.model import Graph, Node

_GROUPS = {
    "outside": ("exists already", "#eceff1"),
    "nodes": ("machines", "#e3f2fd"),
    "registry": ("images", "#fff3e0"),
    "dns": ("addresses", "#f3e5f5"),
    "secrets": ("secrets", "#fce4ec"),
    "cluster": ("in the cluster", "#e8f5e9"),
}
_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 230, 44, 70, 16, 24
_CHARACTERS = 34


def mermaid(graph: Graph) -> str:
    """A flowchart that GitHub and GitLab draw by themselves."""
    out = ["flowchart LR"]
    ids = {node.id: f"n{i}" for i, node in enumerate(graph.nodes)}
    for group, (title, colour) in _GROUPS.items():
        members = [n for n in graph.nodes if n.group == group]
        if members:
            out.append(f'  subgraph {group}-group["{title}"]')
            out += [f'    {ids[n.id]}["{_label(n.kind)}<br/>{_label(n.label)}"]' for n in members]
            out += ["  end", f"  style {group}-group fill:{colour},stroke:#90a4ae"]
    out += [f"  {ids[a]} --> {ids[b]}" for a, b in reduced(graph)]
    return "\n".join(out) + "\n"


def reduced(graph: Graph) -> list[tuple[str, str]]:
    """The edges that do not follow from others."""
    needs: dict[str, set[str]] = defaultdict(set)
    for a, b in graph.edges:
        needs[b].add(a)

    def all_needs(node: str) -> set[str]:
        return needs[node].union(*(all_needs(n) for n in needs[node])) if needs[node] else set()

    far = {node.id: set().union(*(all_needs(n) for n in needs[node.id])) for node in graph.nodes}
    return [(a, b) for a, b in graph.edges if a not in far[b]]


def _label(text: str) -> str:
    """Mermaid reads entities where HTML's own would end the label."""
    return "".join(c if c.isalnum() or c in " .-_/:()" else f"#{ord(c)};" for c in text)


def svg(graph: Graph) -> str:
    """Columns from left to right: each box stands right of all that it needs."""
    places = _places(graph)
    width = max((x for x, _ in places.values()), default=0) + _WIDTH + _MARGIN
    height = max((y for _, y in places.values()), default=0) + _HEIGHT + _MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" role="img">',
        f"<title>Resources of {escape(graph.title)}</title>",
        '<defs><marker id="to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0 8 4 0 8z" fill="#78909c"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    out += [_arrow(places[a], places[b]) for a, b in reduced(graph)]
    out += [_box(node, *places[node.id]) for node in graph.nodes]
    return "\n".join([*out, "</svg>"]) + "\n"


def _places(graph: Graph) -> dict[str, tuple[int, int]]:
    column = columns(graph)
    needs: dict[str, list[str]] = defaultdict(list)
    for a, b in graph.edges:
        needs[b].append(a)
    order = {group: i for i, group in enumerate(_GROUPS)}
    places: dict[str, tuple[int, int]] = {}
    for number in range(max(column.values(), default=-1) + 1):
        members = [n for n in graph.nodes if column[n.id] == number]

        def rank(node: Node) -> tuple[float, int, str]:
            above = [places[a][1] for a in needs[node.id]]
            return (sum(above) / len(above) if above else 0.0, order[node.group], node.id)

        for row, node in enumerate(sorted(members, key=rank)):
            places[node.id] = (
                _MARGIN + number * (_WIDTH + _GAP_X),
                _MARGIN + row * (_HEIGHT + _GAP_Y),
            )
    return places


def columns(graph: Graph) -> dict[str, int]:
    """The longest way to each node; raises ValueError for a cycle."""
    out = {node.id: 0 for node in graph.nodes}
    for _ in range(len(graph.nodes) + 1):
        changed = False
        for a, b in graph.edges:
            if out[b] < out[a] + 1:
                out[b], changed = out[a] + 1, True
        if not changed:
            return out
    raise ValueError("the graph has a cycle")


def _box(node: Node, x: int, y: int) -> str:
    colour = _GROUPS[node.group][1]
    label = node.label if len(node.label) <= _CHARACTERS else node.label[: _CHARACTERS - 1] + "…"
    return (
        f"<g><title>{escape(node.kind)}: {escape(node.label)}</title>"
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="5" fill="{colour}" '
        f'stroke="#90a4ae"/><text x="{x + 10}" y="{y + 17}" font-size="11" fill="#546e7a">'
        f'{escape(node.kind)}</text><text x="{x + 10}" y="{y + 34}" font-size="12">'
        f"{escape(label)}</text></g>"
    )


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1 = start[0] + _WIDTH, start[1] + _HEIGHT // 2
    x2, y2 = end[0], end[1] + _HEIGHT // 2
    bend = max(30, (x2 - x1) // 2)
    return (
        f'<path d="M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}" fill="none" '
        'stroke="#b0bec5" marker-end="url(#to)"/>'
    )
