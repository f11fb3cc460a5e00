"""The engine's state in a file backend, and a copy of it as the last good command left it.

On a full disk the engine leaves both the state file and its `.bak` cut off (seen with 3.259: it
copies and truncates in place), and then refuses every command. The lab puts its copy back.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

PROJECT = "binderhub"


def state_of(backend: Path, stack: str) -> Path:
    """Where the backend has the state of a stack of this project."""
    return backend / ".pulumi" / "stacks" / PROJECT / f"{stack}.json"


def keep(backend: Path, stack: str, folder: Path) -> None:
    """Copy the state, if it is whole, to `folder`; the copy is replaced in one step."""
    source = state_of(backend, stack)
    if not _is_whole(source):
        return
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{stack}.json"
    shutil.copy2(source, fresh)
    fresh.replace(folder / f"{stack}.json")


def repair(backend: Path, stack: str, folder: Path) -> bool:
    """Put the kept copy back if the state is cut off; whether that was needed and done."""
    target, kept = state_of(backend, stack), folder / f"{stack}.json"
    if not target.is_file() or _is_whole(target) or not kept.is_file():
        return False
    shutil.copy2(kept, target)
    return True


def _is_whole(file: Path) -> bool:
    try:
        json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True
