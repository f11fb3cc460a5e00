"""Which stacks a change touches. Pure: the list of changed files decides.

A stack file touches its stack. Code that every hub's plan is made from touches all; a cloud's
component touches the stacks of that cloud. Documents, tests, the lab and hubctl touch none.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

SHARED = ("model/", "values/", "components/", "__main__.py", "Pulumi.yaml", "requirements.txt")
"""What every hub's plan is made from."""
RENDERING = ("model/", "values/")
"""What the Helm values of every hub are made from."""
_CLOUD = re.compile(r"components/(gcp|aws)/")
_STACK = re.compile(r"stacks/Pulumi\.(?P<name>[^/]+)\.yaml\Z")


@dataclass(frozen=True, kw_only=True)
class Known:
    """A stack that exists now: which clouds it uses (None: its file cannot be read), which files of
    the repository its stack file names, which clouds a job must log in to (hubctl.review.cloud_logins), and
    whether it is `adopting` releases, whose secrets a preview could show (rule BH166)."""

    name: str
    file: str
    stage: str = "production"
    clouds: frozenset[str] | None = None
    files: frozenset[str] = frozenset()
    logins: frozenset[str] = frozenset()
    adopting: bool = False


@dataclass(frozen=True, kw_only=True)
class Affected:
    """One stack and the first reasons for which it is touched."""

    name: str
    file: str
    stage: str
    reasons: tuple[str, ...]
    clouds: tuple[str, ...] = ()
    adopting: bool = False

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**self.entry(), "reasons": list(self.reasons)}

    def entry(self) -> dict[str, Any]:
        """For a CI matrix."""
        return {
            "stack": self.name,
            "file": self.file,
            "stage": self.stage,
            "clouds": list(self.clouds),
            "adopting": self.adopting,
        }


@dataclass(frozen=True, kw_only=True)
class Touch:
    """What a change touches; `deleted` names stacks whose file is gone."""

    affected: tuple[Affected, ...] = ()
    deleted: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether any stack is touched, a deleted one included."""
        return bool(self.affected or self.deleted)

    def only(self, stack: str) -> Touch:
        """The same for one stack."""
        return Touch(
            affected=tuple(a for a in self.affected if a.name == stack),
            deleted=tuple(name for name in self.deleted if name == stack),
        )

    @property
    def ci(self) -> list[Affected]:
        """Those that CI previews, deploys and watches. A stack of stage development is on nobody's
        backend but its owner's."""
        return [a for a in self.affected if a.stage != "development"]

    def outputs(self) -> dict[str, list[dict[str, Any]]]:
        """Lists for a CI matrix: `first` (staging) deploys before `rest` (production); `stacks` is
        both."""
        first = [a for a in self.ci if a.stage == "staging"]
        rest = [a for a in self.ci if a.stage != "staging"]
        return {
            "stacks": [a.entry() for a in self.ci],
            "first": [a.entry() for a in first],
            "rest": [a.entry() for a in rest],
        }

    def as_dict(self) -> dict[str, Any]:
        """For JSON. GitHub takes every key of a matrix but `include` for one more dimension."""
        lists = self.outputs()
        return {
            "any": bool(self.affected),
            "affected": [a.as_dict() for a in self.affected],
            "deleted": list(self.deleted),
            "matrix": {"include": lists["stacks"]},
            "stages": {name: {"include": lists[name]} for name in ("first", "rest")},
        }


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
            _affected(s, tuple(reasons[s.name][:5]))
            for s in sorted(known, key=lambda s: s.name)
            if reasons[s.name]
        ),
        deleted=tuple(deleted),
    )


def everything(known: Sequence[Known]) -> Touch:
    """Every stack, as if all of them were touched."""
    stacks = sorted(known, key=lambda s: s.name)
    return Touch(affected=tuple(_affected(s, ("all",)) for s in stacks))


def is_nothing(ref: str) -> bool:
    """Whether a revision is none: code hosts give zeros for a new branch, and nothing to a job that
    no push started."""
    return not ref.strip("0")


def _affected(stack: Known, reasons: tuple[str, ...]) -> Affected:
    return Affected(
        name=stack.name,
        file=stack.file,
        stage=stack.stage,
        reasons=reasons,
        clouds=tuple(sorted(stack.logins)),
        adopting=stack.adopting,
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
