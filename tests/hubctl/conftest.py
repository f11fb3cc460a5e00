"""A project of its own for each test, and a way to call hubctl in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hubctl.__main__ import main
from model.hub import Hub
from model.stackfile.read import read_text

CHECKOUT = Path(__file__).resolve().parents[2]

OPEN_HUB = """\
config:
  binderhub:cluster: {provider: kubernetes, name: lab, ingress: {address: 203.0.113.10}}
  binderhub:domains: {hub: hub.NAME.example.org, binder: binder.NAME.example.org}
  binderhub:auth: {kind: none}
  binderhub:registry: {kind: quay, organization: lab, username: lab+NAME}
  binderhub:registryPassword: {secure: v1:abc}
  binderhub:launch: {repositories: ["github:lab/*"]}
"""


@dataclass(frozen=True)
class Result:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str


Hubctl = Callable[..., Result]
Write = Callable[..., Path]


def hub(text: str = OPEN_HUB) -> Hub:
    """The hub of a stack file's text, called `a`; it must be sound."""
    read = read_text("a", text.replace("NAME", "a"))
    assert read.hub, read.findings
    return read.hub


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, the current folder."""
    root = tmp_path / "project"
    (root / "stacks").mkdir(parents=True)
    shutil.copy(CHECKOUT / "Pulumi.yaml", root)
    monkeypatch.chdir(root)
    monkeypatch.setenv("COLUMNS", "100")
    return root


@pytest.fixture
def stack(project: Path) -> Write:
    """Write a stack file: `stack("a", "config: ...")`, or a sound open hub without text; NAME is
    replaced by the stack's name."""

    def write(name: str, text: str | None = None) -> Path:
        path = project / "stacks" / f"Pulumi.{name}.yaml"
        path.write_text((OPEN_HUB if text is None else text).replace("NAME", name))
        return path

    return write


@pytest.fixture
def hubctl(project: Path, capsys: pytest.CaptureFixture[str]) -> Hubctl:
    """Call hubctl in the project."""

    def call(*words: str) -> Result:
        capsys.readouterr()
        try:
            status = main(list(words))
        except SystemExit as exit_:  # argparse ends the process on misuse and --help
            status = int(exit_.code or 0)
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    return call
