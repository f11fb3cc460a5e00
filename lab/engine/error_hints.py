"""What a failed command of the engine means, in one sentence, and the next command to run. Pure.

The engine and helm say everything, but in many lines; these are the troubles that people meet.
A text that is none of them gets no advice: better none than a wrong one.
"""

from __future__ import annotations

import re
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
    for kind, pattern, sentence, command in _KNOWN:
        if match := re.search(pattern, text):
            words = {"stack": stack, **{k: _short(v) for k, v in match.groupdict().items()}}
            said, following = (line.format_map(words) for line in (sentence, command))
            return Advice(kind=kind, sentence=said, command=following)
    return None


def _short(words: str, limit: int = 200) -> str:
    """The first of several reasons, cut at a word."""
    first = re.split(r" && |: name part must consist|; check the chart", words)[0].strip()
    return first if len(first) <= limit else f"{first[:limit].rpartition(' ')[0]} ..."


# Kind, pattern, sentence, command; the first that fits. A chart that cannot be fetched also says
# "connection refused".
_KNOWN: tuple[tuple[str, str, str, str], ...] = (
    (
        "passphrase",
        r"incorrect passphrase",
        "The passphrase does not fit the secrets of stack {stack}; nothing was changed.",
        "export PULUMI_CONFIG_PASSPHRASE_FILE=FILE (the one it was set with), then repeat the command",
    ),
    (
        "locked",
        r"currently locked by(?s:.*?)created by (?P<who>\S+ \(pid \d+\))",
        "Stack {stack} is being updated by {who}; this command changed nothing.",
        "wait for it, or, if that process is gone, run: pulumi cancel --stack {stack}",
    ),
    (
        "secret",
        r"BH103 (?P<name>\w+):",
        "Stack {stack} lacks the secret {name}; nothing was changed.",
        "pulumi config set --secret {name} --stack {stack}",
    ),
    (
        "disk",
        r"(?i)no space left on device|file too large|disk quota exceeded",
        "A file could not be written because the disk (or the quota) is full.",
        "free some room, then: pulumi up --stack {stack}",
    ),
    (
        "cut off",
        r"failed to load checkpoint: .*unexpected end of JSON",
        "The state file of stack {stack} was cut off when it was last written, as by a full disk.",
        "in the backend's folder, copy the newest .pulumi/history/*/{stack}/*.checkpoint.json over "
        ".pulumi/stacks/*/{stack}.json, then: pulumi refresh --stack {stack}",
    ),
    (
        "pending",
        r"in state (?P<status>pending-\w+)(?s:.*?)free it with: (?P<command>helm [^\n;]+)",
        "A release was interrupted in an earlier update and is still marked {status}.",
        "{command}, then: pulumi up --stack {stack}",
    ),
    (
        "pending",
        r"another operation \(install/upgrade/rollback\) is in progress",
        "A release was interrupted in an earlier update and still counts as being updated.",
        "helm list --pending --all-namespaces, then helm rollback NAME --namespace NAMESPACE, "
        "then: pulumi up --stack {stack}",
    ),
    (
        "chart",
        r"property chart value \{(?P<chart>[^}]*)\} has a problem: (?P<why>.*)",
        "Chart {chart} could not be fetched ({why}); nothing was installed.",
        "correct the section `chart` or the connection, then: pulumi preview --stack {stack}",
    ),
    (
        "rolled back",
        r"release (?P<release>[\w.-]+) failed, and has been rolled back[^:]*: (?P<why>[^\n]*)",
        "Release {release} could not be upgraded and was rolled back to what ran before: {why}.",
        "correct that value, then: pulumi up --stack {stack}",
    ),
    (
        "unreachable",
        r"(?i)connection refused|API server did not answer|cluster is unreachable|"
        r"unable to connect to the server|no route to host|i/o timeout",
        "The cluster's API server does not answer; what was not reached stays as it was.",
        "hubctl doctor {stack}; when it answers again: pulumi up --stack {stack}",
    ),
)
