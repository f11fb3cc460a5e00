"""A difference that somebody else's code wrote, read as data. Pure.

A fork can change hubctl itself, so the file is anything. What is taken from it are texts of
bounded length in known places; the Markdown is then made here, by trusted code, which keeps
them inside code blocks.
"""

from __future__ import annotations

import json
from typing import Any, get_args

from hubctl.console.errors import Problem
from hubctl.review.diff import ReleaseDiff, StackDiff, State

LARGEST = 16_000_000
"""Bytes of a file that is looked at."""
_STACKS = 5000
_PARTS = 20
_NOTES = 40
_LINE = 1000


def read(raw: bytes) -> list[StackDiff]:
    """What `hubctl diff --json` printed; raises Problem when it is something else."""
    if len(raw) > LARGEST:
        raise Problem(f"the difference has {len(raw)} bytes; at most {LARGEST} are looked at.")
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise Problem("the difference is no JSON.") from None
    if not isinstance(found, list) or len(found) > _STACKS:
        raise Problem(f"the difference is no list of at most {_STACKS} stacks.")
    return [_stack(one) for one in found]


def _stack(one: Any) -> StackDiff:
    if not isinstance(one, dict) or one.get("state") not in get_args(State):
        raise Problem("the difference has a stack without a known state.")
    return StackDiff(
        name=_text(one.get("stack"), 100),
        state=one["state"],
        parts=tuple(
            ReleaseDiff(name=_text(p.get("name"), 100), text=_lines(p.get("diff")))
            for p in _list(one.get("releases"), _PARTS)
            if isinstance(p, dict)
        ),
        notes=tuple(_text(note, _LINE) for note in _list(one.get("notes"), _NOTES)),
    )


def _list(value: Any, most: int) -> list[Any]:
    return value[:most] if isinstance(value, list) else []


def _text(value: Any, most: int) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(c if c.isprintable() else " " for c in text[:most])


def _lines(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(f"{_text(line, _LINE)}\n" for line in text.splitlines())
