"""The command of open hubs' servers, in images with and without JupyterLab."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from lab.install.jupyterhub_env import HubEnv
from values.sections.fragments import fragment

ARGUMENTS = ["--ip=0.0.0.0", "--ServerApp.token=a b", "--NotebookApp.allow_origin_pat=.*"]


def run(env: HubEnv, arguments: list[str], **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [env.python, "-c", fragment("launch_server"), *arguments],
        env={**env.environment(), **extra},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.hub
def test_an_image_with_jupyterlab_opens_jupyterlab(hub_env: HubEnv) -> None:
    answer = run(hub_env, ["--version"])
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("4.")
    assert "Starting jupyter-lab" in answer.stderr


@pytest.mark.hub
@pytest.mark.parametrize(
    ("package", "program"),
    [
        ("__version__ = '3.0.16'", "jupyter-lab"),
        ("__version__ = '2.3.2'", "jupyter-notebook"),
        ("__version__ = 'unknown'", "jupyter-notebook"),
        ("raise ImportError('not in this image')", "jupyter-notebook"),
        ("raise SyntaxError('for a newer Python')", "jupyter-notebook"),
    ],
)
def test_an_image_with_an_old_or_no_jupyterlab_opens_the_notebook(
    hub_env: HubEnv, tmp_path: Path, package: str, program: str
) -> None:
    """The JupyterLab is a stub, and both programs are: they print what they were given."""
    (tmp_path / "jupyterlab").mkdir()
    (tmp_path / "jupyterlab" / "__init__.py").write_text(package)
    for name in ("jupyter-lab", "jupyter-notebook"):
        stub = tmp_path / name
        stub.write_text(f'#!/bin/sh\nprintf "%s\\n" {name} "$@"\n')
        stub.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{hub_env.environment()['PATH']}"
    answer = run(hub_env, ARGUMENTS, PYTHONPATH=str(tmp_path), PATH=path)
    assert answer.stdout.splitlines() == [program, *ARGUMENTS]
