"""The real JupyterHub as a process of this machine, with its proxy and culler, on loopback.

Configured by a `HubSource`; its pods are made in the cluster of a kubeconfig. Ready in 5 to
15 s. The hub, the proxy and the culler each have a session of their own, so they are told by
their working directory, which is private to one run, and all of them are ended with it.
"""

from __future__ import annotations

import json
import os
import secrets as random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from lab.cluster.certificates import write_private
from lab.errors import LabError
from lab.install.jupyterhub_env import HubEnv
from rehearsal.jupyterhub.http import ask
from rehearsal.jupyterhub.process_tree import end_family, family
from rehearsal.jupyterhub.source import BINDER_TOKEN, PROXY_TOKEN, HubSource

HERE = Path(__file__).resolve().parent
CHART_FOLDER = "/usr/local/etc/jupyterhub"
"""Where the chart's program looks for its files in a container."""

_READY_SECONDS = 60.0
PATIENCE = 25.0
"""Seconds that a hub may take to end by itself; it was seen to take over ten."""
_POLL_SECONDS = 0.1
_CURL = 'AsyncHTTPClient.configure("tornado.curl_httpclient.CurlAsyncHTTPClient")'
_QUOTED_LINES = 12


@dataclass(frozen=True, kw_only=True)
class RunningHub:
    """A hub that answers. `url` is its public address (the proxy's), with the trailing slash;
    `helper_token` creates users and their tokens on a members-only hub (a service of the
    rehearsal, not of the hub that is rehearsed), None otherwise."""

    source: HubSource
    url: str
    hub_port: int
    folder: Path
    pid: int
    ready_seconds: float
    helper_token: str | None

    @property
    def binder_token(self) -> str:
        """BinderHub's token for the hub's API."""
        return self.source.secret[BINDER_TOKEN]

    def api(
        self, method: str, path: str, *, token: str | None = None, body: object = None
    ) -> requests.Response:
        """A call of `/hub/api/<path>` through the proxy; by default as BinderHub."""
        return ask(
            method,
            f"{self.url}hub/api/{path}",
            json=body,
            headers={"Authorization": f"token {token or self.binder_token}"},
            allow_redirects=False,
        )

    def log(self) -> str:
        """What the hub, its proxy and its culler have said so far, with secrets masked."""
        return masked(self.folder / "hub.log", self.source, self.helper_token)

    def processes(self) -> list[int]:
        """Process ids of the hub, its proxy, its culler and whatever else they started."""
        return [process.pid for process in family(self.folder)]


@contextmanager
def running_hub(
    source: HubSource,
    env: HubEnv,
    *,
    kubeconfig: Path | None,
    hub_port: int | None = None,
    patience: float = PATIENCE,
) -> Iterator[RunningHub]:
    """Runs the hub while the block lasts; afterwards all its processes are gone, and so are
    its files.

    `hub_port`: the hub's own port, any free one by default (the culler follows).
    `patience`: seconds that it may take to end by itself; 0 ends it at once.
    Raises LabError, with the end of its log, when it ends or does not answer in time.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"binderhub-hub-{os.getpid()}-"))
    process: subprocess.Popen[bytes] | None = None
    helper = random.token_hex(16) if source.members_only else None
    try:
        ports = _ports(hub_port)
        _write_files(source, env, folder, ports, helper)
        started = time.monotonic()
        with os.fdopen(os.open(folder / "hub.log", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as log:
            process = subprocess.Popen(
                [str(env.python), "-m", "jupyterhub", "--config=jupyterhub_config.py"],
                cwd=folder,
                env=_environment(source, env, kubeconfig, folder, ports),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        url = f"http://127.0.0.1:{ports['public']}/"
        # First the hub itself: a proxy without a hub fills the log with complaints.
        for port in (ports["hub"], ports["public"]):
            _wait(process, f"http://127.0.0.1:{port}/hub/api/", folder, source, helper)
        yield RunningHub(
            source=source,
            url=url,
            hub_port=ports["hub"],
            folder=folder,
            pid=process.pid,
            ready_seconds=time.monotonic() - started,
            helper_token=helper,
        )
    finally:
        end_family(process, folder, patience=patience)
        shutil.rmtree(folder, ignore_errors=True)


def masked(log: Path, source: HubSource, *more: str | None) -> str:
    """A log without the hub's secrets."""
    text = log.read_text(errors="replace") if log.is_file() else ""
    hidden = [*source.secret_texts(), *(one for one in more if one)]
    # Longest first: one secret may be a part of another.
    for one in sorted(hidden, key=len, reverse=True):
        text = text.replace(one, "<secret>")
    return text


