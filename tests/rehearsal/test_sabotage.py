"""Every file of `sabotage/` breaks one thing of a good hub; the phase in its name must catch it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.cluster.control_plane import ControlPlane
from rehearsal.context import HubUnderTest
from rehearsal.objects import DeployedObjects
from rehearsal.run import PHASES
from tests.rehearsal.good import good_hub
from tests.rehearsal.judging import SABOTAGE, assert_caught

pytestmark = [pytest.mark.lab, pytest.mark.engine]


@pytest.fixture(scope="module")
def good(
    control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HubUnderTest]:
    with good_hub(control_plane, tmp_path_factory.mktemp("sabotage")) as context:
        yield context


@pytest.fixture(scope="module")
def plain(good: HubUnderTest) -> DeployedObjects:
    """The objects as `up` left them; no case changes them."""
    return good.fresh()


@pytest.mark.parametrize("path", sorted(SABOTAGE.glob("*.yaml")), ids=lambda path: path.stem)
def test_sabotage_is_caught_by_its_phase(
    path: Path, good: HubUnderTest, plain: DeployedObjects
) -> None:
    assert_caught(path, good, plain)


@pytest.mark.parametrize("phase", ["placement", "references", "manifests", "build", "capacity"])
def test_a_good_hub_is_not_blamed(phase: str, good: HubUnderTest, plain: DeployedObjects) -> None:
    assert plain.items
    assert PHASES[phase](good).findings == ()
