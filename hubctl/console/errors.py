"""A user's mistake, said in one sentence instead of a traceback."""

from __future__ import annotations


class Problem(Exception):
    """Ends the command. `status` 2 is misuse, 1 anything else."""

    def __init__(self, message: str, *, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


class Trouble(Exception):
    """A request got no answer. The text is for people, and holds no secret."""
