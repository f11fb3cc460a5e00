"""Provider plugins for the lab's engine: the official ones where that is right, else stand-ins.

`LAB_PLUGINS` chooses: `auto` (official when installed or downloadable), `official`, `standin`.
The cloud providers are stand-ins in every mode: an official one would talk to a real account.
See docs/decisions/lab-plugins.md.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab.errors import LabError
from lab.paths import cache_dir
from lab.progress import Progress
from lab.reach import reachable
from lab.standins.__main__ import NAMES, sdk_version
from lab.standins.install import install, plugin_dir

Mode = Literal["auto", "official", "standin"]
Kind = Literal["official", "stand-in"]
PUBLISHER = "get.pulumi.com"
OFFICIAL = ("kubernetes", "random")
"""Those that may be official: they reach the lab's cluster, or nothing."""

_DOWNLOAD_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class Plugins:
    """Which kind each provider's plugin is."""

    kinds: Mapping[str, Kind]

    def __str__(self) -> str:
        return ", ".join(f"{name} ({kind})" for name, kind in self.kinds.items())


def mode() -> Mode:
    """The choice of `$LAB_PLUGINS`."""
    value = os.environ.get("LAB_PLUGINS") or "auto"
    if value not in ("auto", "official", "standin"):
        raise LabError(f"LAB_PLUGINS is {value!r}; it must be auto, official or standin.")
    return value  # type: ignore[return-value]


def prepare(pulumi_home: Path, engine: Path, progress: Progress) -> Plugins:
    """Fill `pulumi_home/plugins`; raises LabError when `official` is asked and cannot be had."""
    chosen, kinds = mode(), dict[str, Kind]()
    for name in NAMES:
        version = sdk_version(name)
        target = plugin_dir(pulumi_home, name, version)
        official = None
        if name in OFFICIAL and chosen != "standin":
            official = _installed(name, version) or _downloaded(name, version, engine, progress)
            if official is None and chosen == "official":
                raise LabError(
                    f"LAB_PLUGINS=official, but the plugin {name} v{version} is not installed and "
                    "cannot be downloaded; run `pulumi plugin install resource "
                    f"{name} v{version}` where that works, or leave LAB_PLUGINS out."
                )
        _clear(target)
        if official is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(official)
            kinds[name] = "official"
        else:
            install(pulumi_home, Path(sys.executable), [name])
            kinds[name] = "stand-in"
    return Plugins(kinds=kinds)


def _clear(target: Path) -> None:
    if target.is_symlink():
        target.unlink()
    elif target.is_dir():
        shutil.rmtree(target)


def _installed(name: str, version: str) -> Path | None:
    """A folder with the official plugin: the user's own, or one that the lab downloaded."""
    own = os.environ.get("PULUMI_HOME") or "~/.pulumi"
    for home in (Path(own).expanduser(), cache_dir() / "pulumi"):
        folder = plugin_dir(home, name, version)
        if os.access(folder / f"pulumi-resource-{name}", os.X_OK):
            return folder.resolve()
    return None


def _downloaded(name: str, version: str, engine: Path, progress: Progress) -> Path | None:
    if not reachable(PUBLISHER):
        return None
    home = cache_dir() / "pulumi"
    with progress.task(f"downloading the plugin {name} {version}"):
        done = subprocess.run(
            [str(engine), "plugin", "install", "resource", name, f"v{version}"],
            env={**os.environ, "PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true"},
            capture_output=True,
            text=True,
            timeout=_DOWNLOAD_SECONDS,
            check=False,
        )
    if done.returncode != 0:
        progress.note(f"  {name} was not downloaded: {done.stderr.strip().splitlines()[-1:]}")
    return _installed(name, version)
