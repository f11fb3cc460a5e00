"""What a cloud stand-in has created, kept in one JSON file between engine commands.

A record is found by type token and id and holds plain inputs and outputs. The file is
readable by its owner only; handlers keep private keys out of it all the same. Writes are
atomic and serialised by a lock file, so that two plugin processes cannot lose records.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Record = dict[str, Any]
"""``{"inputs": {...}, "outputs": {...}}``."""

_DRAINED = "__drained"


class Records:
    """The file of one provider. ``path`` need not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, type: str, id: str) -> Record | None:
        """The record, None when there is none."""
        found = self._load().get(type, {}).get(id)
        return found if isinstance(found, dict) else None

    def ids(self, type: str) -> list[str]:
        """Ids of every record of one type, sorted."""
        return sorted(self._load().get(type, {}))

    def put(self, type: str, id: str, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        """Write or overwrite one record."""
        with self._changing() as everything:
            everything.setdefault(type, {})[id] = {"inputs": inputs, "outputs": outputs}

    def remove(self, type: str, id: str) -> None:
        """Forget one record; unknown ones are no error."""
        with self._changing() as everything:
            everything.get(type, {}).pop(id, None)

    def everything(self) -> dict[str, list[str]]:
        """Ids by type of all that exists, for a test that nothing is left."""
        loaded = self._load()
        return {t: sorted(loaded[t]) for t in loaded if loaded[t] and t != _DRAINED}

    def drained(self, id: str, why: str) -> None:
        """Note that a change of this pool took nodes away under what ran on them."""
        with self._changing() as everything:
            everything.setdefault(_DRAINED, {}).setdefault(id, []).append(why)

    def drains(self) -> dict[str, list[str]]:
        """What took nodes away so far, by the pool's id; for tests that nothing did."""
        return dict(self._load().get(_DRAINED, {}))

    def _load(self) -> dict[str, dict[str, Any]]:
        try:
            text = self.path.read_text()
        except FileNotFoundError:
            return {}
        loaded: dict[str, dict[str, Any]] = json.loads(text)
        return loaded

    @contextmanager
    def _changing(self) -> Iterator[dict[str, dict[str, Any]]]:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(self.path.with_name(self.path.name + ".lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            everything = self._load()
            yield everything
            fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
            fresh.touch(mode=0o600)
            fresh.write_text(json.dumps(everything, indent=1, sort_keys=True))
            fresh.replace(self.path)
        finally:
            os.close(lock)
