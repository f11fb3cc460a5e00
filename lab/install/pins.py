"""Every binary of the lab: its version and the three install methods, as `pins.yaml` has them.

{name} in that file is the tool's own; a download without a version has the tool's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from pydantic.dataclasses import dataclass

Version: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class PathCheck:
    """Which version on PATH is suitable: `minimum` <= version < `below`.

    `command` is asked (the binary itself unless named), with `args`; its first `x.y[.z]` is the
    version. `siblings` are files that must lie in the same folder.
    """

    args: tuple[str, ...]
    minimum: Version
    below: Version
    command: str | None = None
    siblings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Download:
    """An official release file.

    `url`, `checksum` and `members` may use {version}, {os} (linux, darwin) and {arch}.
    `systems` lists the os-arch pairs (Go's spelling) for which it is published. `checksum_kind`:
    `sums` is a text of "<sha256> [name]" lines; `github` is the release's description from
    GitHub's API, which holds each file's digest. `members` maps an installed file to its place
    in the archive; empty means that the download is the binary itself.
    """

    version: str
    url: str
    checksum: str
    checksum_kind: str = "sums"
    systems: tuple[str, ...] = ("linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64")
    arch_names: Mapping[str, str] = field(default_factory=dict)
    url_by_os: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class GoBuild:
    """How to build it: folder under `lab/install/go_modules`, package in it, linker flags.

    {version} and {kubernetes_minor} in the flags are filled in when it is built. `extra` maps an installed file to (Go module, path in that module) for what is not compiled.
    `minutes` is what a cold build took on two cores.
    """

    module: str
    package: str
    ldflags: str = ""
    extra: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    minutes: float = 1.0


@dataclass(frozen=True, kw_only=True)
class PinnedTool:
    """One binary. `files` are all files that make an installation whole, the binary first."""

    name: str
    version: str
    on_path: PathCheck
    build: GoBuild
    download: Download | None = None
    files: tuple[str, ...] = ()

    @property
    def all_files(self) -> tuple[str, ...]:
        return self.files or (self.name,)


_FILE: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))


def _pin(name: str, about: Mapping[str, Any]) -> PinnedTool:
    download, build = dict(about["download"]), dict(about["build"])
    download.setdefault("version", about["version"])
    for place, key in ((download, "url"), (download, "checksum"), (build, "package")):
        place[key] = place[key].replace("{name}", name)
    return PinnedTool(**{**about, "name": name, "download": download, "build": build})


PINS: Mapping[str, PinnedTool] = {name: _pin(name, one) for name, one in _FILE["tools"].items()}
GO_BIN: str = _FILE["go"]
KUBERNETES = PINS["kube-apiserver"].version

ENGINE = ("pulumi", "pulumi-language-python")
CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
CHECKER = "kube-score"
"""Judges rendered manifests in a rehearsal."""
EVERYTHING = (*ENGINE, *CONTROL_PLANE, "helm", CHECKER, "sops")


def show(version: Version) -> str:
    return ".".join(str(part) for part in version)
