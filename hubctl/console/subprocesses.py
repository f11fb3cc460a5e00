"""Run another program: the one edge to git, helm, kubectl, pulumi.

Never through a shell. A failure is a Problem with the program's own last words, credentials
hidden; secrets reach a program by file or standard input, never as an argument.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hubctl.console.errors import Problem
from model.credentials import looks_secret


@dataclass(frozen=True, kw_only=True)
class Ran:
    """How a program ended. `status` 127: there is no such program; 124: it took too long."""

    status: int
    out: str = ""
    err: str = ""

    @property
    def ok(self) -> bool:
        """Whether it ended well."""
        return self.status == 0

    @property
    def words(self) -> str:
        """Its last line of complaint, short, without credentials."""
        lines = [x.strip() for x in (self.err or self.out).splitlines() if x.strip()]
        last = lines[-1] if lines else f"it ended with status {self.status}"
        return "(hidden: it has a credential)" if looks_secret(last) else last[:300]


class Run(Protocol):
    """Runs a program; tests give their own."""

    def __call__(
        self,
        words: Sequence[str],
        *,
        cwd: Path | None = None,
        stdin: str | None = None,
        timeout: float = 60,
        env: Mapping[str, str] | None = None,
    ) -> Ran: ...


def run(
    words: Sequence[str],
    *,
    cwd: Path | None = None,
    stdin: str | None = None,
    timeout: float = 60,
    env: Mapping[str, str] | None = None,
) -> Ran:
    """Run a program to its end; never raises for what the program does."""
    if shutil.which(words[0]) is None:
        return Ran(status=127, err=f"{words[0]} is not on the PATH")
    try:
        done = subprocess.run(
            list(words),
            cwd=cwd,
            env=None if env is None else dict(env),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Ran(status=124, err=f"{words[0]} did not answer within {timeout:.0f} seconds")
    except OSError as error:
        return Ran(status=126, err=f"{words[0]} cannot be run: {error.strerror}")
    return Ran(status=done.returncode, out=done.stdout, err=done.stderr)


def require(words: Sequence[str], why: str, *, run: Run = run, **options: object) -> str:
    """Output of a program that must succeed; raises Problem with `why` otherwise."""
    done = run(words, **options)  # type: ignore[arg-type]
    if not done.ok:
        raise Problem(f"{why}: {done.words}.")
    return done.out
