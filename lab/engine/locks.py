"""Which engine works on a stack, and what a killed one leaves: a lock, and processes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from lab.paths import RunDir

SEED_VARIABLE = "LAB_CLOUD_SEED"
"""In the environment of everything that works on a stack, and of no other stack."""


@contextmanager
def noted(run: RunDir, stack: str, pid: int) -> Iterator[None]:
    """While the block lasts, a file says which engine works on the stack."""
    file = run.root / f"engine-{stack}.json"
    file.write_text(json.dumps({"pid": pid}))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def free_dead(run: RunDir, stack: str, seed_file: Path) -> None:
    """Remove the lock of a killed engine, and end what it left running; another live engine's
    lock is left alone."""
    for lock in list((run.backend / ".pulumi" / "locks").rglob(f"*/{stack}/*.json")):
        try:
            holder = psutil.Process(int(json.loads(lock.read_text())["pid"]))
            alive = holder.status() != psutil.STATUS_ZOMBIE and "pulumi" in holder.name()
        except (OSError, ValueError, KeyError):
            continue
        except psutil.Error:
            alive = False
        if not alive:
            lock.unlink(missing_ok=True)
            _end_orphans(seed_file)


def _end_orphans(seed_file: Path) -> None:
    """A language host looks for its engine every few minutes only, and the program would wait as
    long."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(SEED_VARIABLE) != str(seed_file):
                continue
            if not any(one.name() == "pulumi" for one in [process, *process.parents()]):
                process.kill()
