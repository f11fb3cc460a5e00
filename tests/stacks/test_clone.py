"""A clone whose `stacks/` somebody made their own: its tests stay green, and nothing that was only
an example is deployed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import examples
from tests.examples import CHECKOUT
from tests.workflows.test_workflows import commit, git, outputs

NAME = "added-by-a-test"
NEW = (
    "--provider gcp --cluster own --project own-project-1 --location us-west2 --ingress 203.0.113.77 "
    "--hub-domain hub.added.example.net --repositories github:own/* --no-input"
)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The checkout as it is, uncommitted changes too, with the environment of these tests."""
    made = tmp_path / "clone"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if os.path.lexists(CHECKOUT / name):
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, made / name, follow_symlinks=False)
    (made / ".venv").symlink_to(sys.prefix)
    git(made, "init", "--quiet", "--initial-branch", "main")
    commit(made)
    return made


def in_clone(clone: Path, *words: str) -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "PYTHONPATH"))}
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=clone, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def add(clone: Path) -> None:
    in_clone(clone, "hubctl", "new", NAME, *NEW.split())
    in_clone(clone, "hubctl", "validate", NAME)


def remove(clone: Path) -> None:
    """As git leaves it: no empty folder."""
    shutil.rmtree(clone / "stacks", ignore_errors=True)  # whoever runs this may have removed it
    in_clone(clone, "hubctl", "validate", "--all")


@pytest.mark.lab  # Not for its control plane: it takes as long as all tests without one.
@pytest.mark.parametrize("changes", [[add], [remove], [remove, add]], ids=["add", "remove", "both"])
def test_nobodys_hubs_turn_the_tests_red(clone: Path, changes: list[Any]) -> None:
    for change in changes:
        change(clone)
    marked = "not (lab or engine or hub or last)"
    in_clone(clone, "pytest", "-n", "2", "--dist", "loadfile", "-m", marked)


def told(path: Path) -> Any:
    """What a stack file says, but for its stage."""
    document = yaml.safe_load(path.read_text())
    document["config"].pop("binderhub:stage", None)
    return document


def test_the_first_push_to_a_fork_deploys_no_hub_that_still_is_an_example(clone: Path) -> None:
    """Whoever changes more than its stage makes it a hub of their own."""
    known = [told(path) for path in examples.STACKS]
    first = outputs("deploy", "plan", clone, BEFORE="0" * 40)
    entries = [*first["first"], *first["rest"], *outputs("drift", "plan", clone)["stacks"]]
    mistaken = {e["stack"] for e in entries if told(clone / e["file"]) in known}
    assert mistaken == set(), "write `binderhub:stage: development`, or delete the file"
