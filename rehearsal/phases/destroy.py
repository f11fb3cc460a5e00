"""Phase `destroy`: nothing is left: no object, no resource in the state, no process, no file."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import psutil

from rehearsal.context import HubUnderTest
from rehearsal.report import Phase, Trouble, judged

NAME = "destroy"
_PREFIXES = ("binderhub-hub", "binderhub-pod")
"""Of the folders of hub processes and pods' servers; their owner's process id follows."""
_SECONDS = 10.0


def run(context: HubUnderTest) -> Phase:
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


def _left(what: str, where: str, why: str) -> Trouble:
    return Trouble(what=what, where=where, why=why, fix="remove it by hand and report this.")


def _processes(context: HubUnderTest) -> list[Trouble]:
    """Engines, plugins and helm of this stack: told by their environment."""
    deadline = time.monotonic() + _SECONDS
    while (left := _of_stack(context)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return [
        _left(f"{name} still runs (pid {pid}).", "processes", "Nobody would ever end it.")
        for pid, name in left
    ]


def _of_stack(context: HubUnderTest) -> list[tuple[int, str]]:
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


def _files() -> list[Trouble]:
    """Folders that this rehearsal's hub processes and pods' servers have left; those of another
    rehearsal are its own."""
    own, found = psutil.Process(), list[Trouble]()
    for prefix in _PREFIXES:
        for path in sorted(Path(tempfile.gettempdir()).glob(f"{prefix}-{own.pid}-*")):
            if path.stat().st_mtime > own.create_time():
                found.append(_left(f"{path} is left.", "files", "It may hold secrets of the hub."))
    return found
