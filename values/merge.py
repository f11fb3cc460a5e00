"""Merge values as Helm does: maps merge, everything else is replaced, null removes a default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """A fresh dict: `base` with `over` on top. A null stays: it drops the chart's default."""
    out = {k: _copy(v) for k, v in base.items()}
    for key, value in over.items():
        below = out.get(key)
        if isinstance(below, dict) and isinstance(value, Mapping):
            out[key] = merge(below, value)
        else:
            out[key] = _copy(value)
    return out


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _copy(v) for k, v in value.items()}
    return [_copy(v) for v in value] if isinstance(value, list) else value


def leaves(values: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted path, leaf) of every scalar, empty map and empty list."""
    if isinstance(values, Mapping) and values:
        for key, value in values.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    elif isinstance(values, list) and values:
        for i, value in enumerate(values):
            yield from leaves(value, f"{path}[{i}]")
    else:
        yield path, values
