"""A stack of `examples/` in the file's control plane, with everything that was printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from lab.cluster.client import Kube
from lab.cluster.control_plane import ControlPlane
from lab.engine.outcome import Outcome
from lab.engine.session import Session
from tests.examples import NAMES, path_of


@dataclass
class Life:
    """One stack from its first preview to its end; the tests of a module take turns on it."""

    session: Session
    kube: Kube
    said: list[str] = field(default_factory=list)
    original: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.original = self.session.source.read_bytes()

    def run(self, *arguments: str) -> Outcome:
        done = self.session.pulumi(*arguments)
        self.said.append(done.text)
        return done

    def up(self) -> Outcome:
        done = self.run("up", "--yes", "--skip-preview")
        assert done.ok, done.text
        return done

    def plan(self) -> dict[str, str]:
        """Logical name -> operation of a preview, without what stays the same."""
        done = self.run("preview", "--json")
        assert done.ok, done.text
        steps = [s for s in json.loads(done.stdout)["steps"] if s["op"] != "same"]
        for step in steps:  # Shown by pytest when the plan is not what it should be.
            print(step["urn"].rpartition("::")[2], step["op"], step.get("detailedDiff"))
        return {s["urn"].rpartition("::")[2]: s["op"] for s in steps}

    def edit(self, section: str, value: dict[str, Any]) -> None:
        """Change a section of the copy that the engine reads."""
        document = yaml.safe_load(self.session.stack_file.read_text())
        key = f"binderhub:{section}"
        merged = {**document["config"].get(key, {}), **value}
        document["config"][key] = merged
        self.session.stack_file.write_text(yaml.safe_dump(document, sort_keys=False))


@pytest.fixture(scope="module", params=NAMES)
def life(request: pytest.FixtureRequest, control_plane: ControlPlane) -> Iterator[Life]:
    session = Session(path_of(request.param), control_plane)
    session.prepare()
    client = control_plane.client()
    yield Life(session=session, kube=client)
    if session.state()["deployment"].get("resources"):
        session.destroy()
    client.close()
