"""Guards on who may log in, what BinderHub may do, and CORS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from model.findings import Finding
from values.charts.jupyterhub import jupyterhub_values
from values.guards.view import Guard, View, at, found, mapping
from values.sections.authenticators import authenticator


def auth_enabled(view: View) -> Iterator[Finding]:
    """BH024: BinderHub and the spawner agree with auth.kind."""
    wanted = view.hub.members_only
    spawner = view.resolved.flavour.spawner_section
    for path, value in (
        (f"{view.binder_path}.config.BinderHub", view.config("BinderHub", "auth_enabled")),
        (
            f"{view.hub_path}.hub.config.{spawner}",
            view.in_hub("hub", "config", spawner, "auth_enabled"),
        ),
    ):
        if value is not wanted:
            yield found(
                "BH024",
                f"{path}.auth_enabled",
                value,
                f"with auth.kind {view.hub.auth.kind!r} it must be {str(wanted).lower()} for "
                "BinderHub and for the spawner.",
            )


def authenticator_class(view: View) -> Iterator[Finding]:
    """BH025: the authenticator of the kind; bare null is YAML for nothing."""
    value = view.in_hub("hub", "config", "JupyterHub", "authenticator_class")
    wanted, _ = authenticator(view.hub)
    if value != wanted:
        quoted = " (in quotes: bare null is YAML for nothing)" if wanted == "null" else ""
        yield found(
            "BH025",
            f"{view.hub_path}.hub.config.JupyterHub.authenticator_class",
            value,
            f'auth.kind {view.hub.auth.kind!r} needs "{wanted}"{quoted}.',
            "leave it out, and choose with auth.kind.",
        )


# What `servers` and reading users come to; nothing else is BinderHub's business.
_BINDER_SCOPES = re.compile(
    r"(servers|(start|delete|read):servers|(read|list):users(:\w+)?|read:hub"
    r"|(read|list|access):services)(!|$)"
)
# Without a filter, these reach other people.
_POWER = re.compile(
    r"(admin(-ui|:.*)?|users(:activity)?|tokens|servers|(start|delete|access):servers|delete:users"
    r"|groups|shutdown|proxy)$"
)


def _scopes(name: str, role: Any) -> list[str]:
    """Scopes of a role; JupyterHub's own role `admin` has all of them."""
    scopes = at(role, "scopes")
    own = ["admin"] if name == "admin" else []
    return own + [str(s) for s in scopes] if isinstance(scopes, list) else own


def powers(view: View) -> Iterator[Finding]:
    """BH027, BH160: BinderHub has the scopes that it needs, and no role of everybody rules over others."""
    path = f"{view.hub_path}.hub"
    if at(view.in_hub("hub", "services", "binder"), "admin"):
        reason = "BinderHub would administer the hub: make, delete and be any user."
        yield found("BH027", f"{path}.services.binder.admin", True, reason)
    for name, role in mapping(view.in_hub("hub", "loadRoles")).items():
        services, scopes = at(role, "services"), _scopes(str(name), role)
        where = f"{path}.loadRoles.{name}.scopes"
        if isinstance(services, list | dict) and "binder" in services:
            allowed = set() if view.hub.members_only else {"admin:users"}
            over = [s for s in scopes if s not in allowed and not _BINDER_SCOPES.match(s)]
            if over:
                reason = "BinderHub could do more than start servers, in the name of anyone."
                yield found("BH027", where, over, reason, "use servers and read:users.")
        if name in ("user", "server", "token") and (over := [s for s in scopes if _POWER.match(s)]):
            reason = "everyone has this role, and so would have power over everyone else."
            yield found("BH160", where, over, reason, "give it to a service or to named users.")


def widened(view: View) -> Iterator[Finding]:
    """BH030, BH018: who may log in is what `auth` says, and log-in comes back to the hub."""
    if view.hub.login is None:
        return
    _, sections = authenticator(view.hub)
    for name, derived in sections.items():
        path = f"{view.hub_path}.hub.config.{name}"
        section = mapping(view.in_hub("hub", "config", name))
        for key in ("allow_all", "allow_existing_users"):
            if section.get(key) and not derived.get(key):
                reason = "it lets in people whom `auth` does not name."
                yield found("BH030", f"{path}.{key}", section[key], reason, "write it in `auth`.")
        callback = derived.get("oauth_callback_url")
        if section.get("oauth_callback_url") != callback:
            yield found(
                "BH018",
                f"{path}.oauth_callback_url",
                section.get("oauth_callback_url"),
                f"log-in ends at {callback}.",
            )


