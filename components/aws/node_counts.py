"""How many nodes a group has and may have. Pure.

AWS takes a group's bounds only together with a number of nodes. The number that Pulumi knows is as
old as the last `up`; written, it would take away the nodes that came since, with the servers on
them. So what the cloud has is asked, and nothing is written that it has already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from model.derived.pools import Pool


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Least and most nodes of a group, and how many it has."""

    min: int
    max: int
    nodes: int


def wanted(pool: Pool, now: Sizes | None) -> Sizes:
    """What to write of a group: its bounds, and the nodes that it has (a new one: its least)."""
    nodes = max(pool.min, now.nodes if now else 0)
    return Sizes(min=pool.min, max=pool.max, nodes=nodes)


def settled(pool: Pool, now: Sizes | None) -> bool:
    """Whether the cloud has these bounds already, so that the rest is the autoscaler's."""
    return now is None or (now.min, now.max) == (pool.min, pool.max)


def too_many(pools: Iterable[Pool], present: Mapping[str, Sizes]) -> list[str]:
    """A sentence for each group (`present`, by name) that has more nodes than it is to have."""
    found = [(pool, now.nodes) for pool in pools if (now := present.get(pool.name))]
    return [_too_many(pool, nodes) for pool, nodes in found if nodes > pool.max]


def _too_many(pool: Pool, nodes: int) -> str:
    path = "nodes.builders.max" if pool.role == "build" else "nodes.max"
    return (
        f"{path}: {pool.max}: {nodes} nodes of {pool.name} run now; AWS would take "
        f"{nodes - pool.max} of them away at once, with the servers on them. Wait until the "
        f"autoscaler has taken away what is idle, or write {nodes} or more."
    )
