"""`launch`: which repositories may be launched, how often, and what people see of it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from model.fields import Count, Html, IPv4, Model, Positive, Seconds, Text, complain, editor, whole


def _given(value: Any) -> Any:
    if value is None:
        raise complain(
            "without a quota, one visitor could fill every node.",
            "write a number, or leave the key out.",
            rule="BH043",
        )
    return value


def _some(value: int) -> int:
    if value == 0:
        raise complain(
            "to BinderHub, 0 servers of a repository mean as many as anyone wants.",
            "write a number; a repository that nobody may launch belongs to launch.banned.",
        )
    return value


PerRepository = Annotated[Count, AfterValidator(_some), editor(minimum=1)]


class Quotas(Model):
    """How many servers may run at once."""

    total: Annotated[Count, BeforeValidator(_given)] = 100
    """Servers of the whole hub; 0 is maintenance: nobody can launch."""
    per_repository: PerRepository = 50
    """Servers of one repository."""
    overrides: dict[str, PerRepository] = Field(default_factory=dict)
    """Servers of particular repositories, by the same patterns as `repositories`."""


class RateLimit(Model):
    """How many launches one client address may ask for."""

    launches: Positive = 10
    """Launches in each period."""
    period: Seconds = 3600
    """Seconds of a period."""
    trusted_proxies: list[IPv4] = Field(default_factory=list)
    """Addresses of proxies before the ingress, whose X-Forwarded-For is believed; the load
    balancer's own address is added where it appends itself (gce, Gateway)."""


class GitHubApp(Model):
    """A GitHub OAuth application that raises the API limit as a token does; its secret is the
    flat key `githubAppSecret`."""

    client_id: Text
    """Client id of the application."""


LogName = Annotated[
    Text,
    whole(
        r"[A-Za-z0-9/_.-]{1,511}",
        "Google Cloud Logging takes no such name for a log.",
        "use letters, digits, '/', '_', '-' and '.'.",
    ),
]


class EventLog(Model):
    """Send an event for each launch to Google Cloud Logging (flat key `launchEventsKey`)."""

    log_name: LogName = "binderhub-launch-events"
    """Name of the log."""


class Launch(Model):
    """What may be launched."""

    repositories: list[Text] = Field(default_factory=list)
    """Patterns of repositories that may be launched: `github:org/*`, `github:org/repo`,
    `gitlab:group/**`, `gist:user/*`, `zenodo:*`, ... Providers that are not named are switched
    off. A members-only hub without any admits every repository."""
    banned: list[Text] = Field(default_factory=list)
    """Patterns of repositories that may not be launched."""
    accept_open_hub: bool = False
    """Let an open hub launch any repository of anyone."""
    accept_private_repositories: bool = False
    """The GitHub or GitLab token can read private repositories: whoever may launch, may read them."""
    github_app: GitHubApp | None = None
    """Ask GitHub's API as an application (5,000 requests an hour) rather than with a token."""
    quotas: Quotas = Field(default_factory=Quotas)
    """Most servers at once, of the hub and of each repository."""
    rate_limit: RateLimit | None = Field(default_factory=RateLimit)
    """How often one client may launch; null for no limit."""
    timeout: Seconds = 900
    """Seconds that a server may take to start."""
    cors: Text | None = None
    """One origin, or `*`, that may use the hub from its own pages."""
    banner: Html | None = None
    """HTML above every page of BinderHub."""
    about: Html | None = None
    """HTML of BinderHub's about page."""
    event_log: EventLog | None = None
    """Launch-event log; off when left out."""
