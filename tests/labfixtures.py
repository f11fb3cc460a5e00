"""A control plane for each file of tests that needs a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.cluster.client import Kube
from lab.cluster.control_plane import ControlPlane
from lab.cluster.nodes import CORE, apply
from lab.install.pins import CONTROL_PLANE
from lab.install.tools import ensure
from lab.paths import run_dir
from lab.processes import interrupted_by_signals


@pytest.fixture(scope="session")
def lab_tools() -> dict[str, Path]:
    """The binaries of a control plane and helm; builds what is missing, which can take minutes."""
    return ensure([*CONTROL_PLANE, "helm"])


@pytest.fixture(scope="module")
def control_plane(
    tmp_path_factory: pytest.TempPathFactory, lab_tools: dict[str, Path]
) -> Iterator[ControlPlane]:
    """A running control plane with one core node.

    A file's own: nodes belong to the whole cluster, and files run in any order.
    """
    plane = ControlPlane(run_dir("tests", base=tmp_path_factory.mktemp("lab")), tools=lab_tools)
    with interrupted_by_signals():
        plane.start()
        try:
            client = plane.client()
            apply(client, [CORE])
            client.close()
            yield plane
        finally:
            plane.stop()


@pytest.fixture
def kube(control_plane: ControlPlane) -> Iterator[Kube]:
    """A client of the file's control plane."""
    client = control_plane.client()
    yield client
    client.close()
