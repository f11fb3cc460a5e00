"""Phase `destroy`: nothing is left: no object, no resource in the state, no process, no file."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import psutil

from rehearsal.context import Context
from rehearsal.families import family
from rehearsal.report import Finding, Phase, judged

NAME = "destroy"
_PREFIXES = ("binderhub-hub-*", "binderhub-pod-*")
_SECONDS = 10.0
_MOMENT = 2.0


def run(context: Context) -> Phase:
    done = context.session.destroy()
    if not done.ok:
        why = " ".join(line for line in done.text.splitlines() if "error" in line)[:800]
        what = "the stack could not be destroyed."
        return judged(NAME, [_left(what, f"pulumi destroy --stack {context.session.name}", why)])
    found = []
    if left := context.kube.namespace_contents(context.namespace):
        text = f"{len(left)} objects are left: {', '.join(left[:8])}."
        found.append(_left(text, f"namespace {context.namespace}", "They cost room and names."))
    kept = context.session.state()["deployment"].get("resources") or []
    if kept:
        text = f"{len(kept)} resources are left in the state."
        found.append(_left(text, context.session.name, "The next up would be of another stack."))
    found += [*_processes(context), *_files()]
    fact = "no object, no resource in the state, no process of the stack, no file outside the lab"
    return judged(NAME, found, [] if found else [fact])


def _left(what: str, where: str, why: str) -> Finding:
    return Finding(what=what, where=where, why=why, fix="remove it by hand and report this.")


def _processes(context: Context) -> list[Finding]:
    """Engines, plugins and helm of this stack: told by their environment."""
    deadline = time.monotonic() + _SECONDS
    while (left := _of_stack(context)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return [
        _left(f"{name} still runs (pid {pid}).", "processes", "Nobody would ever end it.")
        for pid, name in left
    ]


def _of_stack(context: Context) -> list[tuple[int, str]]:
    seed = context.session.environment()["LAB_CLOUD_SEED"]  # Every stack has its own.
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            if process.environ().get("LAB_CLOUD_SEED") == seed:
                found.append((process.pid, process.name()))
        except (psutil.Error, OSError):
            continue
    return found


def _files() -> list[Finding]:
    """Folders that hub processes and pods' servers would have left. One that another rehearsal
    is just making or removing is gone, or in use, a moment later."""
    left = _abandoned()
    if left:
        time.sleep(_MOMENT)
        left &= _abandoned()
    return [
        _left(f"{p} is left.", "files", "It may hold secrets of the hub.") for p in sorted(left)
    ]


def _abandoned() -> set[Path]:
    own, found = psutil.Process(), set[Path]()
    for path in (p for prefix in _PREFIXES for p in Path(tempfile.gettempdir()).glob(prefix)):
        try:
            about = path.stat()
        except OSError:
            continue
        mine = about.st_uid == own.uids().effective and about.st_mtime > own.create_time()
        if mine and not family(path):
            found.add(path)
    return found
