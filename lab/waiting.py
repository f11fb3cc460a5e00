"""Waiting: until something is true, and for another command that does the same work."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.progress import Progress


def wait_until(reached: Callable[[], object], seconds: float, *, pause: float = 0.1) -> bool:
    """Asks again and again; whether `reached()` became true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


@contextmanager
def only_one(
    lock: Path, progress: Progress, other: str = "run that is installing"
) -> Iterator[None]:
    """Lets one command at a time into the block; the next waits, which `progress` shows.

    The kernel frees the lock of a command that was killed."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with progress.task(f"waiting for another {other}"):
                fcntl.flock(held, fcntl.LOCK_EX)
        yield
