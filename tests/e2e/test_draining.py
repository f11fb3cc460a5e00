"""A machine type is changed under running servers and builds, with the real engine.

What runs on the old nodes is still there, under the same uid, when the old pool is empty of new
work; only the removal of its entry takes the old pool away. The tests of one stack run in order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.cluster.control_plane import ControlPlane
from lab.cluster.nodes import apply
from lab.engine import surroundings
from lab.engine.session import Session
from model.derived.pools import Pool, build_pool, pools, user_pool
from model.derived.resolved import ResolvedHub
from rehearsal.checks import placement
from rehearsal.checks.build_pod import daemons
from rehearsal.objects import DeployedObjects, load
from tests.e2e.conftest import Life
from tests.examples import path_of

pytestmark = [pytest.mark.lab, pytest.mark.engine]

LARGER = {"ecology": ("n2-highmem-4", "n2-highmem-8"), "climate": ("r5.xlarge", "r5.2xlarge")}
POOL = ("gcp:container/nodePool:NodePool", "aws:eks/nodeGroup:NodeGroup")


def nodes(name: str, step: str) -> dict[str, Any]:
    """`nodes` before the change, during it, and after."""
    old, new = LARGER[name]
    common = {"max": 4, "builders": {"max": 2}}
    # The entry forgets that the least was 1 and the disk was smaller: no harm may come of it.
    before = {**common, "machineType": old, "min": 1, "diskGb": 60}
    after = {**common, "machineType": new, "generation": 2}
    entry = {"generation": 1, "machineType": old}
    return {"before": before, "during": {**after, "retiring": [entry]}, "after": after}[step]


class Change:
    """One stack on its way from one machine type to another."""

    def __init__(self, name: str, folder: Path, plane: ControlPlane) -> None:
        self.name = name
        file = folder / f"Pulumi.{name}.yaml"
        file.write_text(_with_nodes(path_of(name), nodes(name, "before")))
        session = Session(file, plane)
        session.prepare()
        self.life = Life(session=session, kube=plane.client())
        self.pods: dict[str, str] = {}

    def to(self, step: str) -> None:
        """The stack file of a step; its cloud has nodes of every pool that the file has."""
        self.write(nodes(self.name, step))
        apply(self.life.kube, surroundings.nodes(self.life.session.hub))

    def write(self, section: dict[str, Any]) -> None:
        """`nodes` in the copy that the engine reads."""
        copy = self.life.session.stack_file
        copy.write_text(_with_nodes(copy, section))

    def steps(self) -> list[dict[str, Any]]:
        """What a preview would do, without what stays the same."""
        done = self.life.run("preview", "--json")
        assert done.ok, done.text
        return [s for s in json.loads(done.stdout)["steps"] if s["op"] not in ("same", "read")]

    def start(self, name: str, pool: Pool) -> dict[str, Any]:
        """A pod as the hub or BinderHub makes it for `pool`; where the scheduler puts it."""
        namespace = self.life.session.hub.ns
        path = f"/api/v1/namespaces/{namespace}/pods"
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": {"component": "singleuser-server"}},
            "spec": {
                "nodeSelector": pool.selector,
                "tolerations": list(pool.tolerations),
                "containers": [{"name": "notebook", "image": "registry.invalid/image"}],
            },
        }
        self.life.kube.request("POST", path, body=body)
        self.life.kube.wait_for(
            lambda: self.pod(name)["spec"].get("nodeName"), f"{name} to be scheduled"
        )
        return self.pod(name)

    def pod(self, name: str) -> dict[str, Any]:
        path = f"/api/v1/namespaces/{self.life.session.hub.ns}/pods/{name}"
        return dict(self.life.kube.request("GET", path))

    def objects(self) -> DeployedObjects:
        return load(self.life.kube, self.life.session.hub.ns)


def _with_nodes(file: Path, section: dict[str, Any]) -> str:
    document = yaml.safe_load(file.read_text())
    document["config"]["binderhub:nodes"] = section
    return yaml.safe_dump(document, sort_keys=False)


@pytest.fixture(scope="module", params=LARGER)
def change(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    control_plane: ControlPlane,
) -> Iterator[Change]:
    made = Change(request.param, tmp_path_factory.mktemp("retiring"), control_plane)
    try:
        made.life.up()
        yield made
    finally:
        made.life.session.destroy()
        made.life.kube.close()


def by_operation(steps: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Operation -> logical names of what a provider makes."""
    out: dict[str, list[str]] = {}
    for step in steps:
        if "pulumi:providers" not in step["urn"]:
            out.setdefault(step["op"], []).append(step["urn"].rpartition("::")[2])
    return out


