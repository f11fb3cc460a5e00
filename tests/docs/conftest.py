"""A folder as a reader of docs/ has it: a project in git with no stack yet, and hubctl."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import CHECKOUT, Reader


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    binaries, project = tmp_path / "bin", tmp_path / "project"
    binaries.mkdir()
    (project / "stacks").mkdir(parents=True)
    hubctl = binaries / "hubctl"
    hubctl.write_text(
        f'#!/bin/sh\nPYTHONPATH="{CHECKOUT}" exec "{sys.executable}" -m hubctl "$@"\n'
    )
    hubctl.chmod(0o755)
    shutil.copy(CHECKOUT / "Pulumi.yaml", project)
    made = Reader(project, binaries)
    for command in ("init --quiet --initial-branch main", "add .", "commit --quiet -m start"):
        subprocess.run(["git", *command.split()], cwd=project, env=made.environment, check=True)
    return made
