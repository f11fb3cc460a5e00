"""The control plane for real: what a hub needs from a cluster, and that nothing is left of it."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from itertools import combinations
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from lab.cluster.client import Kube
from lab.cluster.control_plane import ControlPlane
from lab.cluster.kwok_stages import OUTCOME, SERVED, pod_cidr
from lab.cluster.nodes import CORE, SimNode, apply
from lab.errors import LabError
from lab.paths import CHECKOUT, RunDir, run_dir

pytestmark = pytest.mark.lab

USER_TAINT = {"key": "hub.jupyter.org_dedicated", "value": "user", "effect": "NoSchedule"}
USER = SimNode(
    name="user-0",
    labels={"hub.jupyter.org/node-purpose": "user"},
    taints=[USER_TAINT],
    cpu="3920m",
    memory="29085928Ki",
)


@pytest.fixture
def namespace(kube: Kube) -> Iterator[str]:
    name = f"t-{uuid.uuid4().hex[:8]}"
    kube.request("POST", "/api/v1/namespaces", body={"metadata": {"name": name}})
    yield name
    kube.request("DELETE", f"/api/v1/namespaces/{name}")


@pytest.fixture
def nodes(kube: Kube) -> Iterator[None]:
    apply(kube, [CORE, USER])
    yield
    apply(kube, [CORE])


def pod_spec(**more: Any) -> dict[str, Any]:
    return {"containers": [{"name": "main", "image": "example.org/image:1"}], **more}


def pod(name: str, outcome: str | None = None, **more: Any) -> dict[str, Any]:
    annotations = {OUTCOME: outcome} if outcome else {}
    return {"metadata": {"name": name, "annotations": annotations}, "spec": pod_spec(**more)}


def deployment(name: str, replicas: int = 1, **more: Any) -> dict[str, Any]:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod_spec(**more)},
        },
    }


def phase(kube: Kube, namespace: str, name: str) -> str:
    return next(view.phase for view in kube.pods(namespace) if view.name == name)


@pytest.mark.usefixtures("nodes")
def test_a_user_pod_never_lands_on_a_core_node_nor_off_loopback(kube: Kube, namespace: str) -> None:
    toleration = {"key": USER_TAINT["key"], "operator": "Equal", "value": "user"}
    body = deployment(
        "user",
        replicas=2,
        nodeSelector={"hub.jupyter.org/node-purpose": "user"},
        tolerations=[toleration],
    )
    body["spec"]["template"]["metadata"]["labels"]["component"] = SERVED
    kube.apply(f"/apis/apps/v1/namespaces/{namespace}/deployments/user", body)
    kube.wait_rollout("Deployment", namespace, "user")
    pods = kube.pods(namespace)
    assert [view.node for view in pods] == ["user-0", "user-0"]
    assert len({view.ip for view in pods}) == 2
    assert all(ip_address(view.ip or "") in ip_network("127.128.0.0/9") for view in pods)


def test_a_service_gets_endpoints_or_the_official_plugin_waits_for_them_ten_minutes(
    kube: Kube, namespace: str
) -> None:
    path = f"/api/v1/namespaces/{namespace}"
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80}], "type": "LoadBalancer"}
    kube.request("POST", f"{path}/services", body={"metadata": {"name": "web"}, "spec": spec})
    kube.apply(f"/apis/apps/v1/namespaces/{namespace}/deployments/web", deployment("web", 2))

    def addresses() -> set[str]:
        endpoints = kube.request("GET", f"{path}/endpoints/web")
        subsets = endpoints.get("subsets") or []
        return {entry["ip"] for subset in subsets for entry in subset.get("addresses") or []}

    kube.wait_rollout("Deployment", namespace, "web")
    wanted = {view.ip for view in kube.pods(namespace)}
    assert len(wanted) == 2
    kube.wait_for(lambda: addresses() == wanted, "endpoints of the Service")


def test_the_pods_of_two_labs_have_addresses_of_their_own_on_loopback() -> None:
    """Or the server of one lab answers at the pod of another."""
    ports = (1024, 16383, 32768, 40000, 40001, 49000)
    networks = [ip_network(pod_cidr(port)) for port in ports]
    assert all(one.subnet_of(ip_network("127.128.0.0/9")) for one in networks)  # type: ignore[arg-type]
    assert not any(a.overlaps(b) for a, b in combinations(networks, 2))


@pytest.mark.usefixtures("nodes")
def test_other_pods_use_up_no_address_of_users(kube: Kube, namespace: str) -> None:
    """Those go on where the range of the next lab begins."""

    def user(name: str) -> int:
        body = pod(name, nodeName="user-0")
        body["metadata"]["labels"] = {"component": SERVED}
        kube.request("POST", pods, body=body)
        kube.wait_for(lambda: any(p.ip for p in kube.pods(namespace) if p.name == name), name)
        return next(int(ip_address(p.ip or "")) for p in kube.pods(namespace) if p.name == name)

    pods = f"/api/v1/namespaces/{namespace}/pods"
    first = user("first")
    for index in range(20):
        kube.request("POST", pods, body=pod(f"other-{index}", nodeName="user-0"))
    kube.wait_for(lambda: all(p.ip for p in kube.pods(namespace)), "addresses")
    assert user("second") - first < 10


@pytest.mark.usefixtures("nodes")
def test_a_pod_that_does_not_fit_says_why(kube: Kube, namespace: str) -> None:
    resources = {"requests": {"memory": "64Gi"}}
    spec = {"containers": [{"name": "main", "image": "example.org/i", "resources": resources}]}
    pods = f"/api/v1/namespaces/{namespace}/pods"
    kube.request("POST", pods, body={"metadata": {"name": "big"}, "spec": spec})
    kube.wait_for(lambda: bool(kube.pods(namespace)[0].reason), "the scheduler's reason")
    view = kube.pods(namespace)[0]
    assert view.node is None
    assert "Insufficient memory" in view.reason


def test_nodes_are_exactly_those_wanted_and_their_pods_go_with_them(
    kube: Kube, namespace: str
) -> None:
    extra = SimNode(name="extra", labels={"a": "1", "b": "1"}, cpu="1", memory="1Gi")
    apply(kube, [CORE, extra])
    pods = f"/api/v1/namespaces/{namespace}/pods"
    kube.request("POST", pods, body=pod("there", nodeName="extra"))
    before = kube.request("GET", "/api/v1/nodes/extra")
    apply(kube, [CORE, extra])
    assert kube.request("GET", "/api/v1/nodes/extra")["spec"] == before["spec"]

    smaller = SimNode(
        name="extra", labels={"b": "2"}, taints=[USER_TAINT], cpu="500m", memory="1Gi"
    )
    apply(kube, [CORE, smaller])
    (view,) = kube.nodes(selector="b=2")
    assert (view.allocatable["cpu"], "a" in view.labels) == ("500m", False)
    assert "hub.jupyter.org_dedicated=user:NoSchedule" in view.taints

    apply(kube, [CORE])
    assert [view.name for view in kube.nodes()] == ["core-0"]
    kube.wait_for(lambda: not kube.pods(namespace), "the pods of the removed node to be gone")


def test_a_claim_is_bound_and_its_volume_goes_with_it(kube: Kube, namespace: str) -> None:
    claim = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/data"
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    kube.apply(
        claim,
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data"},
            "spec": spec,
        },
    )
    kube.wait_for(lambda: kube.request("GET", claim)["status"]["phase"] == "Bound", "a bound claim")
    kube.request("DELETE", claim)
    kube.wait_for(
        lambda: not kube.request("GET", "/api/v1/persistentvolumes")["items"],
        "no volume to be left",
    )


def test_load_balancers_get_loopback_addresses_of_their_own(kube: Kube, namespace: str) -> None:
    services = f"/api/v1/namespaces/{namespace}/services"
    for name in ("a", "b"):
        spec = {"type": "LoadBalancer", "ports": [{"port": 80}]}
        kube.request("POST", services, body={"metadata": {"name": name}, "spec": spec})

    def addresses() -> list[str]:
        found = [s["status"]["loadBalancer"] for s in kube.request("GET", services)["items"]]
        return [balancer["ingress"][0]["ip"] for balancer in found if balancer]

    kube.wait_for(lambda: len(addresses()) == 2, "both addresses")
    assert len(set(addresses())) == 2
    assert all(ip_address(address).is_loopback for address in addresses())


def test_only_jobs_and_pods_that_are_told_to_come_to_an_end(kube: Kube, namespace: str) -> None:
    pods = f"/api/v1/namespaces/{namespace}/pods"
    kube.request("POST", pods, body=pod("build", restartPolicy="Never"))
    kube.request("POST", pods, body=pod("good", "succeed", restartPolicy="Never"))
    kube.request("POST", pods, body=pod("bad", "fail", restartPolicy="Never"))
    kube.request("POST", pods, body=pod("held", "hold"))
    job = {"metadata": {"name": "hook"}, "spec": {"template": {"spec": {}}}}
    job["spec"]["template"]["spec"] = pod_spec(restartPolicy="Never")  # type: ignore[index]
    kube.request("POST", f"/apis/batch/v1/namespaces/{namespace}/jobs", body=job)

    def job_done() -> bool:
        path = f"/apis/batch/v1/namespaces/{namespace}/jobs/hook"
        return bool(kube.request("GET", path)["status"].get("succeeded") == 1)

    kube.wait_for(job_done, "the job to succeed")
    kube.wait_for(lambda: phase(kube, namespace, "good") == "Succeeded", "success")
    kube.wait_for(lambda: phase(kube, namespace, "bad") == "Failed", "failure")
    assert phase(kube, namespace, "build") == "Running"
    assert phase(kube, namespace, "held") == "Pending"
    done = {"metadata": {"annotations": {OUTCOME: "succeed"}}}
    kube.request("PATCH", f"{pods}/build", body=done, content_type="application/merge-patch+json")
    kube.wait_for(lambda: phase(kube, namespace, "build") == "Succeeded", "the build's end")


def test_what_a_namespace_still_holds_is_seen_whatever_its_kind(kube: Kube, namespace: str) -> None:
    assert kube.namespace_contents(namespace) == []
    route = f"/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/httproutes/binder"
    kube.apply(
        route,
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": "binder"},
            "spec": {"hostnames": ["binder.example.org"]},
        },
    )
    secret = {"metadata": {"name": "left"}, "stringData": {"token": "hidden"}}
    kube.request("POST", f"/api/v1/namespaces/{namespace}/secrets", body=secret)
    assert kube.namespace_contents(namespace) == ["HTTPRoute/binder", "Secret/left"]
    assert kube.request("GET", route)["spec"] == {"hostnames": ["binder.example.org"]}


def test_a_stranger_on_the_machine_reads_nothing(control_plane: ControlPlane) -> None:
    server = control_plane.status().server
    ca = str(control_plane.run.pki / "ca.crt")
    reply = requests.get(f"{server}/api/v1/secrets", verify=ca, timeout=5)
    assert reply.status_code in (401, 403)
    token = (control_plane.run.pki / "admin-token").read_text()
    header = {"Authorization": f"Bearer {token}"}
    assert requests.get(f"{server}/api/v1/secrets", verify=ca, headers=header, timeout=5).ok
    etcd = _port(control_plane, "--listen-client-urls=")
    with pytest.raises((requests.exceptions.SSLError, requests.ConnectionError, ssl.SSLError)):
        requests.get(f"{etcd}/version", verify=ca, timeout=5)


def _port(plane: ControlPlane, flag: str) -> str:
    arguments = [arg for process in _processes(plane.run) for arg in process.cmdline()]
    return next(arg.removeprefix(flag) for arg in arguments if arg.startswith(flag))


def _processes(run: RunDir) -> list[psutil.Process]:
    """Every living process that has the run directory in its arguments, whoever recorded it."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "status"]):
        arguments = process.info["cmdline"] or []
        ours = any(str(run.root) in argument for argument in arguments)
        alive = process.info["status"] != psutil.STATUS_ZOMBIE
        if ours and alive and process.pid != os.getpid():
            found.append(process)
    return found


