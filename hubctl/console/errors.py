"""Failures that hubctl expects: each becomes a sentence for people, never a traceback."""

from __future__ import annotations


class Problem(Exception):
    """Ends the command; `main` prints it. `status` is the exit status: 2 for misuse, else 1."""

    def __init__(self, message: str, *, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


class NoAnswer(Exception):
    """A server gave no answer. A check reports it and goes on. Its text holds no secret."""
