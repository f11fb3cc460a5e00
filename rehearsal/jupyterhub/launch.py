"""One launch, followed to its end: what BinderHub asks of a hub, and what a visitor then does.

BinderHub's part: make the user (open hub) or act for one (members-only), start a server with an
image and a token, read the progress until it is ready. The visitor's part: open the server
through the proxy, run something in a kernel, and use it from another web page (CORS).

Nothing raises on a failed step: each is recorded with what was seen. Tokens are in no record.
"""

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
import websocket
from kubernetes.client.exceptions import ApiException

from lab.cluster.client import Kube
from lab.install.jupyterhub_env import HubEnv
from rehearsal.jupyterhub.http import ask
from rehearsal.jupyterhub.pod_servers import USER_PODS, PodServers, pod_servers
from rehearsal.jupyterhub.process import RunningHub

IMAGE = "registry.invalid/rehearsal/example-repository:0123abc"
REPOSITORY = "https://github.com/example/repository"
ELSEWHERE = "https://elsewhere.invalid"
"""An origin that no hub allows by name."""

_KERNEL_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class Step:
    """`seen` is what happened, in a few words."""

    name: str
    ok: bool
    seen: str


@dataclass(kw_only=True)
class LaunchResult:
    """What one launch did. `pod` is the object that KubeSpawner made, None if it made none;
    `ready_seconds` runs from the start request to "ready"."""

    user: str
    steps: list[Step] = field(default_factory=list)
    pod: dict[str, Any] | None = None
    ready_seconds: float | None = None

    @property
    def ok(self) -> bool:
        return bool(self.steps) and all(step.ok for step in self.steps)

    def failed(self) -> list[Step]:
        return [step for step in self.steps if not step.ok]


def follow_launch(
    hub: RunningHub,
    kubeconfig: Path | str,
    env: HubEnv,
    *,
    image: str = IMAGE,
    user: str | None = None,
    cors: str | None = None,
    timeout: float = 90.0,
) -> LaunchResult:
    """Follows one launch. `cors` is the origin that the hub allows (None: none). Afterwards
    server and user are removed again."""
    launch = LaunchResult(user=user or f"rehearsal-{secrets.token_hex(4)}")
    with pod_servers(kubeconfig, hub.source.namespace, env) as servers:
        visit = _Visit(hub, launch, servers, image, cors)
        try:
            if visit.made_user() and visit.started(timeout):
                launch.pod = _pod(kubeconfig, hub.source.namespace, launch.user)
                if visit.opened():
                    visit.kernel_answered()
                    visit.cors_checked()
        except (requests.RequestException, OSError, websocket.WebSocketException) as error:
            launch.steps.append(
                Step(name="the launch goes through", ok=False, seen=type(error).__name__)
            )
        finally:
            visit.cleaned_up()
    for problem in servers.problems:
        launch.steps.append(Step(name="the pod's server starts", ok=False, seen=problem))
    return launch


