"""The checks on a running hub, in order. What was launched is stopped again, whatever happens."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from hubctl.console.checks import Check, State
from hubctl.console.errors import NoAnswer
from hubctl.console.output import Say
from hubctl.live.smoke.client import SILENCE, Client
from hubctl.live.smoke.events import ADVICE, LaunchProgress, events
from hubctl.live.smoke.plan import Plan

_NEEDS_LOGIN = (
    "give a token of a member in HUBCTL_TOKEN or --token-file; see `hubctl smoke --help`."
)


class Smoke:
    """One run. `checks` grows as it goes."""

    def __init__(
        self, plan: Plan, client: Client, say: Say, *, timeout: float = 1800, silence: float = SILENCE,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self.plan, self.client, self.say = plan, client, say
        self.timeout, self.silence, self._wait = timeout, silence, wait
        self.checks: list[Check] = []
        self.launch = LaunchProgress()
        self._stream_cors: str | None = None

    def run(self, *, launch: bool = True) -> list[Check]:
        """Every check; never raises for what a hub does."""
        reachable = all([self._hub(), self._hub_health(), self._binder_versions()])
        self._binder_health()
        self._binder_page()
        if not launch:
            self._add("launch", "skipped", "not asked for (--no-launch)")
        elif not reachable:
            self._add("launch", "skipped", "the hub cannot be reached")
        else:
            try:
                self._launch()
                if self.launch.outcome == "ready":
                    self._server()
                    self._cors()
            finally:
                if self.launch.server:
                    self._stop()
        return self.checks

    def _add(
        self, name: str, state: State, detail: str, fix: str = "", since: float | None = None
    ) -> bool:
        seconds = None if since is None else time.monotonic() - since
        self.checks.append(Check(name=name, state=state, detail=detail, fix=fix, seconds=seconds))
        return state == "ok"

    def _get(self, name: str, url: str, fix: str, **options: Any) -> Any:
        """The JSON of an address, or None with the check entered."""
        started = time.monotonic()
        self.say(f"{name}: {url}")
        try:
            response = self.client.request("GET", url, **options)
        except NoAnswer as trouble:
            self._add(name, "error", str(trouble), fix, started)
            return None
        if response.status_code not in (200, 503):
            self._add(name, "error", f"{url} answered {response.status_code}", fix, started)
            return None
        try:
            return response.json()
        except ValueError:
            said = response.headers.get("content-type", "no type")
            self._add(
                name,
                "error",
                f"{url} answered {response.status_code}, {said}: no JSON",
                fix,
                started,
            )
            return None

    # --- hosts ------------------------------------------------------------------------------

    def _hub(self) -> bool:
        url = f"{self.plan.hub_url}hub/api/"
        told = self._get("hub", url, "check DNS, certificate and ingress with `hubctl doctor`.")
        if told is None:
            return False
        version = told.get("version") if isinstance(told, dict) else None
        if not version:
            return self._add("hub", "error", f"{url} is not JupyterHub", "check domains.hub.")
        return self._add("hub", "ok", f"JupyterHub {version} at {self.plan.hub_url}")

    def _hub_health(self) -> bool:
        started = time.monotonic()
        url = f"{self.plan.hub_url}hub/health"
        try:
            status = self.client.request("GET", url).status_code
        except NoAnswer as trouble:
            return self._add("hub health", "error", str(trouble), since=started)
        if status != 200:
            return self._add("hub health", "error", f"it answered {status}", "kubectl logs deployment/hub",
                             since=started)  # fmt: skip
        return self._add("hub health", "ok", "healthy", since=started)

    def _binder_versions(self) -> bool:
        told = self._get("binder", f"{self.plan.binder_url}versions",
                         "check DNS, certificate and ingress with `hubctl doctor`.")  # fmt: skip
        if told is None:
            return False
        version = told.get("binderhub") if isinstance(told, dict) else None
        if not version:
            return self._add(
                "binder",
                "error",
                f"{self.plan.binder_url} is not BinderHub",
                "check domains.binder.",
            )
        return self._add("binder", "ok", f"BinderHub {version} at {self.plan.binder_url}")

    def _binder_health(self) -> bool:
        told = self._get(
            "binder health", f"{self.plan.binder_url}health", "kubectl logs deployment/binderhub"
        )
        if not isinstance(told, dict):
            return False
        ill = [
            str(c.get("service"))
            for c in told.get("checks", [])
            if isinstance(c, dict) and not c.get("ok") and not c.get("_ignore_failure")
        ]
        if not told.get("ok") or ill:
            fix = (
                "BinderHub cannot reach its registry with the credentials that it has: `hubctl doctor`."
                if "Docker registry" in ill
                else "kubectl logs deployment/binderhub"
            )
            return self._add("binder health", "error", f"ill: {', '.join(ill) or 'unknown'}", fix)
        return self._add("binder health", "ok", "healthy")

    def _binder_page(self) -> bool:
        started = time.monotonic()
        url = self.plan.binder_url
        try:
            response = self.client.request("GET", url)
        except NoAnswer as trouble:
            return self._add("binder page", "error", str(trouble), since=started)
        status, to = response.status_code, response.headers.get("location", "")
        if self.plan.members_only:
            host = urlsplit(to).netloc
            if status in (302, 303) and "oauth2/authorize" in to:
                if host in (urlsplit(self.plan.hub_url).netloc, ""):
                    return self._add("binder page", "ok", "asks visitors to log in", since=started)
                return self._add("binder page", "error", f"it sends visitors to {host} to log in",
                                 "BinderHub.hub_url must be the hub's public address.",
                                 started)  # fmt: skip
            return self._add("binder page", "error", f"it answered {status} without asking for a log-in",
                             "a members-only hub is open to everybody: check auth and both auth_enabled.",
                             started)  # fmt: skip
        if status == 200:
            return self._add("binder page", "ok", "open to everybody", since=started)
        fix = "404 means API-only mode; 302 means that BinderHub wants a log-in."
        return self._add("binder page", "error", f"it answered {status}", fix, started)

    # --- launch -----------------------------------------------------------------------------

    def _launch(self) -> None:
        started = time.monotonic()
        url = f"{self.plan.binder_url}build/{self.plan.spec}"
        deadline = started + self.timeout
        shown = 0
        try:
            with self.client.stream(url, origin=self._origin(), deadline=deadline, silence=self.silence) as (
                response, lines,
            ):  # fmt: skip
                self._stream_cors = response.headers.get("access-control-allow-origin")
                kind = response.headers.get("content-type", "")
                if not kind.startswith("text/event-stream"):
                    self._add("launch", "error", f"it answered {response.status_code}, {kind or 'no type'}: "
                              "no event stream", _NEEDS_LOGIN if self.plan.members_only else "check the ingress.",
                              started)  # fmt: skip
                    return
                for event in events(lines):
                    self.launch.take(event)
                    if len(self.launch.phases) > shown:
                        shown = len(self.launch.phases)
                        self.say(f"{self.launch.phases[-1]} ({time.monotonic() - started:.0f} s)")
                    if self.launch.outcome:
                        break
        except NoAnswer as trouble:
            last = self.launch.phases[-1] if self.launch.phases else "nothing"
            self._add(
                "launch", "error", f"{trouble}; the last event was {last!r}", ADVICE["cut"], started
            )
            return
        outcome = self.launch.end()
        if outcome == "ready":
            how = "built and launched" if "building" in self.launch.phases else "launched"
            self._add("launch", "ok", f"{how} {self.plan.spec}", since=started)
        else:
            log = "".join(f"\n    {line}" for line in self.launch.log)
            self._add("launch", "error", f"{outcome}: {self.launch.message or 'no message'}",
                      ADVICE[outcome] + (f"\n  last lines:{log}" if log else ""), started)  # fmt: skip

    def _origin(self) -> str | None:
        if not self.plan.cors:
            return None
        return "https://hubctl.invalid" if self.plan.cors == "*" else self.plan.cors

    def _url(self) -> str | None:
        """Where the server is; None when that is not on this hub (then no token goes there)."""
        url = str(self.launch.server.get("url", ""))
        same = urlsplit(url)[:2] == urlsplit(self.plan.hub_url)[:2]
        return (url if url.endswith("/") else f"{url}/") if same else None

    def _server_token(self) -> str | None:
        if self.plan.members_only:
            return self.client.token
        return str(self.launch.server.get("token") or "") or None

    def _server(self) -> None:
        started = time.monotonic()
        url, token = self._url(), self._server_token()
        if url is None:
            self._add("server", "error", f"it is at {self.launch.server.get('url')!r}, not on the hub",
                      "BinderHub.hub_url must be the hub's public address.", started)  # fmt: skip
            return
        try:
            answered = self.client.request("GET", f"{url}api/status", token=token)
            told = answered.json() if answered.status_code == 200 else None
            stranger = self.client.request("GET", f"{url}api/status", token="not-the-token")
        except (NoAnswer, ValueError) as trouble:
            self._add("server", "error", f"its API does not answer: {trouble}", since=started)
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

    def _cors(self) -> None:
        expected = self.plan.cors
        if self._stream_cors != expected:
            self._add("cors", "error", f"BinderHub allows {self._stream_cors or 'no origin'}, "
                      f"the stack file {expected or 'none'}", "run `pulumi up`; see launch.cors.")  # fmt: skip
            return
        url = self._url()
        if url is None or expected is None or self.plan.members_only:
            self._add("cors", "ok", f"BinderHub allows {expected or 'no other origin'}")
            return
        try:
            answer = self.client.request("GET", f"{url}api/status", token=self._server_token(),
                                         origin=self._origin())  # fmt: skip
        except NoAnswer as trouble:
            self._add("cors", "error", str(trouble))
            return
        allowed = answer.headers.get("access-control-allow-origin")
        good = allowed in (expected, self._origin())
        self._add("cors", "ok" if good else "error", f"BinderHub allows {expected}, the server {allowed or 'none'}",
                  "" if good else "the spawner's cors_allow_origin differs; see launch.cors.")  # fmt: skip

    # --- afterwards ---------------------------------------------------------------------------

    def _stop(self) -> None:
        started = time.monotonic()
        self.say("stopping the server")
        url = self._url()
        if url is None:
            self._add("clean-up", "warning", "the server's address is not on the hub; it was left",
                      since=started)  # fmt: skip
            return
        try:
            gone = self._stop_as_member(url) if self.plan.members_only else self._stop_itself(url)
        except (NoAnswer, ValueError) as trouble:
            self._add("clean-up", "warning", f"the server was not stopped: {trouble}",
                      "it is culled when it is idle.", started)  # fmt: skip
            return
        if gone:
            self._add("clean-up", "ok", "the server is gone", since=started)
        else:
            self._add("clean-up", "warning", "the server is still there",
                      "it is culled when it is idle.", started)  # fmt: skip

    def _stop_itself(self, url: str) -> bool:
        """A throw-away user's server ends itself; the hub then removes the user."""
        token = self._server_token()
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
