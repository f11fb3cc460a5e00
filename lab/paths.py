"""Where the lab keeps things: one cache directory for all checkouts, one run directory per lab."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError

CHECKOUT = Path(__file__).resolve().parent.parent

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?")


def cache_dir() -> Path:
    """`$BINDERHUB_CACHE`, else `binderhub` in the user's cache directory. May not exist yet."""
    if own := os.environ.get("BINDERHUB_CACHE"):
        return Path(own).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().resolve() / "binderhub"


class _Place:
    """A file or folder of a run directory."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, run: RunDir, _: object = None) -> Path:
        return run.root / self._name


@dataclass(frozen=True, kw_only=True)
class RunDir:
    """The folder of one running lab and the places in it. Nothing is created by asking."""

    root: Path
    state = _Place("state.json")  # Which processes were started, and on which ports.
    lock = _Place("lock")
    logs = _Place("logs")
    pki = _Place("pki")
    etcd = _Place("etcd")
    kubeconfig = _Place("kubeconfig")  # Administrator access, mode 0600.
    pulumi = _Place("pulumi")  # PULUMI_HOME.
    backend = _Place("backend")  # Pulumi's file backend.
    work = _Place("work")  # The copies of the program that the engine works on.


def run_dir(name: str = "demo", *, base: Path | None = None) -> RunDir:
    """The run directory called `name`, in `.lab/` of the checkout unless `base` says otherwise."""
    if not _NAME.fullmatch(name):
        raise LabError(
            f"{name!r} cannot name a lab: it becomes a folder name, so use up to 42 lower-case "
            "letters, digits and dashes, such as `demo`."
        )
    return RunDir(root=(base or CHECKOUT / ".lab").resolve() / name)
