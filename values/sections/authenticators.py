"""JupyterHub's authenticator of each kind of hub.

OAuthenticator 17 and JupyterHub 5 admit nobody without an allow rule.
https://oauthenticator.readthedocs.io/en/latest/reference/
"""

from __future__ import annotations

from typing import Any, assert_never

from model.derived import names
from model.derived.flavour import flavour
from model.hub import Hub, Login, OAuth
from model.secrets import Secret
from model.sections.auth import (
    AzureADAuth,
    CILogonAuth,
    DummyAuth,
    GitHubAuth,
    GitLabAuth,
    GoogleAuth,
    NoAuth,
    OidcAuth,
    TemporaryAuth,
    trait_names,
)


def authenticator(hub: Hub) -> tuple[str, dict[str, Any]]:
    """(authenticator_class, sections of hub.config) of the hub."""
    auth = hub.auth
    short, class_name = auth.authenticator
    match auth:
        case NoAuth():
            return short, {}
        case TemporaryAuth():
            return short, {class_name: {"allow_all": True}}
        case DummyAuth():
            section = _traits(auth) | {"password": Secret(auth.secret)}
        case GitHubAuth():
            # Membership of a private organisation is invisible without it.
            section = _oauth(hub, auth, scope=auth.allowed_organizations and ["read:org"])
        case GoogleAuth():
            section = _oauth(hub, auth)
        case CILogonAuth():
            section = _oauth(hub, auth) | _cilogon(hub, auth)
        case OidcAuth():
            groups = auth.groups_claim and f"oauth_user.{auth.groups_claim}"
            section = _grouped(_oauth(hub, auth), groups)
        case GitLabAuth():
            section = _oauth(hub, auth, scope=auth.allowed_groups and ["read_user", "read_api"])
        case AzureADAuth():
            groups = "user.groups" if auth.allowed_groups else None
            section = _grouped(_oauth(hub, auth), groups)
        case _:
            assert_never(auth)
    return short, {class_name: section}


def _traits(auth: Login) -> dict[str, Any]:
    """The fields as traits: who may log in, who administers, and what is the kind's own."""
    fields = {traits[0]: getattr(auth, field) for field, traits in trait_names(type(auth)).items()}
    return {trait: list(v) if isinstance(v, list) else v for trait, v in fields.items()}


def _oauth(hub: Hub, auth: OAuth, scope: list[str] | None = None) -> dict[str, Any]:
    return {
        **_traits(auth),
        "client_secret": Secret(auth.secret),
        "oauth_callback_url": names.hub_callback(hub),
        **({"scope": scope} if scope else {}),
    }


def _grouped(section: dict[str, Any], key: str | None) -> dict[str, Any]:
    """With the groups that stand under `key` of what the provider says of a user; without a key
    nobody is in any."""
    if key:
        return section | {"manage_groups": True, "auth_state_groups_key": key}
    return {t: v for t, v in section.items() if t not in ("allowed_groups", "admin_groups")}


def _cilogon(hub: Hub, auth: CILogonAuth) -> dict[str, Any]:
    allowed: dict[str, Any] = {}
    for provider in auth.identity_providers:
        derivation: dict[str, Any] = {"username_claim": provider.username_claim}
        if provider.strip_domain and provider.allowed_domains:
            derivation |= {"action": "strip_idp_domain", "domain": provider.allowed_domains[0]}
        entry: dict[str, Any] = {"username_derivation": derivation}
        if provider.allowed_domains:
            entry["allowed_domains"] = list(provider.allowed_domains)
        elif not auth.allowed_users:
            # A list of users is a restriction: it is not widened to all of the provider's.
            entry["allow_all"] = True
        if not allowed:
            # Otherwise CILogon's page pre-selects the alphabetically first.
            entry["default"] = True
        allowed[provider.idp] = entry
    return {flavour(hub).cilogon_providers: allowed}