def _write_files(
    source: HubSource,
    env: HubEnv,
    folder: Path,
    ports: Mapping[str, int],
    helper: str | None,
) -> None:
    """The chart's files in a private folder, and the two that keep the hub on loopback."""
    for kind, files in (("config", source.config), ("secret", source.secret)):
        (folder / kind).mkdir(mode=0o700)
        for name, text in files.items():
            write_private(folder / kind / name, text.encode())
    program = "assembled_config.py"
    if source.origin == "the release's objects":
        program = "chart_config.py"
        for name, target in (("jupyterhub_config.py", program), ("z2jh.py", "z2jh.py")):
            text = source.config[name].replace(CHART_FOLDER, str(folder))
            if not env.curl:
                text = text.replace(_CURL, "")
            write_private(folder / target, text.encode())
    else:
        shutil.copyfile(HERE / program, folder / program)
    shutil.copyfile(HERE / "loopback_config.py", folder / "jupyterhub_config.py")
    told: dict[str, Any] = {
        "config": program,
        "hub_port": ports["hub"],
        "public_port": ports["public"],
        "proxy_port": ports["proxy"],
        "chp": str(env.chp),
        "helper": helper,
    }
    write_private(folder / "loopback.json", json.dumps(told).encode())


def _environment(
    source: HubSource,
    env: HubEnv,
    kubeconfig: Path | None,
    folder: Path,
    ports: Mapping[str, int],
) -> dict[str, str]:
    """What the hub's pod has in its environment, with loopback addresses for its services."""
    names = {name: source.config.get(name, name) for name in ("hub", "proxy-api", "proxy-public")}
    services = {"hub": "hub", "proxy-api": "proxy", "proxy-public": "public"}
    out = {
        **env.environment(),
        "HELM_RELEASE_NAME": source.release,
        "POD_NAMESPACE": source.namespace,
        "CONFIGPROXY_AUTH_TOKEN": source.secret[PROXY_TOKEN],
        # Without a cluster, none at all: never the one of the person who runs this.
        "KUBECONFIG": str(kubeconfig or folder / "no-cluster"),
        # The hub's secrets are in its environment: nothing of it goes to files in HOME.
        "HOME": str(folder),
    }
    for short, port in services.items():
        prefix = names[short].upper().replace("-", "_")
        out[f"{prefix}_SERVICE_HOST"] = "127.0.0.1"
        out[f"{prefix}_SERVICE_PORT"] = str(ports[port])
    return out


def _ports(hub_port: int | None) -> dict[str, int]:
    wanted = {"hub": hub_port or 0, "public": 0, "proxy": 0}
    held: list[socket.socket] = []
    chosen: dict[str, int] = {}
    try:
        for name, port in wanted.items():
            listener = socket.socket()
            held.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
                listener.listen()
            except OSError as error:
                raise LabError(
                    f"Port {port} on 127.0.0.1 is taken ({error.strerror}), so the hub cannot "
                    "listen there; end what uses it, or let a free port be chosen."
                ) from error
            chosen[name] = listener.getsockname()[1]
    finally:
        for listener in held:
            listener.close()
    return chosen


def _wait(
    process: subprocess.Popen[bytes], url: str, folder: Path, source: HubSource, helper: str | None
) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            lines = masked(folder / "hub.log", source, helper).splitlines()[-_QUOTED_LINES:]
            what = "ended at its start" if ended else f"did not answer in {_READY_SECONDS:g} s"
            told = "\n".join(f"  {line[:300]}" for line in lines)
            raise LabError(f"JupyterHub {what}. The end of its log:\n{told}")
        with suppress(requests.RequestException):
            if ask("GET", url, timeout=2).status_code == 200:
                return
        time.sleep(_POLL_SECONDS)