def roles(view: View) -> Iterator[Finding]:
    """BH026, BH032: what BinderHub and members need."""
    path = f"{view.hub_path}.hub.loadRoles"
    loaded = mapping(view.in_hub("hub", "loadRoles"))
    makes_users = False
    for role in loaded.values():
        services, scopes = at(role, "services"), at(role, "scopes")
        # A role without `services` may still reach it through a group or by another key.
        bound = isinstance(services, list | dict) and "binder" in services
        granted = bound and isinstance(scopes, list) and "admin:users" in scopes
        makes_users = makes_users or granted
    binder = at(loaded, "binder", "scopes")
    if not makes_users and not view.hub.members_only:
        yield found(
            "BH026",
            f"{path}.binder.scopes",
            binder,
            "BinderHub makes a user per launch on an open hub; that needs admin:users.",
        )
    user = at(loaded, "user", "scopes")
    wanted = {"access:services!service=binder", "access:services"}
    if view.hub.members_only and not (isinstance(user, list) and wanted & set(map(str, user))):
        yield found(
            "BH032",
            f"{path}.user.scopes",
            user,
            "members who are not administrators would get a 403 from BinderHub.",
            "keep access:services!service=binder.",
        )


def administrators(view: View) -> Iterator[Finding]:
    """BH028: nobody logs in, so nobody administers."""
    if view.hub.members_only:
        return
    for name, section in mapping(view.in_hub("hub", "config")).items():
        for key in ("admin_users", "admin_groups"):
            if value := at(section, key):
                yield found(
                    "BH028",
                    f"{view.hub_path}.hub.config.{name}.{key}",
                    value,
                    "nobody logs in to an open hub, so a visitor could take the name.",
                    "remove it.",
                )


def command(view: View) -> Iterator[Finding]:
    """BH029: images of an open hub are not asked for the hub's login, members' ones are."""
    value = view.in_hub("singleuser", "cmd")
    if value == jupyterhub_values(view.resolved)["singleuser"]["cmd"]:
        return
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value or "")
    asks = re.search("singleuser|labhub", text)
    if view.hub.members_only:
        if not text or (not asks and re.search(r"\bjupyter[ -]\w", text)):
            yield found(
                "BH029",
                f"{view.hub_path}.singleuser.cmd",
                value,
                "it starts a server that knows nothing of the hub's log-in.",
            )
    elif not text or asks:
        yield found(
            "BH029",
            f"{view.hub_path}.singleuser.cmd",
            value,
            "servers would send people to /hub/login, which is a 403.",
        )


def redirect(view: View) -> Iterator[Finding]:
    """BH033: people choose on BinderHub's page what to launch."""
    value = view.in_hub("hub", "redirectToServer")
    if view.hub.members_only and value is not False:
        yield found(
            "BH033",
            f"{view.hub_path}.hub.redirectToServer",
            value,
            "people skip the launch page, and start a server without an image.",
        )


def cors(view: View) -> Iterator[Finding]:
    """BH041, BH039: one origin for both."""
    spawner = view.resolved.flavour.spawner_section
    binder = view.config("BinderHub", "cors_allow_origin") or ""
    server = view.in_hub("hub", "config", spawner, "cors_allow_origin") or ""
    path = f"{view.binder_path}.config.BinderHub.cors_allow_origin"
    if view.hub.members_only:
        if binder == "*":
            yield found(
                "BH039",
                path,
                binder,
                "any page could act for a member who is logged in.",
                "name one origin in launch.cors.",
            )
    elif binder != server:
        yield found(
            "BH041",
            path,
            binder or None,
            f"servers allow {server!r}; one of the two would refuse the page.",
            "set launch.cors, which is for both.",
        )


def culling(view: View) -> Iterator[Finding]:
    """BH045: idle servers are stopped."""
    if view.in_hub("cull", "enabled") is not True:
        yield found(
            "BH045",
            f"{view.hub_path}.cull.enabled",
            view.in_hub("cull", "enabled"),
            "nothing is kept, and sessions would never end.",
            "leave it out; user.culling has the times.",
        )


GUARDS: tuple[Guard, ...] = (
    auth_enabled,
    authenticator_class,
    powers,
    widened,
    roles,
    administrators,
    command,
    redirect,
    cors,
    culling,
)
