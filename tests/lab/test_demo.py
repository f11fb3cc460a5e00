"""A demo or a lab command that fails ends with one clear sentence and the next command."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lab import demo
from lab.cluster.control_plane import ControlPlane
from lab.engine import session
from lab.engine.outcome import Outcome
from lab.engine.session import Session
from lab.errors import LabError
from lab.paths import RunDir
from tests.examples import path_of

STACK = path_of("demo")
FULL = "error: write /x/demo.json.tmp: no space left on device\n"
PENDING = """helm upgrade of release demo/jupyterhub failed: another operation \
(install/upgrade/rollback) is in progress
"""


def outcome(text: str, command: str = "up --yes") -> Outcome:
    return Outcome(command=command, status=1, stdout="", stderr=text, seconds=0.1)


@dataclass
class Plane:
    """A control plane that only counts its ends."""

    run: RunDir
    stopped: int = 0

    def start(self) -> None:
        self.run.backend.mkdir(parents=True, exist_ok=True)

    def stop(self) -> None:
        self.stopped += 1


@dataclass
class Lab:
    """What `lab.demo` works with, with an engine that says `text` and fails."""

    plane: Plane
    text: str = ""
    interrupt: bool = False
    asked: list[str] = field(default_factory=list)

    def session(self, file: Path, plane: ControlPlane, **more: Any) -> Session:
        made = Session(file, plane)

        def run(*arguments: str, **_: Any) -> Outcome:
            self.asked.append(arguments[0])
            if self.interrupt:
                raise KeyboardInterrupt
            return outcome(self.text, " ".join(arguments))

        made.pulumi = run  # type: ignore[method-assign]
        made.prepare = lambda **_: None  # type: ignore[method-assign]
        return made


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    made = Lab(plane=Plane(run=RunDir(root=tmp_path / "demo")))
    monkeypatch.setattr(demo, "ControlPlane", lambda *_, **__: made.plane)
    monkeypatch.setattr(demo, "Session", made.session)
    monkeypatch.setattr(demo, "ensure", lambda *_, **__: {})
    return made


def test_a_demo_on_a_full_disk_says_so_and_what_to_run_next(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.text = FULL
    assert demo.main(["up", "--stack", str(STACK)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[-2] == "A file could not be written because the disk (or the quota) is full."
    assert said[-1] == "Next: free some room, then: make demo"
    assert lab.plane.stopped == 1, "a failed demo must leave nothing running"


def test_a_demo_with_an_interrupted_release_is_not_sent_to_a_cluster_that_has_ended(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.text = PENDING
    assert demo.main(["up", "--stack", str(STACK)]) == 1
    said = capsys.readouterr().err
    assert said.splitlines()[-1] == "Next: make demo-down, then: make demo"
    assert "helm" not in said


def test_a_demo_that_cannot_be_taken_down_repeats_the_right_command(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.text = "dial tcp 127.0.0.1:1: connect: connection refused"
    lab.plane.start()
    assert demo.main(["down", "--stack", str(STACK)]) == 1
    said = capsys.readouterr().err
    assert "API server does not answer" in said
    assert said.splitlines()[-1] == "Next: make demo-down"
    assert "destroy" in lab.asked


def test_an_unknown_failure_gets_no_advice_but_the_place_of_the_logs(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.text = "error: something else"
    assert demo.main(["up", "--stack", str(STACK)]) == 1
    said = capsys.readouterr().err
    assert said.splitlines() == [f"error: pulumi up failed; logs are in {lab.plane.run.logs}"]


def test_ctrl_c_in_a_demo_ends_the_control_plane(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.interrupt = True
    assert demo.main(["up", "--stack", str(STACK)]) == 130
    assert lab.plane.stopped == 1
    assert "make demo" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (FULL, "pulumi stack export failed: A file could not be written because"),
        ("error: something else", "pulumi stack export failed:"),
    ],
)
def test_a_lab_command_that_fails_explains_itself_and_quotes_the_engine(
    text: str, first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plane = ControlPlane(RunDir(root=tmp_path))
    monkeypatch.setattr(session.Session, "pulumi", lambda *_, **__: outcome(text, "stack export"))
    with pytest.raises(LabError) as raised:
        Session(STACK, plane).checked("stack", "export")
    said = str(raised.value).splitlines()
    assert said[0].startswith(first)
    assert said[0].endswith("Next: free some room, then: pulumi up --stack demo") == (text == FULL)
    assert said[-1] == text.strip()
