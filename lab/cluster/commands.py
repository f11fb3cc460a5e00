"""The processes of a control plane: the exact command of each, from `commands.yaml`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

import yaml

from lab.cluster.kwok_stages import pod_cidr
from lab.paths import RunDir

PORTS = ("etcd", "etcd-peer", "apiserver", "kwok")


@dataclass(frozen=True, kw_only=True)
class ProcessCommand:
    """One process. `name` is also the name of its log."""

    name: str
    argv: tuple[str, ...]


def kubeconfig_of(run: RunDir, identity: str) -> Path:
    return run.pki / f"{identity}.kubeconfig"


def kwok_config_of(run: RunDir) -> Path:
    return run.root / "kwok.yaml"


def parts(
    run: RunDir, tools: Mapping[str, Path], ports: Mapping[str, int]
) -> dict[str, ProcessCommand]:
    """The commands by name, in the order of their start."""
    words = {
        "RUN": run.root,
        "PKI": run.pki,
        "ETCD": f"https://127.0.0.1:{ports['etcd']}",
        "ETCD_PEER": f"https://127.0.0.1:{ports['etcd-peer']}",
        "APISERVER_PORT": ports["apiserver"],
        "KWOK_PORT": ports["kwok"],
        "POD_CIDR": pod_cidr(ports["kwok"]),
    }
    file = Path(__file__).with_suffix(".yaml")
    argvs = {
        name: (
            str(tools[name]),
            *(f"--{flag}={Template(value).substitute(words)}" for flag, value in flags.items()),
        )
        for name, flags in yaml.safe_load(file.read_text(encoding="utf-8")).items()
    }
    loop = (sys.executable, "-m", "lab.cluster.controllers.loop")
    argvs["standins"] = (*loop, str(kubeconfig_of(run, "standins")))
    return {name: ProcessCommand(name=name, argv=argv) for name, argv in argvs.items()}
