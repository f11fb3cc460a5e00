"""Processes that belong together although each has a session of its own.

JupyterHub starts its proxy and services, and a Jupyter server its kernels, in new sessions, so
no process group holds them all. Each run works in a private folder, and that is what its
processes have in common: their working directory.
"""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil

from lab.errors import LabError

_INSIST_SECONDS = 20.0


def family(folder: Path) -> list[psutil.Process]:
    """Live processes that work in `folder`."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            here = process.cwd() == str(folder)
            if here and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def end_family(head: subprocess.Popen[bytes] | None, folder: Path, *, patience: float) -> None:
    """Asks the first of them to end, which ends the others in good order, and after `patience`
    seconds insists with whoever is left. Returns when all are gone."""
    if head is not None and head.poll() is None and patience:
        head.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            head.wait(patience)
    deadline = time.monotonic() + _INSIST_SECONDS
    while left := family(folder):
        for one in left:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(left, timeout=1)
        if head is not None:
            head.poll()  # Collects our own child.
        if time.monotonic() > deadline:
            pids = ", ".join(str(one.pid) for one in left)
            raise LabError(f"Processes {pids} in {folder} cannot be ended; end them by hand.")
    if head is not None:
        head.wait()
