"""BinderHub's event stream: what the lines say, and how a launch went. Pure.

https://binderhub.readthedocs.io/en/latest/api.html: lines `data: {"phase": ...}`; lines that
start with a colon keep the connection open. Failures come with status 200 and phase `failed`.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal[
    "ready", "build-failed", "push-denied", "launch-timeout", "launch-failed", "refused",
    "rate-limited", "forbidden", "quota", "busy", "not-found", "unresolved", "cut", "malformed",
]  # fmt: skip
_KEEP = 15
# A registry's own words; repo2docker passes them on without a word about pushing.
_REFUSED_PUSH = re.compile(
    r"(Error during build: )?(denied|unauthorized|authentication required|no basic auth)\b", re.I
)


def events(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Events of a stream; a line that is no JSON becomes {"phase": "malformed"}."""
    for line in lines:
        if not line.startswith(b"data:"):
            continue
        try:
            event = json.loads(line[len(b"data:") :])
        except ValueError:
            event = None
        yield event if isinstance(event, dict) else {"phase": "malformed"}


@dataclass(kw_only=True)
class LaunchProgress:
    """What a stream has said so far."""

    phases: list[str] = field(default_factory=list)
    image: str | None = None
    server: dict[str, Any] = field(default_factory=dict)
    outcome: Outcome | None = None
    message: str = ""
    log: deque[str] = field(default_factory=lambda: deque(maxlen=_KEEP))

    def take(self, event: dict[str, Any]) -> None:
        """Read one event."""
        phase = str(event.get("phase", ""))
        phase = {"failure": "failed"}.get(phase, phase)
        message = str(event.get("message", ""))
        if phase and (not self.phases or self.phases[-1] != phase):
            self.phases.append(phase)
        self.log.extend(line for line in message.splitlines() if line.strip())
        self.image = event.get("imageName", self.image)
        if phase == "ready":
            self.server, self.outcome = event, "ready"
        elif phase == "failed":
            self.outcome, self.message = self._why(event, message), message.strip()
        elif phase == "malformed":
            self.outcome, self.message = "malformed", "a line of the stream is not JSON"

    def _why(self, event: dict[str, Any], message: str) -> Outcome:
        status, before = event.get("status_code"), self.phases[:-1]
        said = f"{message}\n" + "\n".join(self.log)
        if status == 429 or "Rate limit exceeded" in message:
            return "rate-limited"
        if status in (401, 403):
            return "forbidden"
        if "is not allowed to launch" in message:
            return "refused"
        if "Could not resolve ref" in message or "No provider found" in message:
            return "not-found"
        if message.startswith("Error resolving ref"):
            return "unresolved"
        if re.search(r"already has a running server|maximum of \d+ named servers", message):
            return "busy"
        if re.search(r"[Tt]oo many users|quota", message):
            return "quota"
        if "launching" in before or "built" in before:
            slow = re.search(r"took too long|[Tt]imed? ?out", said)
            return "launch-timeout" if slow else "launch-failed"
        if _REFUSED_PUSH.match(message.strip()):
            return "push-denied"
        denied = re.search(r"denied|unauthorized|authentication required|no basic auth", said, re.I)
        if denied and ("pushing" in before or re.search(r"\bpush", said, re.I)):
            return "push-denied"
        return "build-failed"

    def end(self) -> Outcome:
        """The stream is over."""
        if self.outcome is None:
            self.outcome = "cut"
            last = self.phases[-1] if self.phases else "nothing"
            self.message = f"the stream ended after {last!r} without `ready` or `failed`"
        return self.outcome


ADVICE: dict[Outcome, str] = {
    "ready": "",
    "build-failed": "read the log above; try the repository with repo2docker, or another one.",
    "push-denied": "the registry refuses the push: check its credentials with `hubctl doctor`, and "
    "that the account may write to this prefix.",
    "launch-timeout": "no node became free in time, or the image is slow to pull: look at the pod's "
    "events, nodes.max and launch.timeout.",
    "launch-failed": "look at the hub's log: kubectl logs deployment/hub.",
    "refused": "the hub does not allow this repository; give one that it does with --repo.",
    "rate-limited": "this address asked too often (launch.rateLimit); wait, or ask with a token.",
    "forbidden": "the hub wants a log-in: give a token in HUBCTL_TOKEN or --token-file; or it bans "
    "this address (BinderHub.ban_networks), as the message says.",
    "quota": "the hub is full (launch.quotas).",
    "busy": "this member has a server already; stop it, or use another member's token.",
    "not-found": "the repository or the branch does not exist, or the provider is switched off.",
    "unresolved": "BinderHub cannot ask the repository's host: see the message; GitHub allows 60 "
    "questions an hour without githubToken, and a token that has expired none.",
    "cut": "something between here and BinderHub ends long requests: raise the ingress's or "
    "gateway's read timeout to an hour; or BinderHub restarted.",
    "malformed": "something between here and BinderHub changes its answer.",
}
