"""A hub of the classic binderhub chart, brought up once: every phase that looks at it, and a
sabotage for each place where this chart differs.

The phases `change` and `trouble` work on the engine, which does not know the charts apart; the
other stacks take them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.cluster.control_plane import ControlPlane
from rehearsal.context import HubUnderTest
from rehearsal.objects import DeployedObjects
from rehearsal.run import PHASES
from tests.rehearsal.good import CLASSIC, good_hub
from tests.rehearsal.judging import SABOTAGE, assert_caught

pytestmark = [pytest.mark.lab, pytest.mark.engine]

CASES = sorted((SABOTAGE / "classic").glob("*.yaml"))


@pytest.fixture(scope="module")
def classic(
    control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HubUnderTest]:
    folder = tmp_path_factory.mktemp("classic")
    with good_hub(control_plane, folder, stack=CLASSIC, name="classic") as context:
        yield context


@pytest.fixture(scope="module")
def plain(classic: HubUnderTest) -> DeployedObjects:
    """The objects as `up` left them; no case changes them."""
    return classic.fresh()


@pytest.mark.parametrize(
    "phase", ["placement", "references", "manifests", "launch", "build", "capacity"]
)
def test_a_classic_hub_would_work(
    phase: str, classic: HubUnderTest, plain: DeployedObjects
) -> None:
    assert plain.get("DaemonSet", "binderhub-dind") is not None, "not the classic chart"
    done = PHASES[phase](classic)
    assert [finding.text() for finding in done.findings] == []
    assert done.status == "ok" and done.facts


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_sabotage_of_the_classic_chart_is_caught(
    path: Path, classic: HubUnderTest, plain: DeployedObjects
) -> None:
    assert_caught(path, classic, plain)
