"""The rules by id: what each guards. `docs/rules.md` is generated from this table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from model.findings import Finding, Severity
from model.hub import Hub


@dataclass(frozen=True, kw_only=True)
class RuleContext:
    """What a rule may look at beside the hub: the names of the flat secrets that are set, and
    whether those of `secretsFile` are among them."""

    given: frozenset[str]
    files_read: bool = False


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`where` tells who finds it: "field" (the model), "hub" (a check below), "fleet", "values"."""

    id: str
    severity: Severity
    title: str
    where: str = "hub"

    def finding(self, path: str, value: Any, reason: str, fix: str) -> Finding:
        """A finding of this rule."""
        return Finding(
            rule=self.id, severity=self.severity, path=path, value=value, reason=reason, fix=fix
        )


Check = Callable[[Hub, RuleContext, Rule], Iterator[Finding]]
RULES: dict[str, Rule] = {}
CHECKS: list[tuple[Rule, Check]] = []


def rule(rule_id: str, severity: Severity, title: str, *, where: str = "hub") -> Rule:
    """Enter a rule into the catalogue; ids are unique."""
    if rule_id in RULES:
        raise AssertionError(f"rule {rule_id} is entered twice")
    entry = Rule(id=rule_id, severity=severity, title=title, where=where)
    RULES[rule_id] = entry
    return entry


def check_of(rule_id: str, severity: Severity, title: str) -> Callable[[Check], Check]:
    """Decorator: enter a rule together with the check on one hub that finds it."""
    entry = rule(rule_id, severity, title)

    def enter(function: Check) -> Check:
        CHECKS.append((entry, function))
        return function

    return enter
