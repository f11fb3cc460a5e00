"""The engine learns from the lab's short-cut which plugins a program needs: as pip would say it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from lab.paths import CHECKOUT

PYTHON = CHECKOUT / "lab" / "engine" / "shims" / "python-of-the-engine"
LIST = ("-m", "pip", "list", "-v", "--format", "json")


def _said(*command: str | Path) -> str:
    environment = {"PATH": os.environ["PATH"], "LAB_PYTHON": sys.executable}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def _packages(text: str) -> set[tuple[str, ...]]:
    listed: list[dict[str, Any]] = json.loads(text)
    return {(one["name"], one["version"], one["location"]) for one in listed}


def test_no_plugin_is_missed_because_the_list_of_packages_is_not_pips() -> None:
    found = _packages(_said(PYTHON, *LIST))
    assert found == _packages(_said(sys.executable, *LIST))
    assert {"pulumi_kubernetes", "pulumi-kubernetes"} & {name for name, *_ in found}


def test_any_other_command_is_python_itself() -> None:
    program = "import sys; print(sys.prefix, *sys.argv[1:])"
    assert _said(PYTHON, "-c", program, "-m pip").split() == [sys.prefix, "-m", "pip"]
