"""Lookups while the program starts, and what is said when one fails.

They are made at once rather than as outputs, so that what follows from them (names, policies, the
kubeconfig) is plain and a preview shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pulumi

T = TypeVar("T")


def ask(path: str, what: str, fix: str, question: Callable[[], T]) -> T:
    """Ask a cloud; a refusal is a `pulumi.RunError` that names the key, the reason and the fix."""
    try:
        return question()
    except Exception as exc:  # providers say no in no other way
        raise pulumi.RunError(f"{path}: {what}: {reason(exc)} {fix}") from exc


def found(path: str, what: str, fix: str, value: T | None) -> T:
    """The value of an answer; an empty one is a `pulumi.RunError` as well."""
    if value is None or value == "":
        raise pulumi.RunError(f"{path}: {what}. {fix}")
    return value


def left_out(path: str, value: str, placeholder: str) -> None:
    """Warn about what was looked up, because nobody can see it beforehand."""
    pulumi.log.warn(
        f"{path} is left out; {value} is where your credentials lead, and it is used. "
        f"`hubctl render` and a preview without credentials show {placeholder} in its place. "
        f"Write `{path}: {value}` to settle it."
    )


def reason(exc: Exception) -> str:
    """The last part of an engine's error, as one sentence."""
    text = " ".join(str(exc).split())
    for mark in ("returned an error: ", " failed: "):
        text = text.rpartition(mark)[2]
    return text if text.endswith(".") else f"{text}."
