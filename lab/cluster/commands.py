"""The processes of a control plane: the exact command of each, in the order of their start."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from lab.cluster.certificates import Pki
from lab.cluster.kwok_stages import LEASE_SECONDS, pod_cidr
from lab.paths import RunDir

Flags: TypeAlias = Mapping[str, str | Path]

# Loopback too, so that nothing that takes a Service's address seriously leaves the machine.
SERVICE_CIDR = "127.30.0.0/16"
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


def etcd(
    run: RunDir, tools: Mapping[str, Path], pki: Pki, ports: Mapping[str, int]
) -> ProcessCommand:
    """Unlike a lab's etcd elsewhere it asks for certificates: it holds a hub's Secrets, and
    loopback is open to every user of the machine."""
    client, peer = (f"https://127.0.0.1:{ports[name]}" for name in ("etcd", "etcd-peer"))
    flags: Flags = {
        "name": "lab",
        "data-dir": run.etcd,
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"lab={peer}",
        "cert-file": pki.cert("etcd"),
        "key-file": pki.key("etcd"),
        "trusted-ca-file": pki.ca,
        "client-cert-auth": "true",
        "peer-cert-file": pki.cert("etcd"),
        "peer-key-file": pki.key("etcd"),
        "peer-trusted-ca-file": pki.ca,
        "peer-client-cert-auth": "true",
        # A lab may lose its last second in a power cut; it need not wait for the disk.
        "unsafe-no-fsync": "true",
        "log-level": "warn",
    }
    return _part("etcd", tools["etcd"], flags)


def apiserver(
    run: RunDir, tools: Mapping[str, Path], pki: Pki, ports: Mapping[str, int]
) -> ProcessCommand:
    flags: Flags = {
        "etcd-servers": f"https://127.0.0.1:{ports['etcd']}",
        "etcd-cafile": pki.ca,
        "etcd-certfile": pki.cert("etcd-client"),
        "etcd-keyfile": pki.key("etcd-client"),
        "bind-address": "127.0.0.1",
        "advertise-address": "127.0.0.1",
        "secure-port": str(ports["apiserver"]),
        "tls-cert-file": pki.cert("apiserver"),
        "tls-private-key-file": pki.key("apiserver"),
        "client-ca-file": pki.ca,
        "token-auth-file": pki.token_file,
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": pki.key("service-account"),
        "service-account-signing-key-file": pki.key("service-account"),
        "service-cluster-ip-range": SERVICE_CIDR,
        "authorization-mode": "RBAC",
        "allow-privileged": "true",  # The docker-api pods of a Binder hub are privileged.
        "endpoint-reconciler-type": "none",
        "kubelet-preferred-address-types": "InternalIP",
        "kubelet-certificate-authority": pki.ca,
        "kubelet-client-certificate": pki.cert("admin"),
        "kubelet-client-key": pki.key("admin"),
    }
    return _part("kube-apiserver", tools["kube-apiserver"], flags)


def controller_manager(run: RunDir, tools: Mapping[str, Path], pki: Pki) -> ProcessCommand:
    flags: Flags = {
        "kubeconfig": kubeconfig_of(run, "controller-manager"),
        "controllers": "*,-node-ipam-controller",
        "service-account-private-key-file": pki.key("service-account"),
        "root-ca-file": pki.ca,
        "use-service-account-credentials": "true",
        # With its default of 20 requests a second it takes 5 s to start its own controllers.
        "kube-api-qps": "500",
        "kube-api-burst": "1000",
        "leader-elect": "false",
        "secure-port": "0",
    }
    return _part("kube-controller-manager", tools["kube-controller-manager"], flags)


def scheduler(run: RunDir, tools: Mapping[str, Path]) -> ProcessCommand:
    flags: Flags = {
        "kubeconfig": kubeconfig_of(run, "scheduler"),
        "leader-elect": "false",
        "secure-port": "0",
    }
    return _part("kube-scheduler", tools["kube-scheduler"], flags)


def kwok(
    run: RunDir, tools: Mapping[str, Path], pki: Pki, ports: Mapping[str, int]
) -> ProcessCommand:
    address = f"127.0.0.1:{ports['kwok']}"
    flags: Flags = {
        "kubeconfig": kubeconfig_of(run, "nodes"),
        "config": kwok_config_of(run),
        "manage-all-nodes": "true",
        "node-lease-duration-seconds": str(LEASE_SECONDS),
        "cidr": pod_cidr(ports["kwok"]),
        "node-ip": "127.0.0.1",
        "node-port": str(ports["kwok"]),
        "server-address": address,
        "tls-cert-file": pki.cert("kubelet"),
        "tls-private-key-file": pki.key("kubelet"),
    }
    return _part("kwok", tools["kwok"], flags)


def standins(run: RunDir) -> ProcessCommand:
    kubeconfig = str(kubeconfig_of(run, "standins"))
    return ProcessCommand(
        name="standins", argv=(sys.executable, "-m", "lab.cluster.controllers.loop", kubeconfig)
    )


def _part(name: str, binary: Path, flags: Flags) -> ProcessCommand:
    return ProcessCommand(
        name=name, argv=(str(binary), *(f"--{flag}={flags[flag]}" for flag in flags))
    )
