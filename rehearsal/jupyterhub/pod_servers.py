"""Real Jupyter servers for simulated pods.

A user's simulated pod runs nothing, but it has a loopback address of its own (Linux only: other
systems do not answer on all of 127.0.0.0/8). A server that is started there with exactly the pod's
command, arguments and environment makes the launch whole. Changed for that is only what a
container would have brought: the address to listen on is the pod's own instead of 0.0.0.0, PATH
and HOME are of this machine, and root needs `--allow-root`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kubernetes.client.exceptions import ApiException

from lab.cluster import kwok_stages
from lab.cluster.client import Kube
from lab.errors import LabError
from lab.install.jupyterhub_env import HubEnv
from rehearsal.jupyterhub.process_tree import end_family

USER_PODS = f"component={kwok_stages.SERVED}"
"""Label selector of the pods that JupyterHub makes."""

_CONTAINER = "notebook"
_ANYWHERE = "0.0.0.0"  # noqa: S104 - what is replaced, never listened on
_POLL_SECONDS = 0.2
_END_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class PodServer:
    """A server that was started for a pod."""

    pod: str
    uid: str
    process: subprocess.Popen[bytes]
    folder: Path

    def log(self) -> str:
        """What it said; holds the URL with its token: not for a report."""
        return (self.folder / "server.log").read_text(errors="replace")

    def end(self) -> None:
        """Ends it with its kernels, and removes its files."""
        end_family(self.process, self.folder, patience=_END_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)


def start_server(pod: Mapping[str, Any], env: HubEnv) -> PodServer:
    """Starts what the pod (an object of the API) would run. Raises LabError when its command
    does not exist here or its environment is from places that only a cluster has."""
    name, address = pod["metadata"]["name"], pod["status"]["podIP"]
    folder = Path(tempfile.mkdtemp(prefix=f"binderhub-pod-{os.getpid()}-"))
    try:
        with os.fdopen(
            os.open(folder / "server.log", os.O_WRONLY | os.O_CREAT, 0o600), "wb"
        ) as log:
            process = subprocess.Popen(
                command_of(pod),
                cwd=folder,
                env={**_outside(env, folder), **environment_of(pod)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise LabError(
            f"The command of pod {name} cannot be run ({error.filename}: {error.strerror}) "
            f"for address {address}; check user.command of the stack."
        ) from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return PodServer(pod=name, uid=pod["metadata"]["uid"], process=process, folder=folder)


def command_of(pod: Mapping[str, Any]) -> list[str]:
    """Command and arguments of the pod's server, on the pod's own address."""
    container, address = _container(pod), pod["status"]["podIP"]
    whole = [*container.get("command", []), *container.get("args", [])]
    out = [f"--ip={address}" if part == f"--ip={_ANYWHERE}" else part for part in whole]
    return [*out, "--allow-root"] if os.geteuid() == 0 else out


def environment_of(pod: Mapping[str, Any]) -> dict[str, str]:
    """Environment of the pod's server, with its URL on the pod's own address."""
    out: dict[str, str] = {}
    for entry in _container(pod).get("env", []):
        if "valueFrom" in entry:
            raise LabError(
                f"Variable {entry['name']} of pod {pod['metadata']['name']} takes its value from "
                "an object of the cluster, which a server on this machine does not see."
            )
        out[entry["name"]] = entry.get("value", "")
    if url := out.get("JUPYTERHUB_SERVICE_URL"):
        parts = urlsplit(url)
        where = f"{pod['status']['podIP']}:{parts.port}"
        out["JUPYTERHUB_SERVICE_URL"] = parts._replace(netloc=where).geturl()
    return out


@contextmanager
def pod_servers(kubeconfig: Path | str, namespace: str, env: HubEnv) -> Iterator[PodServers]:
    """While the block lasts, every user pod of the namespace has a real server, from the moment
    it runs until it is deleted."""
    servers = PodServers(Kube(kubeconfig), namespace, env)
    thread = threading.Thread(target=servers.follow, daemon=True)
    thread.start()
    try:
        yield servers
    finally:
        servers.stop()
        thread.join()


class PodServers:
    """Keeps servers and pods in step. `problems` are sentences about pods without a server."""

    def __init__(self, client: Kube, namespace: str, env: HubEnv) -> None:
        self.problems: list[str] = []
        self.by_uid: dict[str, PodServer] = {}
        self._client, self._namespace, self._env = client, namespace, env
        self._stop = threading.Event()

    def follow(self) -> None:
        tried: set[str] = set()
        try:
            while not self._stop.wait(_POLL_SECONDS):
                try:
                    self._step(tried)
                except (ApiException, OSError) as error:
                    self.problems.append(f"user pods could not be listed: {error}")
        finally:
            for server in self.by_uid.values():
                server.end()
            self._client.close()

    def stop(self) -> None:
        self._stop.set()

    def _step(self, tried: set[str]) -> None:
        pods = self._running()
        # An address may be given to another pod: the old server must not answer there.
        for uid in self.by_uid.keys() - pods.keys():
            self.by_uid.pop(uid).end()
        for uid in pods.keys() - tried:
            tried.add(uid)
            try:
                self.by_uid[uid] = start_server(pods[uid], self._env)
            except LabError as error:
                self.problems.append(str(error))

    def _running(self) -> dict[str, Any]:
        path = f"/api/v1/namespaces/{self._namespace}/pods"
        listed = self._client.request("GET", path, query={"labelSelector": USER_PODS})["items"]
        return {
            pod["metadata"]["uid"]: pod
            for pod in listed
            if pod["status"].get("podIP")
            and pod["status"].get("phase") == "Running"
            and not pod["metadata"].get("deletionTimestamp")
        }


def _container(pod: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(
        one for one in pod["spec"]["containers"] if one["name"] == _CONTAINER
    )
    return found


def _outside(env: HubEnv, folder: Path) -> dict[str, str]:
    """What an image brings: programs, a home, and nothing of the caller's Jupyter settings."""
    return {**env.environment(), "HOME": str(folder), "SHELL": "/bin/sh"}
