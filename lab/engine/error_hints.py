"""What a failed command of the engine means, in one sentence, and the next command to run. Pure.

The engine and helm say everything, but in many lines; these are the troubles that people meet.
A text that is none of them gets no advice: better none than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Advice:
    """`sentence` says what happened and why, `command` what to run next."""

    kind: str
    sentence: str
    command: str

    def __str__(self) -> str:
        return f"{self.sentence} Next: {self.command}"


def explain(text: str, stack: str) -> Advice | None:
    """`text` is everything that a failed command on `stack` printed."""
    for kind, pattern, make in _KNOWN:
        if match := re.search(pattern, text):
            sentence, command = make(match, stack)
            return Advice(kind=kind, sentence=sentence, command=command)
    return None


def _passphrase(_: re.Match[str], stack: str) -> tuple[str, str]:
    return (
        f"The passphrase does not fit the secrets of stack {stack}; nothing was changed.",
        "export PULUMI_CONFIG_PASSPHRASE_FILE=FILE (the one it was set with), then repeat the command",
    )


def _locked(match: re.Match[str], stack: str) -> tuple[str, str]:
    return (
        f"Stack {stack} is being updated by {match['who']}; this command changed nothing.",
        f"wait for it, or, if that process is gone, run: pulumi cancel --stack {stack}",
    )


def _secret(match: re.Match[str], stack: str) -> tuple[str, str]:
    return (
        f"Stack {stack} lacks the secret {match['name']}; nothing was changed.",
        f"pulumi config set --secret {match['name']} --stack {stack}",
    )


def _disk(_: re.Match[str], stack: str) -> tuple[str, str]:
    return (
        "A file could not be written because the disk (or the quota) is full.",
        f"free some room, then: pulumi up --stack {stack}",
    )


def _cut_off(_: re.Match[str], stack: str) -> tuple[str, str]:
    return (
        f"The state file of stack {stack} was cut off when it was last written, as by a full disk.",
        f"in the backend's folder, copy the newest .pulumi/history/*/{stack}/*.checkpoint.json over "
        f".pulumi/stacks/*/{stack}.json, then: pulumi refresh --stack {stack}",
    )


def _pending(match: re.Match[str], stack: str) -> tuple[str, str]:
    return (
        f"A release was interrupted in an earlier update and is still marked {match['status']}.",
        f"{match['command'].strip()}, then: pulumi up --stack {stack}",
    )


def _in_progress(_: re.Match[str], stack: str) -> tuple[str, str]:
    return (
        "A release was interrupted in an earlier update and still counts as being updated.",
        "helm list --pending --all-namespaces, then helm rollback NAME --namespace NAMESPACE, "
        f"then: pulumi up --stack {stack}",
    )


def _chart(match: re.Match[str], stack: str) -> tuple[str, str]:
    why = match["why"].split("; check the chart")[0]
    return (
        f"Chart {match['chart']} could not be fetched ({_short(why)}); nothing was installed.",
        f"correct the section `chart` or the connection, then: pulumi preview --stack {stack}",
    )


def _unreachable(match: re.Match[str], stack: str) -> tuple[str, str]:
    return (
        "The cluster's API server does not answer; what was not reached stays as it was.",
        f"hubctl doctor {stack}; when it answers again: pulumi up --stack {stack}",
    )


def _rolled_back(match: re.Match[str], stack: str) -> tuple[str, str]:
    return (
        f"Release {match['release']} could not be upgraded and was rolled back to what ran before: "
        f"{_short(match['why'])}.",
        f"correct that value, then: pulumi up --stack {stack}",
    )


def _short(why: str, limit: int = 200) -> str:
    """The first of several reasons, cut at a word."""
    first = why.partition(" && ")[0].partition(": name part must consist")[0].strip()
    return first if len(first) <= limit else f"{first[:limit].rpartition(' ')[0]} ..."


_Make = Callable[[re.Match[str], str], tuple[str, str]]

# The first that fits. A chart that cannot be fetched also says "connection refused".
_KNOWN: tuple[tuple[str, str, _Make], ...] = (
    ("passphrase", r"incorrect passphrase", _passphrase),
    ("locked", r"currently locked by(?s:.*?)created by (?P<who>\S+ \(pid \d+\))", _locked),
    ("secret", r"BH103 (?P<name>\w+):", _secret),
    ("disk", r"(?i)no space left on device|file too large|disk quota exceeded", _disk),
    ("cut off", r"failed to load checkpoint: .*unexpected end of JSON", _cut_off),
    (
        "pending",
        r"in state (?P<status>pending-\w+)(?s:.*?)free it with: (?P<command>helm [^\n;]+)",
        _pending,
    ),
    ("pending", r"another operation \(install/upgrade/rollback\) is in progress", _in_progress),
    ("chart", r"property chart value \{(?P<chart>[^}]*)\} has a problem: (?P<why>.*)", _chart),
    (
        "rolled back",
        r"release (?P<release>[\w.-]+) failed, and has been rolled back[^:]*: (?P<why>[^\n]*)",
        _rolled_back,
    ),
    (
        "unreachable",
        r"(?i)connection refused|API server did not answer|cluster is unreachable|unable to connect to the server|"
        r"no route to host|i/o timeout",
        _unreachable,
    ),
)
