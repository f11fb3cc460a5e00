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
)


def authenticator(hub: Hub) -> tuple[str, dict[str, Any]]:
    """(authenticator_class, sections of hub.config) of the hub."""
    auth = hub.auth
    match auth:
        case NoAuth():
            return "null", {}
        case TemporaryAuth():
            return "tmp", {"TmpAuthenticator": {"allow_all": True}}
        case DummyAuth():
            return "dummy", {
                "DummyAuthenticator": {**_people(auth), "password": Secret("dummyPassword")}
            }
        case GitHubAuth():
            section: dict[str, Any] = {"allowed_organizations": list(auth.allowed_organizations)}
            if auth.allowed_organizations:
                # Membership of a private organisation is invisible without it.
                section["scope"] = ["read:org"]
            return "github", {"GitHubOAuthenticator": {**_oauth(hub, auth), **section}}
        case GoogleAuth():
            section = {"hosted_domain": list(auth.hosted_domains)}
            return "google", {"GoogleOAuthenticator": {**_oauth(hub, auth), **section}}
        case CILogonAuth():
            return "cilogon", {
                "CILogonOAuthenticator": {**_oauth(hub, auth), **_cilogon(hub, auth)}
            }
        case OidcAuth():
            return "generic-oauth", {"GenericOAuthenticator": {**_oauth(hub, auth), **_oidc(auth)}}
        case GitLabAuth():
            section = {"gitlab_url": auth.url, "allowed_gitlab_groups": list(auth.allowed_groups)}
            if auth.allowed_groups:
                section["scope"] = ["read_user", "read_api"]
            return "gitlab", {"GitLabOAuthenticator": {**_oauth(hub, auth), **section}}
        case AzureADAuth():
            section = {"tenant_id": auth.tenant_id, "username_claim": auth.username_claim}
            if auth.allowed_groups:
                section |= {
                    "manage_groups": True,
                    "auth_state_groups_key": "user.groups",
                    "allowed_groups": list(auth.allowed_groups),
                }
            return "azuread", {"AzureAdOAuthenticator": {**_oauth(hub, auth), **section}}
        case _:
            assert_never(auth)


def _people(auth: Login) -> dict[str, Any]:
    """Who may log in, and who administers."""
    return {
        "admin_users": list(auth.admin_users),
        "allowed_users": list(auth.allowed_users),
        "allow_all": auth.allow_all,
    }


def _oauth(hub: Hub, auth: OAuth) -> dict[str, Any]:
    return {
        **_people(auth),
        "client_id": auth.client_id,
        "client_secret": Secret("oauthClientSecret"),
        "oauth_callback_url": names.hub_callback(hub),
    }


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


def _oidc(auth: OidcAuth) -> dict[str, Any]:
    out: dict[str, Any] = {
        "authorize_url": auth.authorize_url,
        "token_url": auth.token_url,
        "userdata_url": auth.userdata_url,
        "username_claim": auth.username_claim,
        "scope": list(auth.scopes),
        "login_service": auth.login_service,
    }
    if auth.groups_claim:
        out |= {
            "manage_groups": True,
            "auth_state_groups_key": f"oauth_user.{auth.groups_claim}",
            "allowed_groups": list(auth.allowed_groups),
            "admin_groups": list(auth.admin_groups),
        }
    return out