def test_the_change_makes_the_new_pools_and_touches_no_old_one(change: Change) -> None:
    hub = change.life.session.hub
    for name, pool in (("jupyter-a", user_pool(hub)), ("build-a", build_pool(hub))):
        seen = change.start(name, pool)
        change.pods[name] = seen["metadata"]["uid"]
        assert f"-g1-{pool.role}" in seen["spec"]["nodeName"]
    change.to("during")
    steps = change.steps()
    found = by_operation(steps)
    assert found.keys() == {"create", "update"}, "nothing is replaced, nothing deleted"
    assert all("-g2" in made for made in found["create"]), found
    releases = {n for n in found["update"] if "-releases-" in n}
    assert releases == {f"{change.name}-releases-{r}" for r in ("jupyterhub", "binderhub-service")}
    rest = set(found["update"]) - releases
    # GKE lets the least become 0. EKS takes no bounds without a size: its group stays.
    assert rest == ({"ecology-nodes-user-g1"} if change.name == "ecology" else set())
    for step in steps:
        if step["urn"].endswith("-nodes-user-g1"):
            assert step["diffReasons"] == ["autoscaling"]
            assert list(step["detailedDiff"]) == ["autoscaling.totalMinNodeCount"]


def test_running_servers_and_builds_go_on_and_new_ones_go_elsewhere(change: Change) -> None:
    before = daemon_pods(change)
    change.life.up()
    for name, uid in change.pods.items():
        seen = change.pod(name)
        assert seen["metadata"]["uid"] == uid and not seen["metadata"].get("deletionTimestamp")
    after = daemon_pods(change)
    assert before.items() <= after.items(), "a restarted docker daemon ends the build beside it"
    hub = change.life.session.hub
    for name, pool in (("jupyter-b", user_pool(hub)), ("build-b", build_pool(hub))):
        assert f"-g2-{pool.role}" in change.start(name, pool)["spec"]["nodeName"]
    objects = change.objects()
    assert placement.check(objects, ResolvedHub(hub), daemons(objects)) == []
    assert change.steps() == []


def daemon_pods(change: Change) -> dict[str, str]:
    """Node -> uid of the docker daemon there."""
    pods = change.objects().of("Pod")
    return {
        p["spec"]["nodeName"]: p["metadata"]["uid"]
        for p in pods
        if p["metadata"]["name"].startswith("docker-api")
    }


def test_the_entry_removed_the_old_pools_go_and_nothing_else(change: Change) -> None:
    namespace = change.life.session.hub.ns
    for name in change.pods:
        path = f"/api/v1/namespaces/{namespace}/pods/{name}"
        change.life.kube.request("DELETE", path, query={"gracePeriodSeconds": "0"})
    old = {p.name for p in pools(change.life.session.hub) if p.draining}
    assert len(old) == 2
    change.to("after")
    found = by_operation(change.steps())
    assert found.keys() == {"delete"}
    assert all("-g1" in name for name in found["delete"])
    change.life.up()
    resources = change.life.session.state()["deployment"]["resources"]
    made = [r["inputs"] for r in resources if r["type"] in POOL]
    assert {i.get("name") or i["nodeGroupName"] for i in made} == {
        p.name for p in pools(change.life.session.hub)
    }
    for name in ("jupyter-b", "build-b"):
        assert not change.pod(name)["metadata"].get("deletionTimestamp")


def test_a_changed_machine_without_a_new_generation_is_refused(change: Change) -> None:
    """In place, GKE would drain every node of the pool for it."""
    change.write({**nodes(change.name, "after"), "machineType": LARGER[change.name][0]})
    done = change.life.run("up", "--yes", "--skip-preview")
    assert not done.ok and "already exists" in done.text, done.text
    resources = change.life.session.state()["deployment"]["resources"]
    assert sum(r["type"] in POOL and not r.get("delete") for r in resources) == 2
