"""What hubctl asks of a cluster, asked of a real API server with the real helm (the lab's)."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from hubctl.commands import adopt
from hubctl.console.subprocesses import run
from hubctl.live.doctor import cluster
from hubctl.live.doctor.edges import Edges
from hubctl.stackfile import find
from lab.cluster.client import Kube
from lab.cluster.control_plane import ControlPlane
from tests.hubctl.conftest import CHECKOUT, OPEN_HUB, Hubctl
from tests.values.hubs import with_secrets
from values.releases import releases
from values.render import to_yaml

pytestmark = pytest.mark.lab
CHARTS = CHECKOUT / "lab" / "charts"
REAL = "real-secret-of-"


@pytest.fixture
def name(kube: Kube, control_plane: ControlPlane, lab_tools: dict[str, Path],
         monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # fmt: skip
    """A hub's name whose namespace is there; helm is on the PATH."""
    name = f"h-{uuid.uuid4().hex[:8]}"
    monkeypatch.setenv("PATH", f"{lab_tools['helm'].parent}{os.pathsep}{os.environ['PATH']}")
    kube.request("POST", "/api/v1/namespaces", body={"metadata": {"name": name}})
    yield name
    kube.request("DELETE", f"/api/v1/namespaces/{name}")


@pytest.fixture
def hub_file(name: str, stack: Callable[..., Path], control_plane: ControlPlane) -> Path:
    text = OPEN_HUB.replace(
        "provider: kubernetes, name: lab",
        f"provider: kubernetes, name: lab, kubeconfig: {control_plane.kubeconfig}",
    )
    return stack(name, text + "  binderhub:database: {kind: memory}\n")


def helm_words(path: Path, release: str, folder: Path, control_plane: ControlPlane) -> list[str]:
    stack, hub = find.usable(path)
    plan = next(p for p in releases(hub, stack.secrets_set) if p.name == release)
    values = folder / f"{release}.yaml"
    values.write_text(to_yaml(with_secrets(plan.values, lambda secret: f"{REAL}{secret.name}")))
    return ["helm", "install", release, str(CHARTS / plan.chart), "--namespace", hub.ns,
            "--values", str(values), "--kubeconfig", str(control_plane.kubeconfig)]  # fmt: skip


def test_what_is_deployed_is_compared_without_a_secret(
    hubctl: Hubctl, hub_file: Path, name: str, tmp_path: Path, control_plane: ControlPlane
) -> None:
    for release in ("jupyterhub", "binderhub-service"):
        done = run(helm_words(hub_file, release, tmp_path, control_plane), timeout=120)
        assert done.ok, done.err
    same = hubctl("diff", name, "--deployed", "--exit-code", "--json")
    [told] = json.loads(same.out)
    changed = "".join(r["diff"] for r in told["releases"])
    # The stand-in charts have a version of their own; nothing else may differ.
    lines = [x for x in changed.splitlines() if x[:1] in "+-" and x[:3] not in ("+++", "---")]
    assert all(x[1:].startswith("# ") for x in lines), changed
    hub_file.write_text(hub_file.read_text() + "  binderhub:user: {memory: {limit: 3G}}\n")
    result = hubctl("diff", name, "--deployed", "--manifests", "--charts", str(CHARTS))
    assert "+    limit: 3G" in result.out
    assert REAL not in same.out + result.out + result.err


def test_adopt_finds_what_exists_and_what_does_not(
    hub_file: Path, name: str, tmp_path: Path, control_plane: ControlPlane,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not on this machine")
    assert run(helm_words(hub_file, "jupyterhub", tmp_path, control_plane), timeout=120).ok
    options = argparse.Namespace(stack=name, only=None, offline=False, write=True, json=True)
    assert adopt.run(options) == 0
    states = {e["key"]: e["state"] for e in json.loads(capsys.readouterr().out)}
    assert states == {
        "namespace": "exists", "releases.jupyterhub": "exists", "releases.binderhub-service": "absent",
    }  # fmt: skip
    written = yaml.safe_load(hub_file.read_text())["config"]["binderhub:adopt"]
    assert written == {"namespace": name, "releases": {"jupyterhub": f"{name}/jupyterhub"}}


def test_doctor_sees_the_cluster_as_it_is(hub_file: Path, name: str, kube: Kube) -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not on this machine")
    _, hub = find.usable(hub_file)
    world = Edges()
    assert [c.state for c in cluster.access(hub, world)] == ["ok"]
    classes, issuer = cluster.ingress(hub, world)
    assert "BH013" in classes.detail
    assert "cert-manager" in issuer.fix
    assert [c.state for c in cluster.core_nodes(hub, world)] == ["ok"]
    assert [c.detail for c in cluster.stuck(hub, world)] == ["none installed yet"]
    body = {"metadata": {"name": f"nginx-{name}"}, "spec": {"controller": "example.org/none"}}
    kube.request("POST", "/apis/networking.k8s.io/v1/ingressclasses", body=body)
    try:
        assert f"nginx-{name}" in next(cluster.ingress(hub, world)).detail
    finally:
        kube.request("DELETE", f"/apis/networking.k8s.io/v1/ingressclasses/nginx-{name}")


def test_a_killed_helm_is_found_and_the_command_named_frees_it(
    hub_file: Path, tmp_path: Path, control_plane: ControlPlane
) -> None:
    text = hub_file.read_text().replace(
        "ingress:", "coreNodes: {selector: {nowhere: such-node}}, ingress:"
    )
    hub_file.write_text(text)
    words = [*helm_words(hub_file, "jupyterhub", tmp_path, control_plane), "--wait"]
    _, hub = find.usable(hub_file)
    helm = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not any(c.state == "error" for c in cluster.stuck(hub, Edges())):
            assert helm.poll() is None and time.monotonic() < deadline, "helm did not wait"
            time.sleep(0.3)
    finally:
        helm.send_signal(signal.SIGKILL)
        helm.wait()
    [check] = cluster.stuck(hub, Edges())
    assert check.detail == "jupyterhub is stuck: pending-install"
    command = check.fix.partition(": ")[2].split()
    assert run(command, timeout=60).ok
    assert [c.state for c in cluster.stuck(hub, Edges())] == ["ok"]
