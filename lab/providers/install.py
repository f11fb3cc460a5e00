"""Put stand-in plugins where the engine looks for provider plugins.

The engine wants ``$PULUMI_HOME/plugins/resource-<name>-v<version>/pulumi-resource-<name>``
with exactly the version that the program's SDK package asks for. The executable written
here is a small shell script that runs ``python -m lab.providers <name>`` from this
checkout. An official plugin found in the same place is left alone.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from lab.providers.__main__ import NAMES, sdk_version

_MARK = "# stand-in plugin of the lab"
_CHECKOUT = Path(__file__).resolve().parents[2]


def script(python: Path, name: str) -> str:
    """Text of the executable for one stand-in."""
    return (
        f"#!/bin/sh\n{_MARK}, not the official pulumi-resource-{name}\n"
        f'PYTHONPATH={shlex.quote(str(_CHECKOUT))}"${{PYTHONPATH:+:$PYTHONPATH}}"\n'
        "export PYTHONPATH\n"
        f'exec {shlex.quote(str(python))} -m lab.providers {shlex.quote(name)} "$@"\n'
    )


def plugin_dir(pulumi_home: Path, name: str, version: str) -> Path:
    """Folder of one plugin in one version."""
    return pulumi_home / "plugins" / f"resource-{name}-v{version}"


def is_standin(executable: Path) -> bool:
    """Whether the plugin at this path was written by ``install``."""
    try:
        return _MARK.encode() in executable.read_bytes()[:400]
    except OSError:
        return False


def install(
    pulumi_home: Path,
    python: Path,
    names: Iterable[str] = NAMES,
    versions: Mapping[str, str] | None = None,
) -> dict[str, Path]:
    """Write the plugins and return the executable of each name.

    ``python`` must have the lab's packages. ``versions`` defaults to those of the
    installed SDK packages. Raises ValueError for a name that has no stand-in.
    """
    written: dict[str, Path] = {}
    for name in names:
        if name not in NAMES:
            raise ValueError(f"no stand-in plugin is called {name!r}; there are {NAMES}")
        version = (versions or {}).get(name) or sdk_version(name)
        target = plugin_dir(pulumi_home, name, version) / f"pulumi-resource-{name}"
        # `.partial` beside the folder means "download not finished": the engine skips those.
        target.parent.parent.joinpath(f"{target.parent.name}.partial").unlink(missing_ok=True)
        if not target.exists() or is_standin(target):
            _write(target, script(python, name))
        written[name] = target
    return written


def remove(pulumi_home: Path) -> list[Path]:
    """Take every stand-in plugin out again; official ones stay. Returns what was removed."""
    removed = []
    for executable in sorted(pulumi_home.glob("plugins/resource-*/pulumi-resource-*")):
        if is_standin(executable):
            executable.unlink()
            if not any(executable.parent.iterdir()):
                executable.parent.rmdir()
            removed.append(executable)
    return removed


def _write(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    fresh.write_text(text)
    fresh.chmod(0o755)
    fresh.replace(target)
