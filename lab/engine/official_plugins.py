"""Where official provider plugins come from: the user's own, the lab's cache, or their publisher.

The engine's own installer downloads them, so a mirror named in
`PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES` is used as in the user's other projects.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from lab.engine.plugin_folder import is_official
from lab.install.reachable import reachable
from lab.paths import cache_dir
from lab.progress import Progress
from lab.providers.install import plugin_dir
from lab.waiting import only_one

PUBLISHER = "get.pulumi.com"
OVERRIDES = "PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES"

_DOWNLOAD_SECONDS = 600


class Unavailable(Exception):
    """No such plugin can be installed; the message says why in half a sentence."""


class PublisherUnreachable(Unavailable):
    """Its publisher does not answer, which on many machines is as it should be."""


def installed(name: str, version: str, *, besides: Path) -> Path | None:
    """The folder of a whole plugin in a PULUMI_HOME other than `besides`."""
    own = os.environ.get("PULUMI_HOME") or "~/.pulumi"
    for home in (Path(own).expanduser(), _cache()):
        folder = plugin_dir(home, name, version)
        if home.resolve() != besides.resolve() and is_official(folder):
            return folder
    return None


def download(name: str, version: str, engine: Path, progress: Progress) -> Path:
    """Install the plugin into the lab's cache. Raises Unavailable."""
    if not _mirrored(name) and not reachable(PUBLISHER):
        raise PublisherUnreachable(f"{PUBLISHER} does not answer")
    home = _cache()
    folder = plugin_dir(home, name, version)
    try:
        with only_one(home / ".lock", progress):
            if is_official(folder):  # Another run was faster.
                return folder
            with progress.task(f"downloading the plugin {name} {version}"):
                _install(name, version, engine, home)
    except OSError as error:
        raise Unavailable(f"{home} cannot be written: {error.strerror}") from error
    if not is_official(folder):
        raise Unavailable(f"what was downloaded holds no program pulumi-resource-{name}")
    return folder


def _cache() -> Path:
    return cache_dir() / "pulumi"


def _mirrored(name: str) -> bool:
    """Whether one of the user's overrides fits an address that the engine would ask."""
    asked = (
        f"github://api.github.com/pulumi/pulumi-{name}",
        f"https://{PUBLISHER}/releases/plugins",
    )
    patterns = [pair.partition("=")[0] for pair in os.environ.get(OVERRIDES, "").split(",")]
    try:
        return any(re.search(pattern, url) for pattern in patterns if pattern for url in asked)
    except re.error:
        return True  # Go reads it differently, or the engine will say what is wrong with it.


def _install(name: str, version: str, engine: Path, home: Path) -> None:
    # Reinstall: what lies there is not whole, which the engine does not always see.
    command = [str(engine), "plugin", "install", "resource", name, f"v{version}", "--reinstall"]
    quiet = {"PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_DISABLE_REGISTRY_RESOLVE": "true"}
    try:
        done = subprocess.run(
            [*command, "--non-interactive", "--color=never"],
            cwd=home,  # A Pulumi.yaml of the user's must not choose another plugin.
            env={**os.environ, **quiet, "PULUMI_HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=_DOWNLOAD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"it took longer than {_DOWNLOAD_SECONDS // 60} minutes") from error
    if done.returncode != 0:
        raise Unavailable(_reason(done.stderr + done.stdout))


def _reason(said: str) -> str:
    """The engine's own words for what went wrong."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("error:", "panic:"))] or lines[-1:]
    return told[0].partition(": ")[2] if told and ": " in told[0] else "".join(told[:1])
