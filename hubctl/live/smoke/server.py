"""The server that a launch started: its checks, and its end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from hubctl.console.errors import NoAnswer
from hubctl.live.smoke.probe import Probe


class Server:
    """`told` is the event `ready`: the server's url and, on an open hub, its token."""

    def __init__(
        self, probe: Probe, told: dict[str, Any], wait: Callable[[float], None] = time.sleep
    ) -> None:
        self.plan, self.client, self.told = probe.plan, probe.client, told
        self._add, self._say, self._wait = probe.add, probe.say, wait

    def api(self) -> None:
        """Whether the server's API opens to its own token and to no other."""
        started = time.monotonic()
        url, token = self._url(), self._token()
        if url is None:
            self._add("server", "error", f"it is at {self.told.get('url')!r}, not on the hub",
                      "BinderHub.hub_url must be the hub's public address.", started)  # fmt: skip
            return
        try:
            answered = self.client.request("GET", f"{url}api/status", token=token)
            told = answered.json() if answered.status_code == 200 else None
            stranger = self.client.request("GET", f"{url}api/status", token="not-the-token")
        except (NoAnswer, ValueError) as error:
            self._add("server", "error", f"its API does not answer: {error}", since=started)
            return
        if not isinstance(told, dict):
            self._add("server", "error", f"its API answered {answered.status_code} to its token",
                      "the image may lack what the command needs (singleuser.cmd).", started)  # fmt: skip
        elif stranger.status_code == 200:
            self._add("server", "error", "its API answers to any token",
                      "stop the hub: anybody can use anybody's server.", started)  # fmt: skip
        else:
            self._add(
                "server", "ok", "its API answers to its token, and to no other", since=started
            )

    def cors(self, stream_allows: str | None) -> None:
        """Whether BinderHub's stream and the server allow the origin of `launch.cors`, and no other."""
        expected = self.plan.cors
        if stream_allows != expected:
            self._add("cors", "error", f"BinderHub allows {stream_allows or 'no origin'}, "
                      f"the stack file {expected or 'none'}", "run `pulumi up`; see launch.cors.")  # fmt: skip
            return
        url = self._url()
        if url is None or expected is None or self.plan.members_only:
            self._add("cors", "ok", f"BinderHub allows {expected or 'no other origin'}")
            return
        try:
            answer = self.client.request("GET", f"{url}api/status", token=self._token(),
                                         origin=self.plan.origin)  # fmt: skip
        except NoAnswer as error:
            self._add("cors", "error", str(error))
            return
        allowed = answer.headers.get("access-control-allow-origin")
        good = allowed in (expected, self.plan.origin)
        self._add("cors", "ok" if good else "error", f"BinderHub allows {expected}, the server {allowed or 'none'}",
                  "" if good else "the spawner's cors_allow_origin differs; see launch.cors.")  # fmt: skip

    def stop(self) -> None:
        """Stop the server: it costs a node until it is culled. A warning when it stays."""
        started = time.monotonic()
        self._say("stopping the server")
        url = self._url()
        if url is None:
            self._add("clean-up", "warning", "the server's address is not on the hub; it was left",
                      since=started)  # fmt: skip
            return
        try:
            gone = self._stop_as_member(url) if self.plan.members_only else self._stop_itself(url)
        except (NoAnswer, ValueError) as error:
            self._add("clean-up", "warning", f"the server was not stopped: {error}",
                      "it is culled when it is idle.", started)  # fmt: skip
            return
        if gone:
            self._add("clean-up", "ok", "the server is gone", since=started)
        else:
            self._add("clean-up", "warning", "the server is still there",
                      "it is culled when it is idle.", started)  # fmt: skip

    def _stop_itself(self, url: str) -> bool:
        """A throw-away user's server ends itself; the hub then removes the user."""
        token = self._token()
        self.client.request("POST", f"{url}api/shutdown", token=token)
        return self._until(lambda: self._answers(f"{url}api/status", token) is False)

    def _answers(self, url: str, token: str | None) -> bool:
        try:
            return self.client.request("GET", url, token=token).status_code == 200
        except NoAnswer:
            return False

    def _stop_as_member(self, url: str) -> bool:
        api, token = f"{self.plan.hub_url}hub/api", self.client.token
        me = self.client.request("GET", f"{api}/user", token=token).json()["name"]
        path = urlsplit(url).path.rstrip("/").split("/")
        name = "".join(path[path.index("user") + 2 :][:1]) if "user" in path else ""
        address = f"{api}/users/{quote(me, safe='')}"
        server, data, stopped = "server", None, ""
        if name:
            server = f"servers/{quote(name, safe='%')}"
            # One that is only stopped still counts towards the member's limit.
            data, stopped = json.dumps({"remove": True}), "?include_stopped_servers=1"
        done = self.client.request("DELETE", f"{address}/{server}", token=token, data=data)
        if done.status_code not in (202, 204, 404):
            return False

        def gone() -> bool:
            told = self.client.request("GET", f"{address}{stopped}", token=token).json()
            return name not in (told.get("servers") or {})

        return self._until(gone)

    def _until(self, done: Callable[[], bool], seconds: float = 60) -> bool:
        for _ in range(int(seconds / 2) + 1):
            if done():
                return True
            self._wait(2)
        return False

    def _url(self) -> str | None:
        """Where the server is; None when that is not on this hub (then no token goes there)."""
        url = str(self.told.get("url", ""))
        same = urlsplit(url)[:2] == urlsplit(self.plan.hub_url)[:2]
        return (url if url.endswith("/") else f"{url}/") if same else None

    def _token(self) -> str | None:
        if self.plan.members_only:
            return self.client.token
        return str(self.told.get("token") or "") or None
