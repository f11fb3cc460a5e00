"""Provider plugins for the lab's engine: the official ones where that is right, else stand-ins.

`LAB_PLUGINS` chooses: `auto` (official when installed or downloadable), `official`, `standin`.
The cloud providers are stand-ins in every mode: an official one would talk to a real account.
See docs/decisions/lab-plugins.md.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab.engine.official_plugins import (
    OVERRIDES,
    PublisherUnreachable,
    Unavailable,
    download,
    installed,
)
from lab.engine.plugin_folder import clear_for_standin, link
from lab.errors import LabError
from lab.progress import Progress
from lab.providers.__main__ import NAMES, sdk_version
from lab.providers.install import install, plugin_dir
from lab.waiting import only_one

Mode = Literal["auto", "official", "standin"]
Kind = Literal["official", "stand-in"]
OFFICIAL = ("kubernetes", "random")
"""Those that may be official: they reach the lab's cluster, or nothing."""


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
    with only_one(pulumi_home / ".plugins.lock", progress):
        for name in NAMES:
            version = sdk_version(name)
            target = plugin_dir(pulumi_home, name, version)
            official = None
            if name in OFFICIAL and chosen != "standin":
                official = installed(name, version, besides=pulumi_home)
                official = official or _downloaded(name, version, engine, progress, chosen)
            if official is not None:
                link(official, target)
                kinds[name] = "official"
            else:
                clear_for_standin(target)
                install(pulumi_home, Path(sys.executable), [name])
                kinds[name] = "stand-in"
    return Plugins(kinds=kinds)


def _downloaded(
    name: str, version: str, engine: Path, progress: Progress, chosen: Mode
) -> Path | None:
    try:
        return download(name, version, engine, progress)
    except Unavailable as why:
        if chosen == "official":
            raise LabError(
                f"LAB_PLUGINS=official, but the plugin {name} v{version} is not installed and "
                f"cannot be downloaded ({why}). Run `pulumi plugin install resource {name} "
                f"v{version}` where that works, set {OVERRIDES} to a mirror that this machine "
                "reaches, or leave LAB_PLUGINS out."
            ) from why
        if not isinstance(why, PublisherUnreachable):
            progress.note(
                f"  the official plugin {name} {version} was not downloaded ({why}); "
                "a stand-in takes its place"
            )
        return None
