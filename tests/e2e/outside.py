"""Somebody who works on a stack's cluster without the engine: with helm, and with hubctl's look at it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import yaml

from lab.engine.session import Session
from lab.paths import CHECKOUT


def _run(session: Session, *command: str) -> subprocess.CompletedProcess[str]:
    path = f"{session.tools['helm'].parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "KUBECONFIG": str(session.run.kubeconfig), "PATH": path}
    return subprocess.run(
        command, cwd=CHECKOUT, env=env, capture_output=True, text=True, check=False
    )


def helm(session: Session, *words: str) -> str:
    """What helm prints, run in the hub's namespace; it has to succeed."""
    done = _run(session, "helm", *words, "--namespace", session.hub.ns)
    assert done.returncode == 0, done.stderr
    return done.stdout


def values(session: Session, release: str) -> dict[str, Any]:
    """A release's values as helm has them."""
    return dict(yaml.safe_load(helm(session, "get", "values", release, "--output", "yaml")))


def compared(session: Session) -> subprocess.CompletedProcess[str]:
    """`hubctl diff --deployed`: the stack file against what helm has."""
    words = ["diff", str(session.stack_file), "--deployed", "--exit-code"]
    return _run(session, sys.executable, "-m", "hubctl", *words)
