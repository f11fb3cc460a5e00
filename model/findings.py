"""What is wrong with a stack file, said so that a person can mend it.

Shape of a finding: rule id, severity, path in the stack file, the value seen, why it is
wrong, what to write instead. Nothing here prints or raises for a user's mistake.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from model.credentials import is_sensitive_key, looks_secret

Severity = Literal["error", "warning"]

ABSENT = "(not set)"
"""Shown as the value of something that should be there and is not."""


def shown(value: object, limit: int = 120) -> str:
    """Text for `value` in a message: one line, at most `limit` characters, never a credential."""
    if value is ABSENT:
        return ABSENT
    try:
        text = json.dumps(_masked(value), ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        text = repr(value)
    if looks_secret(text):
        return "<hidden: looks like a credential>"
    text = printable(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _masked(value: Any, hide: bool = False) -> Any:
    """The value without what stands under a credential's name, and environment variables alike."""
    if isinstance(value, Mapping):
        name = str(value.get("name"))
        return {
            k: _masked(v, is_sensitive_key(str(k)) or (k == "value" and is_sensitive_key(name)))
            for k, v in value.items()
        }
    if isinstance(value, list | tuple):
        return [_masked(v, hide) for v in value]
    plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    return "<hidden>" if hide and plain and value else value


def printable(text: str) -> str:
    """One line that any terminal or file can take."""
    return "".join(c if c.isprintable() else "?" for c in text)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One mistake. `path` is dotted from the section down (`domains.hub`, `launch.repositories[0]`)."""

    rule: str
    severity: Severity
    path: str
    value: Any
    reason: str
    fix: str

    def text(self) -> str:
        """One line for a terminal."""
        return printable(
            f"{self.severity} {self.rule} {self.path}: {shown(self.value)}: "
            f"{self.reason} Fix: {self.fix}"
        )

    def as_dict(self) -> dict[str, str]:
        """For JSON output; the value is already shown (never a credential)."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "path": printable(self.path),
            "value": shown(self.value),
            "reason": printable(self.reason),
            "fix": printable(self.fix),
        }


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Those that stop a deployment; warnings alone do not."""
    return [f for f in findings if f.severity == "error"]


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Errors first, then by path and rule: the same order every time."""
    return sorted(findings, key=lambda f: (f.severity != "error", f.path, f.rule))
