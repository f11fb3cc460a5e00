"""Rules on one hub. Each has an id, a severity and a check; `check` runs them all."""

from __future__ import annotations

from collections.abc import Iterable

from model.findings import Finding
from model.hub import Hub
from model.rules import (
    access,
    draining,
    effect,
    identity,
    network,
    nodes,
    operations,
    registry,
    rotation,
    safety,
)
from model.rules.catalogue import CHECKS, RULES, Rule, RuleContext

__all__ = [
    "RULES",
    "Rule",
    "access",
    "check",
    "draining",
    "effect",
    "identity",
    "network",
    "nodes",
    "operations",
    "registry",
    "rotation",
    "safety",
]


def check(hub: Hub, secrets_set: Iterable[str], *, files_read: bool = False) -> list[Finding]:
    """Every finding of every rule on this hub."""
    context = RuleContext(secrets_set=frozenset(secrets_set), files_read=files_read)
    return [f for rule, function in CHECKS for f in function(hub, context, rule)]
