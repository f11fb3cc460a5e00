"""smoke's checks of a launched server against a real JupyterLab, started as an open hub starts it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from hubctl.live.smoke.client import Client
from hubctl.live.smoke.plan import Plan
from hubctl.live.smoke.probe import Probe
from hubctl.live.smoke.server import Server
from lab.install.jupyterhub_env import ensure_hub_env

pytestmark = pytest.mark.hub
TOKEN, ORIGIN = "token-of-this-launch", "https://pages.example.org"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    environment = {**os.environ, **ensure_hub_env().environment(), "HOME": str(tmp_path)}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"base_url": "/user/x/", "token": TOKEN, "trust_xheaders": "True",
                "allow_origin": ORIGIN}  # fmt: skip
    words = ["jupyter-lab", "--ip=127.0.0.1", f"--port={port}", "--no-browser", "--allow-root"]
    words += [
        f"--{app}.{k}={v}" for app in ("NotebookApp", "ServerApp") for k, v in settings.items()
    ]
    log = (tmp_path / "log").open("wb")
    process = subprocess.Popen(words, env=environment, cwd=tmp_path, stdout=log, stderr=log)
    base = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(200):
            try:
                if requests.get(f"{base}user/x/api", timeout=2).ok:
                    break
            except requests.RequestException:
                time.sleep(0.3)
        yield base, process
    finally:
        process.kill()
        process.wait()
        log.close()


def test_the_real_server_opens_to_its_token_only_and_ends_when_told(
    server: tuple[str, subprocess.Popen[bytes]],
) -> None:
    base, process = server
    plan = Plan(hub_url=base, binder_url=base, members_only=False, spec="gh/a/b/HEAD", cors=ORIGIN)
    probe = Probe(plan, Client(), lambda text: None)
    launched = Server(probe, {"url": f"{base}user/x/", "token": TOKEN})
    launched.api()
    launched.cors(ORIGIN)
    launched.stop()
    assert [(c.name, c.state) for c in probe.checks] == [
        ("server", "ok"), ("cors", "ok"), ("clean-up", "ok"),
    ], probe.checks  # fmt: skip
    assert process.wait(timeout=20) == 0
