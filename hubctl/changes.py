"""Which stacks a change touches. Pure: the list of changed files decides.

A stack file touches its stack. Code that every hub's plan is made from touches all; a cloud's
component touches the stacks of that cloud. Documents, tests, the lab and hubctl touch none.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

SHARED = ("spec/", "values/", "components/", "__main__.py", "Pulumi.yaml", "requirements.txt")
"""What every hub's plan is made from."""
RENDERING = ("spec/", "values/")
"""What the Helm values of every hub are made from."""
_CLOUD = re.compile(r"components/(gcp|aws)/")
_STACK = re.compile(r"stacks/Pulumi\.(?P<name>[^/]+)\.yaml\Z")


@dataclass(frozen=True, kw_only=True)
class Known:
    """A stack that exists now: which clouds it uses (None: its file cannot be read) and which
    files of the repository its stack file names."""

    name: str
    file: str
    stage: str = "production"
    clouds: frozenset[str] | None = None
    files: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Affected:
    """One stack and the first reasons for which it is touched."""

    name: str
    file: str
    stage: str
    reasons: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "stack": self.name,
            "file": self.file,
            "stage": self.stage,
            "reasons": list(self.reasons),
        }


@dataclass(frozen=True, kw_only=True)
class Touch:
    """What a change touches; `deleted` names stacks whose file is gone."""

    affected: tuple[Affected, ...] = ()
    deleted: tuple[str, ...] = ()
    files: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """For a CI matrix: `stages.first` (staging, development) deploys before `stages.rest`."""
        entries = [a.as_dict() for a in self.affected]
        first = [e for e in entries if e["stage"] != "production"]
        rest = [e for e in entries if e["stage"] == "production"]
        return {
            "any": bool(entries),
            "affected": entries,
            "deleted": list(self.deleted),
            "matrix": _matrix(entries),
            "stages": {"first": _matrix(first), "rest": _matrix(rest)},
        }


def _matrix(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {"include": [{key: e[key] for key in ("stack", "file", "stage")} for e in entries]}


def affected(changed: Iterable[str], known: Sequence[Known]) -> Touch:
    """What the changed files (paths from the repository's root) touch."""
    files = sorted(set(changed))
    reasons: dict[str, list[str]] = {stack.name: [] for stack in known}
    deleted = []
    for path in files:
        match = _STACK.match(path)
        if match and match["name"] not in reasons:
            deleted.append(match["name"])
        for stack in known:
            if _touches(path, stack):
                reasons[stack.name].append(path)
    return Touch(
        affected=tuple(
            Affected(name=s.name, file=s.file, stage=s.stage, reasons=tuple(reasons[s.name][:5]))
            for s in sorted(known, key=lambda s: s.name)
            if reasons[s.name]
        ),
        deleted=tuple(deleted),
        files=tuple(files),
    )


def everything(known: Sequence[Known]) -> Touch:
    """Every stack, as if all of them were touched."""
    return Touch(
        affected=tuple(
            Affected(name=s.name, file=s.file, stage=s.stage, reasons=("all",))
            for s in sorted(known, key=lambda s: s.name)
        )
    )


def _touches(path: str, stack: Known) -> bool:
    if path == stack.file or path in stack.files:
        return True
    if any(path.startswith(folder.rstrip("/") + "/") for folder in stack.files):
        return True
    if cloud := _CLOUD.match(path):
        return stack.clouds is None or cloud[1] in stack.clouds
    return is_under(path, SHARED)


def is_under(path: str, places: Iterable[str]) -> bool:
    """Whether a path is one of the places or inside one (those that end in '/')."""
    return any(path.startswith(p) if p.endswith("/") else path == p for p in places)


def named_file(reference: str | None) -> str | None:
    """Path from the repository's root of a file that a stack names, or None for a URL."""
    if not reference or "://" in reference or reference.startswith("/"):
        return None
    return posixpath.normpath(reference)
