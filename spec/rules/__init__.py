"""Rules on one hub. Each has an id, a severity and a check; `check` runs them all."""

from __future__ import annotations

from collections.abc import Iterable

from spec.findings import Finding
from spec.model.stack import Hub
from spec.rules import (
    access,
    effect,
    elsewhere,
    fields,
    identity,
    network,
    nodes,
    operations,
    registry,
    retiring,
    rotation,
    safety,
)
from spec.rules.catalogue import CHECKS, RULES, Context, Rule

__all__ = [
    "RULES",
    "Rule",
    "access",
    "check",
    "effect",
    "elsewhere",
    "fields",
    "identity",
    "network",
    "nodes",
    "operations",
    "registry",
    "retiring",
    "rotation",
    "safety",
]


def check(hub: Hub, given_secrets: Iterable[str], *, files_read: bool = False) -> list[Finding]:
    """Every finding of every rule on this hub."""
    context = Context(given=frozenset(given_secrets), files_read=files_read)
    return [f for rule, function in CHECKS for f in function(hub, context, rule)]
