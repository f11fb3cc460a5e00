"""Nothing but another machine takes nodes away, with the real engine on both clouds.

The stand-ins note whatever would drain a pool. The tests of one stack run in order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.cluster.control_plane import ControlPlane
from lab.engine.session import Session
from lab.providers.aws.cloud import SimulatedAws, journal_of
from lab.providers.sdk.records import Records
from lab.providers.sdk.seed import load, records_dir
from tests.e2e.conftest import Life
from tests.examples import path_of

pytestmark = [pytest.mark.lab, pytest.mark.engine]

NODES = {"min": 1, "max": 50}
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"


class Stack:
    """A stack, the cloud it is in, and the autoscaler's part."""

    def __init__(self, name: str, folder: Path, plane: ControlPlane) -> None:
        self.name = name
        file = folder / f"Pulumi.{name}.yaml"
        document = yaml.safe_load(path_of(name).read_text())
        document["config"]["binderhub:nodes"] = NODES
        file.write_text(yaml.safe_dump(document, sort_keys=False))
        session = Session(file, plane)
        session.prepare()
        self.life = Life(session=session, kube=plane.client())
        self.seed = Path(session.environment()["LAB_CLOUD_SEED"])

    def drains(self) -> dict[str, list[str]]:
        cloud = "aws" if self.name == "climate" else "gcp"
        return Records(records_dir(self.seed) / f"{cloud}.json").drains()

    def sizes(self, **changed: int) -> tuple[int, int, int]:
        """Least, most and present nodes of the EKS group; `changed` as the autoscaler or somebody
        in the console does it."""
        aws = load(self.seed).aws
        assert aws is not None
        endpoint = self.life.session.environment()["LAB_AWS_ENDPOINT"]
        cloud = SimulatedAws(aws, aws.region, journal_of(records_dir(self.seed)), endpoint)
        group = {"clusterName": "climate", "nodegroupName": "climate-g1"}
        if changed:
            cloud.change("eks", "UpdateNodegroupConfig", **group, scalingConfig=changed)
        now = cloud.call("eks", "DescribeNodegroup", **group)["nodegroup"]["scalingConfig"]
        return now["minSize"], now["maxSize"], now["desiredSize"]

    def nodes(self, **changed: int) -> None:
        self.life.edit("nodes", {**NODES, **changed})

    def set(self, key: str, value: object) -> None:
        copy = self.life.session.stack_file
        document = yaml.safe_load(copy.read_text())
        document["config"][f"binderhub:{key}"] = value
        copy.write_text(yaml.safe_dump(document, sort_keys=False))

    def rewrite(self, type_: str, change: Callable[[dict[str, Any]], None]) -> None:
        """Another program's inputs in the state, of the one resource of a type."""
        state = self.life.session.state()
        (found,) = [r for r in state["deployment"]["resources"] if r["type"] == type_]
        change(found["inputs"])
        change(found["outputs"])
        file = self.seed.with_suffix(".state")
        file.write_text(json.dumps(state))
        done = self.life.run("stack", "import", "--file", str(file))
        assert done.ok, done.text


@pytest.fixture(scope="module", params=["climate", "ecology"])
def stack(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    control_plane: ControlPlane,
) -> Iterator[Stack]:
    made = Stack(request.param, tmp_path_factory.mktemp("no-drain"), control_plane)
    try:
        made.life.up()
        yield made
    finally:
        made.life.session.destroy()
        made.life.kube.close()


@pytest.fixture
def eks(stack: Stack) -> Stack:
    if stack.name != "climate":
        pytest.skip("of EKS groups only")
    return stack


def test_a_pool_that_the_earlier_program_made_is_left_alone(stack: Stack) -> None:
    """Its machines have the stage among their tags (EKS), or no labels at all (GKE)."""

    def earlier(values: dict[str, Any]) -> None:
        if stack.name == "climate":
            for specification in values["tagSpecifications"]:
                specification["tags"]["stage"] = "production"
        else:
            del values["nodeConfig"]["resourceLabels"]

    pool = TEMPLATE if stack.name == "climate" else "gcp:container/nodePool:NodePool"
    stack.rewrite(pool, earlier)
    assert stack.life.plan() == {}


def test_another_stage_drains_nobody(stack: Stack) -> None:
    if stack.name == "climate":
        stack.sizes(desiredSize=7)
        assert stack.life.plan() == {}, "the autoscaler's nodes are no drift"
    stack.set("stage", "staging")
    done = stack.life.run("preview", "--json")
    assert done.ok, done.text
    for step in json.loads(done.stdout)["steps"]:
        told = str(step.get("detailedDiff"))
        assert "launchTemplate" not in told and "nodeConfig" not in told, step
    if stack.name == "climate":
        stack.life.up()
        assert stack.drains() == {}
        assert stack.sizes() == (1, 50, 7)


def test_other_bounds_leave_a_grown_group_its_nodes(eks: Stack) -> None:
    eks.nodes(min=2, max=60)
    eks.life.up()
    assert eks.sizes() == (2, 60, 7)
    assert eks.drains() == {}
    eks.sizes(desiredSize=8)
    assert eks.life.plan() == {}


def test_bounds_that_somebody_wrote_in_the_console_first_are_not_written_again(eks: Stack) -> None:
    """Pulumi's state has the old ones, and the number of nodes that went with them."""
    eks.nodes(max=80)
    assert eks.sizes(minSize=1, maxSize=80, desiredSize=12) == (1, 80, 12)
    assert eks.life.plan() == {}
    eks.nodes(max=90)
    eks.life.up()
    assert eks.sizes() == (1, 90, 12)
    assert eks.drains() == {}


def test_a_maximum_below_the_nodes_of_now_is_refused(eks: Stack) -> None:
    eks.nodes(max=10)
    done = eks.life.run("up", "--yes", "--skip-preview")
    assert not done.ok
    assert "nodes.max: 10: 12 nodes of climate-g1 run now" in done.text
    assert "Traceback" not in done.text
    assert eks.sizes() == (1, 90, 12)
    eks.nodes(max=90)


def test_other_metadata_options_are_refused(eks: Stack) -> None:
    def other(values: dict[str, Any]) -> None:
        values["metadataOptions"]["httpPutResponseHopLimit"] = 2

    eks.rewrite(TEMPLATE, other)
    done = eks.life.run("up", "--yes", "--skip-preview")
    assert not done.ok and "AlreadyExists" in done.text, done.text
    assert eks.drains() == {} and eks.sizes() == (1, 90, 12)