def test_stop_leaves_no_process_and_a_new_start_finds_its_data(
    tmp_path: Path, lab_tools: dict[str, Path]
) -> None:
    run = run_dir("again", base=tmp_path)
    plane = ControlPlane(run, tools=lab_tools)
    plane.start()
    assert len(_processes(run)) == 6
    before = run.kubeconfig.read_text()
    assert run.kubeconfig.stat().st_mode & 0o077 == 0
    secrets = [p for p in run.root.rglob("*") if p.suffix in {".key", ".kubeconfig"}]
    assert secrets
    assert all(path.stat().st_mode & 0o077 == 0 for path in secrets)
    plane.client().request("POST", "/api/v1/namespaces", body={"metadata": {"name": "kept"}})
    apply(plane.client(), [CORE])

    # Another object, as another command would have it.
    ControlPlane(run, tools=lab_tools).stop()
    assert _processes(run) == []
    assert plane.status().state == "stopped"

    again = ControlPlane(run, tools=lab_tools)
    try:
        again.start()
        # A changed address or certificate would be a change of every provider of a stack.
        assert run.kubeconfig.read_text() == before
        assert (
            again.client().request("GET", "/api/v1/namespaces/kept")["metadata"]["name"] == "kept"
        )
        # At once, although the kwok of before has leases for half a minute more.
        pods = "/api/v1/namespaces/default/pods"
        again.client().request("POST", pods, body=pod("quick"))
        again.client().wait_for(
            lambda: phase(again.client(), "default", "quick") == "Running", "the pod", timeout=20
        )
        (scheduler,) = (p for p in _processes(run) if "kube-scheduler" in p.cmdline()[0])
        scheduler.kill()
        again.client().wait_for(lambda: again.status().state == "broken", "the loss to be seen")
        again.start()
        assert again.status().state == "running"
    finally:
        again.stop()
    assert _processes(run) == []


