"""Guards on who may log in, what BinderHub may do, and CORS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spec.findings import Finding
from values.authenticators import authenticator
from values.guard_view import Guard, View, at, found, mapping


def _spawner(view: View) -> str:
    return "BinderSpawner" if view.classic else "BinderSpawnerMixin"


def auth_enabled(view: View) -> Iterator[Finding]:
    """BH024: both ends agree, and with auth.kind."""
    wanted = view.hub.members_only
    spawner = _spawner(view)
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


def roles(view: View) -> Iterator[Finding]:
    """BH026, BH027, BH032: what BinderHub and members may do."""
    path = f"{view.hub_path}.hub.loadRoles"
    loaded = mapping(view.in_hub("hub", "loadRoles"))
    makes_users = False
    for name, role in loaded.items():
        services, scopes = at(role, "services"), at(role, "scopes")
        # A role without `services` may still reach it through a group or by another key.
        bound = isinstance(services, list | dict) and "binder" in services
        granted = bound and isinstance(scopes, list) and "admin:users" in scopes
        makes_users = makes_users or granted
        if granted and view.hub.members_only:
            yield found(
                "BH027",
                f"{path}.{name}.scopes",
                scopes,
                "BinderHub of a members-only hub could make and delete users.",
                "use servers and read:users.",
            )
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
    """BH029: images of an open hub are not asked for the hub's login."""
    if view.hub.members_only:
        return
    value = view.in_hub("singleuser", "cmd")
    first: Any = value[0] if isinstance(value, list) and value else value
    if not first or "singleuser" in str(first):
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
    spawner = _spawner(view)
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
    """BH045: servers end."""
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
    roles,
    administrators,
    command,
    redirect,
    cors,
    culling,
)
