"""One hub under test: it is asked, and what was found is kept."""

from __future__ import annotations

import time
from typing import Any

from hubctl.console.checks import Check, State
from hubctl.console.errors import NoAnswer
from hubctl.console.output import Say
from hubctl.live.smoke.client import Client
from hubctl.live.smoke.plan import Plan


class Probe:
    """`checks` grows with every `add`."""

    def __init__(self, plan: Plan, client: Client, say: Say) -> None:
        self.plan, self.client, self.say = plan, client, say
        self.checks: list[Check] = []

    def add(
        self, name: str, state: State, detail: str, fix: str = "", since: float | None = None
    ) -> bool:
        """Enter a check; `since` is when it began (monotonic). True when all is well."""
        seconds = None if since is None else time.monotonic() - since
        self.checks.append(Check(name=name, state=state, detail=detail, fix=fix, seconds=seconds))
        return state == "ok"

    def get_json(self, name: str, url: str, fix: str) -> Any:
        """The JSON of an address, or None with the check entered."""
        started = time.monotonic()
        self.say(f"{name}: {url}")
        try:
            response = self.client.request("GET", url)
        except NoAnswer as error:
            self.add(name, "error", str(error), fix, started)
            return None
        if response.status_code not in (200, 503):
            self.add(name, "error", f"{url} answered {response.status_code}", fix, started)
            return None
        try:
            return response.json()
        except ValueError:
            said = response.headers.get("content-type", "no type")
            self.add(
                name,
                "error",
                f"{url} answered {response.status_code}, {said}: no JSON",
                fix,
                started,
            )
            return None