class _Visit:
    """The steps, in order; each says whether it is worth going on."""

    def __init__(
        self,
        hub: RunningHub,
        launch: LaunchResult,
        servers: PodServers,
        image: str,
        cors: str | None,
    ) -> None:
        self._hub, self._launch, self._servers = hub, launch, servers
        self._image, self._cors = image, cors
        self._path = f"users/{quote(launch.user, safe='@~')}"
        self._url = f"{hub.url}user/{quote(launch.user, safe='@~')}/"
        self._token = secrets.token_urlsafe(16)
        self._key = self._token  # What opens the server.

    def made_user(self) -> bool:
        reply = self._hub.api("POST", self._path)
        if not self._hub.source.members_only:
            return self._note("BinderHub makes a user for the launch", reply, 201)
        self._note("BinderHub cannot make users", reply, 403)
        # As the log-in would.
        made = self._hub.api("POST", self._path, token=self._hub.helper_token)
        if not self._note("somebody logs in", made, 201, 409):
            return False
        given = self._hub.api(
            "POST", f"{self._path}/tokens", token=self._hub.helper_token, body={"expires_in": 600}
        )
        if given.status_code == 201:
            self._key = given.json()["token"]
        seen = self._hub.api("GET", self._path)
        return self._note("BinderHub sees the user", seen, 200)

    def started(self, timeout: float) -> bool:
        began = time.monotonic()
        options = {
            "image": self._image,
            "token": self._token,
            "repo_url": REPOSITORY,
            "binder_ref_url": f"{REPOSITORY}/tree/0123abc",
            "binder_launch_host": "https://binder.invalid/",
            "binder_persistent_request": "v2/gh/example/repository/0123abc",
            "binder_request": "v2/gh/example/repository/HEAD",
        }
        reply = self._hub.api("POST", f"{self._path}/servers/", body=options)
        if not self._note("BinderHub starts a server with image and token", reply, 201, 202):
            return False
        last = self._progress(timeout)
        if last.get("ready"):
            self._launch.ready_seconds = time.monotonic() - began
        seen = str(last.get("message") or last)
        return self._add("the server becomes ready", bool(last.get("ready")), seen)

    def opened(self) -> bool:
        status = f"{self._url}api/status"
        reply = self._get(status, self._key)
        good = self._note("the server opens with its token", reply, 200)
        page = self._get(self._url, self._key)
        good &= self._note("its page is served", page, 200)
        self._note("it does not open without a token", self._get(status, None), 403)
        self._note("nor with a wrong one", self._get(status, "wrong"), 403)
        if self._hub.source.members_only:
            reply = self._get(status, self._token)
            self._note("nor with the token that BinderHub chose", reply, 403)
        return good

    def kernel_answered(self) -> None:
        reply = ask("POST", f"{self._url}api/kernels", headers=self._auth(self._key), json={})
        if not self._note("a kernel starts", reply, 201):
            return
        code = "import os; print(6 * 7, os.environ.get('BINDER_REPO_URL'))"
        said = self._run(reply.json()["id"], code)
        self._add("the kernel answers, and knows its repository", said == f"42 {REPOSITORY}", said)

    def cors_checked(self) -> None:
        if self._cors:
            allowed = self._origin(self._cors if self._cors != "*" else ELSEWHERE, self._key)
            seen = f"allows {allowed}"
            self._add("pages of the allowed origin may use it", allowed == self._cors, seen)
        if self._cors == "*":
            return
        # Where no origin is configured, a Jupyter server trusts whoever has the token.
        key = self._key if self._cors else None
        allowed = self._origin(ELSEWHERE, key)
        barred = allowed not in (ELSEWHERE, "*")
        name = "pages of another origin may not" + ("" if key else ", without a token")
        self._add(name, barred, f"allows {allowed or 'none'}")

    def cleaned_up(self) -> None:
        token = self._hub.helper_token or self._hub.binder_token

        def gone() -> bool:
            reply = self._hub.api("DELETE", self._path, token=token)
            return reply.status_code in (204, 404)

        try:
            self._hub.api("DELETE", f"{self._path}/server")
            if not _until(gone, 30.0):
                self._add("server and user are removed", False, "still there after 30 s")
        except requests.RequestException as error:
            self._add("server and user are removed", False, type(error).__name__)

    def _progress(self, timeout: float) -> dict[str, Any]:
        """The last event of the stream that BinderHub reads."""
        deadline = time.monotonic() + timeout
        last: dict[str, Any] = {}
        with ask(
            "GET",
            f"{self._hub.url}hub/api/{self._path}/server/progress",
            headers=self._auth(self._hub.binder_token),
            stream=True,
            timeout=timeout,
        ) as stream:
            for line in stream.iter_lines(decode_unicode=True):
                if line.startswith("data:"):
                    last = json.loads(line.removeprefix("data:"))
                if last.get("ready") or last.get("failed") or time.monotonic() > deadline:
                    break
        return last

    def _run(self, kernel: str, code: str) -> str:
        """What the code printed in the kernel, without the end of the line."""
        header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3"}
        header |= {"username": "", "session": uuid.uuid4().hex, "date": "2020-01-01T00:00:00Z"}
        request = {"header": header, "parent_header": {}, "metadata": {}, "channel": "shell"}
        request |= {"content": {"code": code, "silent": False}}
        address = self._url.replace("http://", "ws://", 1)
        printed = ""
        connection = websocket.create_connection(
            f"{address}api/kernels/{kernel}/channels",
            header=[f"{k}: {v}" for k, v in self._auth(self._key).items()],
            timeout=_KERNEL_SECONDS,
            http_no_proxy=["127.0.0.1"],
        )
        try:
            connection.send(json.dumps(request))
            deadline = time.monotonic() + _KERNEL_SECONDS
            while time.monotonic() < deadline:
                message = json.loads(connection.recv())
                if message["parent_header"].get("msg_id") != header["msg_id"]:
                    continue
                content = message["content"]
                if message["msg_type"] == "stream" and content["name"] == "stdout":
                    printed += content["text"]
                if message["msg_type"] == "execute_reply":
                    # The printed text travels on another channel and may come after it.
                    connection.settimeout(2.0)
                if message["msg_type"] == "status" and content["execution_state"] == "idle":
                    break
        except websocket.WebSocketTimeoutException:
            return printed.strip() or "no answer"
        finally:
            connection.close()
        return printed.strip()

    def _origin(self, origin: str, key: str | None) -> str | None:
        """The origin whose pages may read the answer, as the server says to a page of `origin`."""
        headers = {**(self._auth(key) if key else {}), "Origin": origin}
        reply = ask("GET", f"{self._url}api/status", headers=headers)
        return reply.headers.get("Access-Control-Allow-Origin")

    def _get(self, url: str, key: str | None) -> requests.Response:
        return ask("GET", url, headers=self._auth(key) if key else {})

    @staticmethod
    def _auth(key: str) -> dict[str, str]:
        return {"Authorization": f"token {key}"}

    def _note(self, name: str, reply: requests.Response, *wanted: int) -> bool:
        seen = f"{reply.status_code}"
        if reply.status_code not in wanted:
            seen += f", wanted {' or '.join(map(str, wanted))}"
        return self._add(name, reply.status_code in wanted, seen)

    def _add(self, name: str, ok: bool, seen: str) -> bool:
        self._launch.steps.append(Step(name=name, ok=ok, seen=seen))
        return ok


def _pod(kubeconfig: Path | str, namespace: str, user: str) -> dict[str, Any] | None:
    """The pod of a user's server."""
    client = Kube(kubeconfig)
    try:
        path = f"/api/v1/namespaces/{namespace}/pods"
        pods = client.request("GET", path, query={"labelSelector": USER_PODS})["items"]
    except ApiException:
        return None
    finally:
        client.close()
    key = "hub.jupyter.org/username"
    return next((p for p in pods if p["metadata"].get("annotations", {}).get(key) == user), None)


def _until(reached: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if reached():
            return True
        time.sleep(0.3)
    return False
