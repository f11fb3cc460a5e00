"""The engine and its Python host in one folder.

The engine takes a language host beside itself as its own; one elsewhere on PATH it warns about
at every command. Downloads come that way; what was built separately is linked together here.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from lab.paths import cache_dir

_HOST = "pulumi-language-python"
_FILES = (_HOST, f"{_HOST}-exec")


def in_one_folder(tools: dict[str, Path]) -> dict[str, Path]:
    """`tools` with `pulumi` and its host in one folder; other tools as they are.

    An engine that is a script stays where it is: it starts the real one, wherever that lies."""
    engine, host = tools["pulumi"].resolve(), tools[_HOST].resolve()
    if engine.parent == host.parent or _is_script(engine):
        return tools
    folder = cache_dir() / "engine" / f"{engine.parent.name}-{host.parent.name}"
    folder.mkdir(parents=True, exist_ok=True)
    _link(engine, folder / "pulumi")
    for name in _FILES:
        _link(host.parent / name, folder / name)
    return {**tools, "pulumi": folder / "pulumi", _HOST: folder / _HOST}


def _is_script(program: Path) -> bool:
    with program.open("rb") as file:
        return file.read(2) == b"#!"


def _link(source: Path, target: Path) -> None:
    if target.exists() and (target.samefile(source) or _copied(source, target)):
        return
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    try:
        os.link(source, fresh)
    except OSError:
        shutil.copy2(source, fresh)
    fresh.replace(target)


def _copied(source: Path, target: Path) -> bool:
    one, other = source.stat(), target.stat()
    return (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)


def own_plugins_only(tools: Mapping[str, Path]) -> dict[str, str]:
    """The variable by which the engine takes no plugin from PATH: one for a cloud would act on a
    real account. It needs the Python host beside the engine, where `in_one_folder` has it."""
    beside = tools["pulumi"].resolve().parent == tools[_HOST].resolve().parent
    return {"PULUMI_IGNORE_AMBIENT_PLUGINS": "true"} if beside else {}
