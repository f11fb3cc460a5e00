"""Long-running processes that outlive the command which started them, and their clean end.

A process is known by its id, its start time and its arguments, so that a record from yesterday
can never end somebody else's process that was given the same id since.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import psutil

from lab.errors import LabError
from lab.waiting import wait_until

# The system's clock may be set between two looks at the same process.
_CLOCK_SLACK = 2.0


@dataclass(frozen=True, kw_only=True)
class Started:
    """A process that we started. `created` is in seconds since the epoch."""

    name: str
    pid: int
    created: float
    args: tuple[str, ...]
    log: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Started:
        return cls(**{**data, "args": tuple(data["args"])})


def start(
    name: str,
    argv: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Started:
    """Starts `argv` in a session of its own: no terminal, nothing on stdin, output to `log`.

    The log is continued if it exists. Arguments are visible to every user of the machine:
    secrets belong in private files.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as out:
            process = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(bare_environment() if env is None else env),
                cwd=cwd,
                start_new_session=True,
            )
    except OSError as error:
        raise LabError(f"{name} could not be started from {argv[0]}: {error.strerror}.") from error
    try:
        created = psutil.Process(process.pid).create_time()
    except psutil.Error:
        created = 0.0  # Ended already; readiness checks will say so with its log.
    return Started(name=name, pid=process.pid, created=created, args=tuple(argv[1:]), log=str(log))


def bare_environment() -> dict[str, str]:
    """What a process needs from ours; cloud credentials and proxies are not among it."""
    kept = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ")
    return {key: os.environ[key] for key in kept if key in os.environ}


def find(started: Started) -> psutil.Process | None:
    """The process, if it is alive and still the one that we started."""
    try:
        process = psutil.Process(started.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        same_time = abs(process.create_time() - started.created) < _CLOCK_SLACK
        # Only the arguments: an interpreter may rewrite its own path. For a moment after its
        # start a process has none at all.
        cmdline = process.cmdline()
        same_args = not cmdline or tuple(cmdline[1:]) == started.args
    except psutil.Error:
        return None
    return process if same_time and same_args else None


def end(started: Started, *, patience: float = 15.0) -> None:
    """Ends the process and waits until it is gone; asks first, then insists."""
    for ask in (psutil.Process.terminate, psutil.Process.kill):
        process = find(started)
        if process is None:
            break
        with contextlib.suppress(psutil.NoSuchProcess):
            ask(process)
        # Not psutil's wait: it would also wait until a zombie's new parent takes notice of it.
        wait_until(lambda: find(started) is None, patience, pause=0.02)
    _reap(started.pid)


class CommandFailed(LabError):
    """A command of `run_group` ended with another status than 0."""

    def __init__(self, command: Sequence[str], output: str) -> None:
        self.program = Path(command[0]).name
        lines = [line for line in output.splitlines() if not line.startswith("go: downloading")]
        self.last_lines = "\n".join(f"  {line}" for line in lines[-15:])
        super().__init__(f"{self.program} failed:\n{self.last_lines}")


def run_group(command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> str:
    """What a command prints. It runs in a process group of its own, which ends as a whole if we
    are interrupted. Raises CommandFailed with what it said."""
    process = subprocess.Popen(
        list(command),
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = process.communicate()
    except BaseException:
        end_group(process)
        raise
    if process.returncode != 0:
        raise CommandFailed(command, f"{out}\n{err}")
    return out


def end_group(
    process: subprocess.Popen[str],
    *,
    ask: signal.Signals = signal.SIGTERM,
    patience: float = 5.0,
) -> None:
    """Asks the leader of a process group to stop, then ends it and whatever it started."""
    if process.poll() is None:
        process.send_signal(ask)
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            process.wait(patience)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def last_lines(log: Path, count: int = 8) -> str:
    """The end of a log for an error message, each line shortened."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return "  (no log)"
    return "\n".join(f"  {line[:300]}" for line in lines[-count:]) or "  (its log is empty)"


def as_command(act: Callable[[], int], *, interrupted: str) -> int:
    """The exit status of `act`: a LabError is told in its own words, an interruption in these."""
    try:
        with interrupted_by_signals():
            return act()
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(interrupted, file=sys.stderr)
        return 130


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Makes SIGTERM and SIGHUP look like Ctrl-C, so that the same clean-up runs."""

    def raise_interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handled((signal.SIGTERM, signal.SIGHUP), raise_interrupt):
        yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """Lets Ctrl-C wait until the block has ended: a process that was started is recorded too."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Only the main thread is ever interrupted.
        return
    came: list[int] = []
    watched = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    try:
        with _handled(watched, lambda number, _: came.append(number)):
            yield
    finally:
        for number in came[:1]:
            signal.raise_signal(number)


@contextmanager
def _handled(
    numbers: Sequence[signal.Signals], handler: Callable[[int, FrameType | None], object]
) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def _reap(pid: int) -> None:
    """Collects our own dead child, which would otherwise stay in the process table."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
