"""Structural difference of two property maps, by path, as the engine wants it.

A path is a tuple of keys and positions; its text form is the engine's property path
(``values.hub.db``, ``spec["a.b"]``, ``rules[0]``). A null and an absent key differ only
below a key named in ``nulls_matter`` (Helm values: null there means "remove the default").
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from lab.providers.sdk.property_values import SecretValue, same

Path = tuple[str | int, ...]


class Kind(Enum):
    """What happened at one path; values are the protocol's, without replacement."""

    ADD = 0
    DELETE = 2
    UPDATE = 4


@dataclass(frozen=True, kw_only=True)
class DiffResult:
    """What changes: per path, and which paths force a replacement. ``of_state``: the old values
    are those of the state, which after a refresh are not those of the last inputs."""

    changes: bool
    replaces: list[str] = field(default_factory=list)
    detailed: dict[str, Kind] = field(default_factory=dict)
    delete_before_replace: bool = False
    of_state: bool = False


_TOKEN = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.\[\]]+)')
_BARE = re.compile(r"[^.\[\]\"]+")


def format_path(path: Path) -> str:
    """The engine's text form of a path."""
    out = ""
    for part in path:
        if isinstance(part, int):
            out += f"[{part}]"
        elif _BARE.fullmatch(part):
            out += f".{part}" if out else part
        else:
            escaped = part.replace("\\", "\\\\").replace('"', '\\"')
            out += f'["{escaped}"]'
    return out


def parse_path(text: str) -> Path:
    """A path from its text form; ``[*]`` and ``*`` become the key ``*``."""
    out: list[str | int] = []
    for quoted, position, bare in _TOKEN.findall(text):
        if bare:
            out.append(bare)
        elif position:
            out.append(position if position == "*" else int(position))
        else:
            out.append(re.sub(r"\\(.)", r"\1", quoted))
    return tuple(out)


def covers(prefix: Path, path: Path) -> bool:
    """Whether ``path`` is at or below ``prefix`` (``*`` in the prefix matches any step)."""
    return len(prefix) <= len(path) and all(
        p in ("*", q) for p, q in zip(prefix, path, strict=False)
    )


def walk(
    old: Any, new: Any, path: Path, nulls_matter: Collection[str]
) -> Iterator[tuple[Path, Kind]]:
    """Every path at which ``new`` differs from ``old``."""
    old = old.value if isinstance(old, SecretValue) else old
    new = new.value if isinstance(new, SecretValue) else new
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            below = (*path, key)
            strict = any(part in nulls_matter for part in below[:-1])
            in_old = key in old and (strict or old[key] is not None)
            in_new = key in new and (strict or new[key] is not None)
            if in_old and in_new:
                yield from walk(old[key], new[key], below, nulls_matter)
            elif in_old:
                yield below, Kind.DELETE
            elif in_new:
                yield below, Kind.ADD
    elif isinstance(old, list) and isinstance(new, list):
        for position in range(max(len(old), len(new))):
            below = (*path, position)
            if position >= len(new):
                yield below, Kind.DELETE
            elif position >= len(old):
                yield below, Kind.ADD
            else:
                yield from walk(old[position], new[position], below, nulls_matter)
    elif not same(old, new):
        yield path, Kind.UPDATE


def diff_props(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    replace_on: Iterable[str] = (),
    ignore: Iterable[str] = (),
    nulls_matter: Collection[str] = (),
    delete_before_replace: bool = False,
) -> DiffResult:
    """Difference of two property maps.

    ``replace_on`` and ``ignore`` are paths in text form and cover all below them.
    """
    ignored = [parse_path(text) for text in ignore]
    forced = [parse_path(text) for text in replace_on]
    detailed: dict[str, Kind] = {}
    replaces: list[str] = []
    for path, kind in walk(dict(old), dict(new), (), nulls_matter):
        if any(covers(prefix, path) for prefix in ignored):
            continue
        detailed[format_path(path)] = kind
        if any(covers(prefix, path) or covers(path, prefix) for prefix in forced):
            replaces.append(format_path(path))
    return DiffResult(
        changes=bool(detailed),
        replaces=replaces,
        detailed=detailed,
        delete_before_replace=delete_before_replace and bool(replaces),
    )
