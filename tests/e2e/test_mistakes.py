"""What a mistake in a stack file looks like from the real engine."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lab.cluster.control_plane import ControlPlane
from lab.engine.session import Session
from tests.examples import path_of

pytestmark = [pytest.mark.lab, pytest.mark.engine]


def test_a_mistake_is_told_whole_and_no_provider_is_asked(control_plane: ControlPlane) -> None:
    session = Session(path_of("climate"), control_plane)
    session.prepare()
    document = yaml.safe_load(session.stack_file.read_text())
    document["config"]["binderhub:nodes"] = {"machineTyp": "r5.xlarge", "max": "many"}
    document["config"]["binderhub:domains"]["hub"] = "https://hub.climate.example.org"
    session.stack_file.write_text(yaml.safe_dump(document, sort_keys=False))
    done = session.preview()
    assert not done.ok
    for said in (
        "BH071 nodes.machineTyp",
        "did you mean machineType?",
        "BH100 nodes.max",
        "BH002 domains.hub",
        "3 mistakes",
    ):
        assert said in done.text
    assert "Traceback" not in done.text
    assert "stand-in" not in done.text, "no provider may be started for a file with mistakes"


def test_a_mistake_stops_before_anything_is_installed(
    tmp_path: Path, control_plane: ControlPlane
) -> None:
    file = tmp_path / "Pulumi.broken.yaml"
    file.write_text("config:\n  binderhub:auth: {kind: nobody}\n")
    from lab.errors import LabError

    with pytest.raises(LabError, match="BH101 cluster"):
        Session(file, control_plane).prepare()
    assert not (control_plane.run.work / "broken").exists()
