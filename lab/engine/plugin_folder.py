"""The folder of one provider plugin, as the engine wants it.

The engine takes a plugin only from a real folder, so an official plugin that lies elsewhere gets
a folder of links, and one with `<folder>.partial` beside it is not whole. Read in Pulumi 3.259,
sdk/go/common/workspace/plugins.go (tryPlugin, HasPlugin).
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lab.providers.install import is_standin


def executable(folder: Path) -> Path:
    """The program of `resource-<name>-v<version>`."""
    return folder / f"pulumi-{folder.name.rpartition('-v')[0]}"


def is_official(folder: Path) -> bool:
    """Whether the engine's own installer laid a plugin here, and finished."""
    program = executable(folder)
    whole = os.access(program, os.X_OK) and not _partial(folder).exists()
    return whole and not is_standin(program)


def link(official: Path, folder: Path) -> None:
    """Make `folder` a real one in which everything of `official` is linked. One that is so already
    is not touched: an engine may be using it."""
    wanted = {entry.name: entry for entry in official.resolve().iterdir()}
    _partial(folder).unlink(missing_ok=True)
    if _links(folder) == wanted:
        return
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name, entry in wanted.items():
        (fresh / name).symlink_to(entry)
    _remove(folder)
    fresh.rename(folder)


def clear_for_standin(folder: Path) -> None:
    """Take out whatever is not a stand-in. A link to somebody's own folder, as older labs made it,
    goes without what it points at."""
    if folder.is_symlink() or not is_standin(executable(folder)):
        _remove(folder)


def _links(folder: Path) -> dict[str, Path] | None:
    if folder.is_symlink() or not folder.is_dir():
        return None
    return {e.name: e.readlink() if e.is_symlink() else e for e in folder.iterdir()}


def _partial(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.partial")


def _remove(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
    elif folder.is_dir():
        shutil.rmtree(folder)
