"""Rules about secrets, versions and operations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from model.derived.flavour import chart_pins, release_names
from model.findings import ABSENT, Finding
from model.hub import Hub
from model.rules.catalogue import Rule, RuleContext, check_of
from model.secrets import MADE, OPERATOR_SECRETS
from model.sections.chart import ClassicChart, ExternalDatabase
from model.sections.user import SecretRef

SECURITY_FLOOR = (4, 4, 0)
"""jupyterhub chart; 4.4.0 fixes GHSA-p43p-whwx-q52h."""


def needed_secrets(hub: Hub) -> dict[str, str]:
    """Flat secrets that this hub cannot do without, with the key that asks for each."""
    needed: dict[str, str] = {}
    if hub.login:
        needed[hub.login.secret] = f"auth.kind: {hub.login.kind}"
    credentials = hub.registry.credentials
    if credentials and credentials.password.name in OPERATOR_SECRETS:
        needed[credentials.password.name] = f"registry.kind: {hub.registry.kind}"
    if hub.launch.event_log:
        needed["launchEventsKey"] = "launch.eventLog"
    if hub.launch.github_app:
        needed["githubAppSecret"] = "launch.githubApp"
    if isinstance(hub.database, ExternalDatabase):
        needed["databaseUrl"] = "database.kind: external"
    for name, value in hub.user.environment.items():
        if isinstance(value, SecretRef) and value.secret not in MADE:
            needed[value.secret] = f"user.environment.{name}"
    return needed


@check_of("BH103", "error", "Every secret that the hub needs is set.")
def secrets(hub: Hub, context: RuleContext, rule: Rule) -> Iterator[Finding]:
    if hub.secrets_file and not context.files_read:
        return  # its keys are known when the program decrypts it
    for name, why in needed_secrets(hub).items():
        if name not in context.secrets_set and name != "launchEventsKey":
            yield rule.finding(
                name,
                ABSENT,
                f"{why} needs this secret.",
                f"run `pulumi config set --secret {name}`.",
            )


@check_of("BH074", "error", "The secret `launchEventsKey` is set when `launch.eventLog` is.")
def event_log(hub: Hub, context: RuleContext, rule: Rule) -> Iterator[Finding]:
    unseen = hub.secrets_file and not context.files_read
    if hub.launch.event_log and not unseen and "launchEventsKey" not in context.secrets_set:
        yield rule.finding(
            "launchEventsKey",
            ABSENT,
            "launch.eventLog is on, and the log cannot be written without its key.",
            "run `pulumi config set --secret launchEventsKey < key.json`.",
        )


@check_of("BH117", "error", "`user.environment` has valid names, and no credential of the hub.")
def environment(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    for name, value in hub.user.environment.items():
        if not re.match(r"[A-Za-z_][A-Za-z0-9_]*\Z", name):
            yield rule.finding(
                f"user.environment.{name}",
                name,
                "it is not a name of an environment variable.",
                "use letters, digits and '_', not starting with a digit.",
            )
        if isinstance(value, SecretRef) and (
            value.secret in MADE or not re.match(r"[a-z][A-Za-z0-9]*\Z", value.secret)
        ):
            yield rule.finding(
                f"user.environment.{name}.secret",
                value.secret,
                "it is not a name for a secret of yours.",
                "use a camelCase name of which the program makes no secret itself.",
            )
        if isinstance(value, SecretRef) and value.secret in OPERATOR_SECRETS:
            yield rule.finding(
                f"user.environment.{name}.secret",
                value.secret,
                "every user could read a credential of the hub itself.",
                "give users a secret of their own.",
            )


@check_of("BH072", "error", "Chart versions are exact.")
def pinned(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    for path, pin in chart_pins(hub).values():
        if pin.version and not re.match(
            r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?\Z", pin.version
        ):
            yield rule.finding(
                f"{path}.version",
                pin.version,
                "a range or a name changes under you.",
                "pin an exact version.",
            )


@check_of("BH073", "error", "The jupyterhub chart is no older than its last security fix.")
def floor(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if isinstance(hub.chart, ClassicChart) or not hub.chart.jupyterhub.version:
        return
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", hub.chart.jupyterhub.version)
    version = tuple(map(int, match.groups())) if match else SECURITY_FLOOR
    before = "-" in hub.chart.jupyterhub.version and version == SECURITY_FLOOR
    if version < SECURITY_FLOOR or before:
        yield rule.finding(
            "chart.jupyterhub.version",
            hub.chart.jupyterhub.version,
            "it is below 4.4.0, which fixes GHSA-p43p-whwx-q52h.",
            "use 4.4.0 or newer.",
        )


@check_of("BH125", "error", "`extraValues` names only releases that the hub has.")
def extra_releases(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    has = release_names(hub)
    for name in hub.extra_values:
        if name not in has:
            yield rule.finding(
                f"extraValues.{name}",
                name,
                "this hub has no such release, so the values would go nowhere.",
                f"use one of: {', '.join(has)}.",
            )
