"""`launch` of existing values: repositories, quotas, what people see. Pure."""

from __future__ import annotations

from hubctl.takeover.helm_values.paths import first, get, listing
from hubctl.takeover.helm_values.read_auth import auth
from hubctl.takeover.helm_values.source import Section, Source, only_set
from hubctl.takeover.helm_values.specs import CLASSES, readable


def launch(source: Source, remarks: list[str]) -> Section:
    allowed, complete = _patterns(source, "allowed_specs")
    banned, _ = _patterns(source, "banned_specs")
    out = only_set(
        banned=[b for b in banned if not _whole(b)],
        quotas=only_set(
            total=first(
                source.binder,
                "config.KubernetesLaunchQuota.total_quota",
                "config.LaunchQuota.total_quota",
                "config.BinderHub.pod_quota",
            ),
            perRepository=source.config("BinderHub.per_repo_quota"),
        ),
        timeout=source.config("Launcher.launch_timeout")
        or get(source.hub, "singleuser.startTimeout"),
        cors=source.config("BinderHub.cors_allow_origin") or None,
        banner=source.config("BinderHub.banner_message") or None,
        about=source.config("BinderHub.about_message") or None,
        rateLimit=only_set(
            launches=source.config("RateLimiter.limit"),
            period=source.config("RateLimiter.period_seconds"),
        ),
    )
    client = source.config("GitHubRepoProvider.client_id")
    if client:
        out["githubApp"] = {"clientId": client}
    key = get(source.binder, "extraCredentials.googleServiceAccountKey")
    wanted = source.umbrella.get("binderhub-service.custom.sendLogsOfLaunchEventsTo2i2c")
    if key or wanted:
        out["eventLog"] = {}
    if complete and allowed:
        out["repositories"] = allowed
        remarks.append(
            "launch.repositories also switches off every provider that it does not name; the "
            "values left those open."
        )
    elif auth(source).get("kind") in ("none", "temporary"):
        out["acceptOpenHub"] = True
        why = (
            "a regular expression in allowed_specs has no readable form"
            if allowed or not complete
            else "the values allow every repository"
        )
        remarks.append(
            f"launch.acceptOpenHub is set because {why}: name launch.repositories instead."
        )
    return out  # fmt: skip


def _whole(pattern: str) -> bool:
    return pattern.split(":", 1)[1] in ("*", "**")


def _patterns(source: Source, trait: str) -> tuple[list[str], bool]:
    """Readable patterns of every provider, and whether all could be read."""
    out, complete = [], True
    for class_name in CLASSES:
        for expression in listing(source.binder, f"config.{class_name}.{trait}"):
            pattern = readable(class_name, expression)
            complete &= pattern is not None
            if pattern and pattern not in out:
                out.append(pattern)
    return out, complete
