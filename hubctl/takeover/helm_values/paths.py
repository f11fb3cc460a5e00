"""Look into nested values by dotted path. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from values.merge import merge


def get(values: Any, path: str) -> Any:
    """The value at a path, or None. A key with dots is one step when it is written in quotes."""
    for step in path.split("."):
        if not isinstance(values, Mapping):
            return None
        values = values.get(step)
    return values


def mapping(values: Any, path: str) -> Mapping[str, Any]:
    """The map at a path; an empty one when something else is there."""
    found = get(values, path)
    return found if isinstance(found, Mapping) else {}


def listing(values: Any, path: str) -> list[Any]:
    """The list at a path; an empty one when something else is there."""
    found = get(values, path)
    return found if isinstance(found, list) else []


def first(values: Any, *paths: str) -> Any:
    """The first that is set."""
    return next((v for p in paths if (v := get(values, p)) is not None), None)


def items(values: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(steps, leaf) of every leaf; a list is one leaf, since Helm replaces it whole."""
    if isinstance(values, Mapping) and values:
        for key, value in values.items():
            yield from items(value, (*path, str(key)))
    else:
        yield path, values


def put(values: dict[str, Any], steps: tuple[str, ...], leaf: Any) -> dict[str, Any]:
    """A copy with one more leaf."""
    nested: Any = leaf
    for step in reversed(steps):
        nested = {step: nested}
    return merge(values, nested)


def at(values: Any, steps: tuple[str, ...]) -> tuple[bool, Any]:
    """(whether it is there, the value) by steps."""
    for step in steps:
        if not isinstance(values, Mapping) or step not in values:
            return False, None
        values = values[step]
    return True, values
