"""The AWS of a stack lives beside the control plane: found again, its own, and ended with it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from lab.cluster.control_plane import ControlPlane
from lab.errors import LabError
from lab.paths import RunDir
from lab.providers.aws import server_process
from lab.providers.aws.cloud import SimulatedAws, journal_of
from lab.providers.sdk.seed import AwsSeed, CloudSeed, records_dir

pytestmark = pytest.mark.lab

AWS = AwsSeed(account="123456789012", region="us-west-2", cluster="climate")


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[ControlPlane]:
    """Not started: its list of processes is all that is needed."""
    made = ControlPlane(RunDir(root=tmp_path / "run"))
    yield made
    made.stop()


def _seed(plane: ControlPlane, aws: AwsSeed, name: str = "climate") -> Path:
    file = plane.run.root / "clouds" / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(CloudSeed(endpoint="https://127.0.0.1:1", ca="Q0E=", aws=aws).to_json())
    return file


def _cloud(file: Path, endpoint: str, aws: AwsSeed = AWS) -> SimulatedAws:
    """As a plugin process has it."""
    return SimulatedAws(aws, aws.region, journal_of(records_dir(file)), endpoint)


def _vpcs(cloud: SimulatedAws) -> list[str]:
    found: list[dict[str, Any]] = cloud.call("ec2", "DescribeVpcs")["Vpcs"]
    return sorted(one["VpcId"] for one in found)


def _running(plane: ControlPlane) -> list[psutil.Process]:
    return [p for p in psutil.process_iter() if str(plane.run.root) in " ".join(_words(p))]


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_commands_share_one_server_which_keeps_its_ids_and_ends_with_the_control_plane(
    plane: ControlPlane,
) -> None:
    file = _seed(plane, AWS)
    first = server_process.begin(plane, "climate", file, AWS)()
    with ThreadPoolExecutor(2) as pool:  # Two commands at once find one account, filled once.
        one, other = pool.map(lambda _: _cloud(file, first), range(2))
    made = one.change("ec2", "CreateVpc", CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    before = _vpcs(other)
    assert made in before
    assert server_process.begin(plane, "climate", file, AWS)() == first, "one is enough"
    assert len(_running(plane)) == 1

    server_process.end(plane, "climate")
    assert _running(plane) == []
    again = _cloud(file, server_process.begin(plane, "climate", file, AWS)())
    assert made in _vpcs(again), "what was made must survive its server, under its id"
    plane.stop()
    assert _running(plane) == [], "no process may outlive its control plane"


def test_stacks_of_one_lab_have_accounts_of_their_own(plane: ControlPlane) -> None:
    theirs = replace(AWS, account="210987654321")
    file, beside = _seed(plane, AWS), _seed(plane, theirs, "coast")
    waiting = [
        server_process.begin(plane, name, seed, aws)
        for name, seed, aws in (("climate", file, AWS), ("coast", beside, theirs))
    ]
    endpoint, other = (wait() for wait in waiting)
    made = _cloud(file, endpoint).change("ec2", "CreateVpc", CidrBlock="10.1.0.0/16")
    assert _cloud(beside, other, theirs).seed.account == theirs.account
    assert made["Vpc"]["VpcId"] not in _vpcs(_cloud(beside, other, theirs))
    assert "10.1.0.0/16" not in journal_of(records_dir(beside)).read_text()
    # The same stack of another account: the one that runs is not its AWS.
    journal_of(records_dir(beside)).unlink()
    endpoint = server_process.begin(plane, "coast", _seed(plane, AWS, "coast"), AWS)()
    assert _cloud(beside, endpoint).call("sts", "GetCallerIdentity")["Account"] == AWS.account
    assert len(_running(plane)) == 2


def test_a_server_that_cannot_start_says_why(plane: ControlPlane) -> None:
    file = _seed(plane, AWS)
    file.write_text("{}")
    with pytest.raises(LabError, match="endpoint"):
        server_process.begin(plane, "climate", file, AWS)()
