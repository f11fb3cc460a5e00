"""What smoke asks of a hub, from its stack file. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hubctl.console.errors import Problem
from model.derived import names
from model.derived.example_repository import launchable
from model.hub import Hub
from model.repository_patterns import PROVIDERS


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`spec` is PROVIDER/REPOSITORY/REF as in BinderHub's addresses. URLs end in '/'."""

    hub_url: str
    binder_url: str
    members_only: bool
    spec: str
    cors: str | None

    @property
    def origin(self) -> str | None:
        """Where a page would be that asks from elsewhere; None when launch.cors lets nobody."""
        return "https://hubctl.invalid" if self.cors == "*" else self.cors or None


def plan(
    hub: Hub, *, repo: str | None = None, hub_url: str | None = None, binder_url: str | None = None
) -> Plan:
    """The plan; raises Problem (misuse) when no repository can be derived."""
    return Plan(
        hub_url=_slash(hub_url or names.hub_url(hub)),
        binder_url=_slash(binder_url or names.binder_url(hub)),
        members_only=hub.members_only,
        spec=_spec(repo) if repo else _derived(hub),
        cors=hub.launch.cors,
    )


def _slash(url: str) -> str:
    if not re.match(r"https?://[^/]+", url):
        raise Problem(f"{url!r} is no address; write https://HOST/.", status=2)
    return url if url.endswith("/") else f"{url}/"


def _spec(repo: str) -> str:
    """`owner/repo[@ref]`, or PROVIDER/... as in a launch address."""
    prefixes = {p.prefix for p in PROVIDERS.values()}
    if repo.split("/", 1)[0] in prefixes and repo.count("/") >= 1:
        return repo
    match = re.match(r"(?P<path>[\w.-]+/[\w.-]+)(?:@(?P<ref>\S+))?\Z", repo)
    if not match:
        raise Problem(
            f"--repo {repo!r}: write OWNER/REPO[@REF], or PROVIDER/REPOSITORY/REF as in a launch "
            "address (gh/owner/repo/HEAD).",
            status=2,
        )
    return f"gh/{match['path']}/{match['ref'] or 'HEAD'}"


def _derived(hub: Hub) -> str:
    if spec := launchable(hub):
        return spec
    raise Problem(
        f"launch.repositories of {hub.name} names no single repository; give one that it allows: "
        "--repo OWNER/REPO.",
        status=2,
    )
