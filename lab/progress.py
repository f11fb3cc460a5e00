"""What a person sees while something takes long: one line per task, with the time it has taken."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

TERMINAL_TICK = 1.0
LOG_TICK = 20.0


def elapsed(seconds: float) -> str:
    """`45 s` or `5 min 30 s`."""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"


class Progress:
    """Prints notes and running tasks to `stream` (standard error unless told).

    On a terminal the running task's line is rewritten every second; elsewhere a line is added
    every 20 seconds, so that a log shows life without being flooded.
    """

    def __init__(self, stream: TextIO | None = None, *, tick: float | None = None) -> None:
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._tick = tick or (TERMINAL_TICK if self._terminal else LOG_TICK)
        self._lock = threading.Lock()

    def note(self, text: str) -> None:
        self._write(text + "\n")

    @contextmanager
    def task(self, label: str) -> Iterator[None]:
        """Shows `label` with its elapsed time until the block ends, then how it ended."""
        started = time.monotonic()
        ended = threading.Event()

        def tick() -> None:
            while not ended.wait(self._tick):
                self._running(f"{label} ... {elapsed(time.monotonic() - started)}")

        self._running(f"{label} ...")
        ticker = threading.Thread(target=tick, daemon=True)
        ticker.start()
        outcome = "failed"
        try:
            yield
            outcome = "done"
        except KeyboardInterrupt:
            outcome = "interrupted"
            raise
        finally:
            ended.set()
            ticker.join()
            spent = elapsed(time.monotonic() - started)
            self._write(f"{label}: {outcome} after {spent}\n")

    def _running(self, text: str) -> None:
        self._write(text if self._terminal else text + "\n")

    def _write(self, text: str) -> None:
        # Where the terminal was closed nobody looks any more; what the task has to clean up stays.
        with self._lock, contextlib.suppress(OSError, ValueError):
            # On a terminal every write starts by clearing the line that a running task left.
            self._stream.write(("\r\x1b[K" if self._terminal else "") + text)
            self._stream.flush()
