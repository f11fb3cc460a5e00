"""What one command of the engine said, and the resources that its summary counts."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A command that has ended. `seconds` is wall time."""

    command: str
    status: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def ok(self) -> bool:
        return self.status == 0

    @property
    def text(self) -> str:
        return self.stdout + self.stderr

    @property
    def changes(self) -> dict[str, int]:
        """Resources by what happened to them, as the engine's summary counts them."""
        found: dict[str, int] = {}
        summary = self.stdout.rpartition("Resources:")[2]
        for count, what in re.findall(r"^\s+[+\-~=]*\s*(\d+) ([\w ]+?)\s*$", summary, re.MULTILINE):
            found[what] = int(count)
        for what, count in re.findall(r"(?<![\w])(unchanged)[ ]*(\d+)", summary):
            found[what] = int(count)
        return found
