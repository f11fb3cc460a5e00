"""Rules about pools of earlier generations, and about pools that are taken over."""

from __future__ import annotations

from collections.abc import Iterator

from model.derived.pools import build_pool, user_pool
from model.findings import Finding
from model.hub import Hub
from model.rules.catalogue import Rule, RuleContext, check_of
from model.sections.cluster import KubernetesCluster


@check_of("BH132", "error", "`nodes.retiring` has only generations before `nodes.generation`.")
def earlier_than_now(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    now = hub.nodes.generation
    for i, entry in enumerate(hub.nodes.retiring):
        if entry.generation >= now:
            yield rule.finding(
                f"nodes.retiring[{i}].generation",
                entry.generation,
                f"the present generation is {now}; its pools take new servers.",
                f"write an earlier one, or raise nodes.generation to {entry.generation + 1}.",
            )


@check_of("BH133", "error", "`nodes.retiring` has each generation once.")
def once(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    seen: set[int] = set()
    for i, entry in enumerate(hub.nodes.retiring):
        if entry.generation in seen:
            yield rule.finding(
                f"nodes.retiring[{i}].generation",
                entry.generation,
                "this generation is listed already.",
                "keep one entry for each generation.",
            )
        seen.add(entry.generation)


@check_of("BH134", "error", "`nodes.retiring` is for clusters where the program makes the nodes.")
def ours(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if not isinstance(hub.cluster, KubernetesCluster):
        return
    for i, entry in enumerate(hub.nodes.retiring):
        yield rule.finding(
            f"nodes.retiring[{i}]",
            entry.model_dump(exclude_none=True, by_alias=True),
            "the nodes of this cluster exist already; the program makes and removes none.",
            "remove it; take the label that nodes.selector asks for from the old nodes instead.",
        )


@check_of("BH135", "error", "An adopted pool has the name that the program gives it.")
def adopted(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    pools = [("nodePool", hub.adopt.node_pool, user_pool(hub))]
    if hub.nodes.builders:
        pools.append(("builderPool", hub.adopt.builder_pool, build_pool(hub)))
    for key, import_id, pool in pools:
        if import_id and pool.managed and not pool.has_id(import_id):
            yield rule.finding(
                f"adopt.{key}",
                import_id,
                f"the pool of generation {pool.generation} is called {pool.name}; a pool cannot be "
                "renamed, so the import would fail.",
                f"remove adopt.{key}: the new pool is made beside the old one.",
            )