def test_a_part_that_fails_takes_the_others_with_it_and_shows_its_log(
    tmp_path: Path, lab_tools: dict[str, Path]
) -> None:
    broken = tmp_path / "kube-scheduler"
    broken.write_text("#!/bin/sh\necho the scheduler has no luck today\nexit 7\n")
    broken.chmod(0o755)
    run = run_dir("broken", base=tmp_path)
    plane = ControlPlane(run, tools={**lab_tools, "kube-scheduler": broken})
    with pytest.raises(LabError, match=r"kube-scheduler ended(?s:.*)no luck today"):
        plane.start()
    assert _processes(run) == []


@pytest.mark.parametrize("terminal", ["open", "closed"])
def test_ctrl_c_in_the_middle_of_a_start_leaves_no_process(tmp_path: Path, terminal: str) -> None:
    run = run_dir("interrupted", base=tmp_path)
    program = (
        "import sys; from pathlib import Path; from lab.cluster.control_plane import ControlPlane;"
        "from lab.paths import run_dir;"
        "ControlPlane(run_dir('interrupted', base=Path(sys.argv[1]))).start()"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=CHECKOUT,
        stderr=subprocess.PIPE if terminal == "closed" else subprocess.DEVNULL,
        start_new_session=True,
    )
    if starter.stderr:
        starter.stderr.close()
    deadline = time.monotonic() + 60
    while not (run.logs / "kube-apiserver.log").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (run.logs / "kube-apiserver.log").exists()
    os.killpg(starter.pid, signal.SIGINT)
    assert starter.wait(timeout=60) != 0
    assert _processes(run) == []
