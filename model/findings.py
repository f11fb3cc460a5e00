"""What is wrong with a stack file, said so that a person can mend it.

Shape of a finding: rule id, severity, path in the stack file, the value seen, why it is
wrong, what to write instead. Nothing here prints or raises for a user's mistake.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]

ABSENT = "(not set)"
"""Shown as the value of something that should be there and is not."""

# What a pasted credential looks like. Used to hide values, and by rule BH069 to find them.
SECRET_PATTERNS: dict[str, re.Pattern[str]] = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a service-account key": re.compile(r'"private_key"\s*:'),
    "a GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}"),
    "a GitLab token": re.compile(r"\bglpat-[A-Za-z0-9_-]{16,}"),
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a Slack token": re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    "a Slack webhook": re.compile(r"\bhooks\.slack\.com/\w+/[A-Z0-9]+/[A-Za-z0-9/]{4,}"),
    "a Google API key": re.compile(r"\bAIza[A-Za-z0-9_-]{35}"),
    "a Google client secret": re.compile(r"\bGOCSPX-[A-Za-z0-9_-]{20,}"),
    "a Docker Hub token": re.compile(r"\bdckr_[po]at_[A-Za-z0-9_-]{20,}"),
    "a Hugging Face token": re.compile(r"\bhf_[A-Za-z0-9]{30,}"),
    "a package index's token": re.compile(r"\bnpm_[A-Za-z0-9]{36}|\bpypi-AgE[A-Za-z0-9_-]{30,}"),
    "an Azure account key": re.compile(r"\bAccountKey=[A-Za-z0-9+/]{40,}"),
    "a signed token": re.compile(
        r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"
    ),
    "a password in a URL": re.compile(r"://[^/\s:@]+:[^/\s@]+@"),
}


def looks_secret(text: str) -> str | None:
    """Name the kind of credential that `text` looks like, or None."""
    for kind, pattern in SECRET_PATTERNS.items():
        if pattern.search(text):
            return kind
    return None


def shown(value: object, limit: int = 120) -> str:
    """Text for `value` in a message: one line, at most `limit` characters, never a credential."""
    if value is ABSENT:
        return ABSENT
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        text = repr(value)
    if looks_secret(text):
        return "<hidden: looks like a credential>"
    text = printable(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


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
