"""One run of smoke, in order. What was launched is stopped again, whatever happens."""

from __future__ import annotations

import time
from collections.abc import Callable

from hubctl.console.checks import Check
from hubctl.console.errors import NoAnswer
from hubctl.console.output import Say
from hubctl.live.smoke import hosts
from hubctl.live.smoke.client import SILENCE, Client
from hubctl.live.smoke.events import ADVICE, LaunchProgress, events
from hubctl.live.smoke.plan import Plan
from hubctl.live.smoke.probe import Probe
from hubctl.live.smoke.server import Server

_NEEDS_LOGIN = (
    "give a token of a member in HUBCTL_TOKEN or --token-file; see `hubctl smoke --help`."
)


class Smoke:
    """`launch` is what BinderHub's event stream told so far.

    Args:
        timeout: seconds for build and launch.
        silence: seconds without a sign of life after which the stream counts as broken.
        wait: how to wait for a server to end; tests do not.
    """

    def __init__(
        self, plan: Plan, client: Client, say: Say, *, timeout: float = 1800, silence: float = SILENCE,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self.plan, self.client = plan, client
        self.probe = Probe(plan, client, say)
        self._add, self._say = self.probe.add, say
        self.timeout, self.silence, self._wait = timeout, silence, wait
        self.launch = LaunchProgress()
        self.stream_allows: str | None = None

    def run(self, *, launch: bool = True) -> list[Check]:
        """Every check; never raises for what a hub does."""
        probe = self.probe
        reachable = all([hosts.hub(probe), hosts.hub_health(probe), hosts.binder(probe)])
        hosts.binder_health(probe)
        hosts.binder_page(probe)
        if not launch:
            probe.add("launch", "skipped", "not asked for (--no-launch)")
        elif not reachable:
            probe.add("launch", "skipped", "the hub cannot be reached")
        else:
            try:
                self._launch()
                if self.launch.outcome == "ready":
                    self._server().api()
                    self._server().cors(self.stream_allows)
            finally:
                if self.launch.server:
                    self._server().stop()
        return probe.checks

    def _server(self) -> Server:
        return Server(self.probe, self.launch.server, self._wait)

    def _launch(self) -> None:
        started = time.monotonic()
        url = f"{self.plan.binder_url}build/{self.plan.spec}"
        deadline = started + self.timeout
        shown = 0
        try:
            with self.client.stream(url, origin=self.plan.origin, deadline=deadline, silence=self.silence) as (
                response, lines,
            ):  # fmt: skip
                self.stream_allows = response.headers.get("access-control-allow-origin")
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
                        self._say(f"{self.launch.phases[-1]} ({time.monotonic() - started:.0f} s)")
                    if self.launch.outcome:
                        break
        except NoAnswer as error:
            last = self.launch.phases[-1] if self.launch.phases else "nothing"
            self._add(
                "launch", "error", f"{error}; the last event was {last!r}", ADVICE["cut"], started
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
