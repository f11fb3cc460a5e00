"""`auth` of existing values: which authenticator, and who may log in. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hubctl.takeover.helm_values.paths import first, get, mapping
from hubctl.takeover.helm_values.source import Section, Source, given

_KINDS = {
    "null": "none", "nullauthenticator": "none", "tmp": "temporary", "tmpauthenticator": "temporary",
    "dummy": "dummy", "dummyauthenticator": "dummy", "github": "github",
    "githuboauthenticator": "github", "google": "google", "googleoauthenticator": "google",
    "cilogon": "cilogon", "cilogonoauthenticator": "cilogon", "generic-oauth": "oidc",
    "genericoauthenticator": "oidc", "gitlab": "gitlab", "gitlaboauthenticator": "gitlab",
    "azuread": "azuread", "azureadoauthenticator": "azuread",
}  # fmt: skip
_CLASS = {
    "dummy": "DummyAuthenticator", "github": "GitHubOAuthenticator",
    "google": "GoogleOAuthenticator", "cilogon": "CILogonOAuthenticator",
    "oidc": "GenericOAuthenticator", "gitlab": "GitLabOAuthenticator",
    "azuread": "AzureAdOAuthenticator",
}  # fmt: skip


def auth(source: Source) -> Section:
    chosen = get(source.hub, "hub.config.JupyterHub.authenticator_class")
    short = re.split(r"[.:]", str(chosen if chosen is not None else "null"))[-1].lower()
    kind = _KINDS.get(short)
    if kind is None or kind in ("none", "temporary"):
        return given(kind=kind)
    traits: dict[str, Any] = {}
    for name in ("Authenticator", "OAuthenticator", "LocalAuthenticator", _CLASS[kind]):
        traits |= mapping(source.hub, f"hub.config.{name}")

    def names(trait: str) -> list[str] | None:
        value = traits.get(trait)
        return [str(v) for v in value] if isinstance(value, list | set) else None

    out = given(
        kind=kind,
        clientId=traits.get("client_id"),
        adminUsers=names("admin_users"),
        allowedUsers=names("allowed_users"),
        allowAll=traits.get("allow_all") or None,
    )
    match kind:
        case "github":
            out |= given(allowedOrganizations=names("allowed_organizations"))
        case "google":
            domain = traits.get("hosted_domain")
            out |= given(hostedDomains=[domain] if isinstance(domain, str) else domain)
        case "cilogon":
            out |= given(identityProviders=_providers(traits))
        case "gitlab":
            out |= given(url=traits.get("gitlab_url"), allowedGroups=names("allowed_gitlab_groups"))
        case "azuread":
            out |= given(
                tenantId=traits.get("tenant_id"),
                usernameClaim=traits.get("username_claim"),
                allowedGroups=names("allowed_groups"),
            )
        case "oidc":
            key = str(traits.get("auth_state_groups_key", ""))
            groups = key.split(".", 1)[1] if "." in key else traits.get("claim_groups_key")
            out |= given(
                authorizeUrl=traits.get("authorize_url"),
                tokenUrl=traits.get("token_url"),
                userdataUrl=traits.get("userdata_url"),
                usernameClaim=first(traits, "username_claim", "username_key"),
                groupsClaim=groups,
                scopes=names("scope"),
                allowedGroups=names("allowed_groups"),
                adminGroups=names("admin_groups"),
                loginService=traits.get("login_service"),
            )
    return out


def _providers(traits: Mapping[str, Any]) -> list[Section]:
    allowed = traits.get("idps") or traits.get("allowed_idps")
    if not isinstance(allowed, Mapping):
        return []
    out = []
    for idp, rule in allowed.items():
        derivation = mapping(rule, "username_derivation")
        strip = derivation.get("action") == "strip_idp_domain"
        domains = get(rule, "allowed_domains") or ([derivation["domain"]] if strip else None)
        out.append(
            given(
                idp=idp,
                usernameClaim=derivation.get("username_claim"),
                allowedDomains=domains,
                stripDomain=strip or None,
            )
        )
    return out
