"""A stack file for each kind of hub, and what the real JupyterHub has to make of it.

The two of the classic binderhub chart run the section `jupyterhub` of its values, over the
chart's own defaults. The real chart bundles jupyterhub 4.2.0, whose image carries JupyterHub 5.3.0
with oauthenticator 17.3.0 and otherwise the same packages; what is run here is 5.5.0 with 17.4.0,
the versions of the jupyterhub chart that the other kinds use (requirements-hub.in).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from model.derived import names
from model.hub import Hub
from model.stackfile.read import read_text
from values.releases import ReleasePlan, releases

ORIGIN = "https://pages.example.org"
"""Configured as the CORS origin of the open hubs."""

MEMBER_SCOPES = {
    "servers",
    "delete:servers",
    "read:servers",
    "read:users",
    "read:users:activity",
    "read:users:groups",
    "read:users:name",
}
"""What `servers` and `read:users` stand for, as JupyterHub 5 expands them."""

OPEN_SCOPES = MEMBER_SCOPES | {
    "admin:auth_state",
    "admin:users",
    "delete:users",
    "list:users",
    "read:roles:users",
    "users",
    "users:activity",
}
"""What `servers` and `admin:users` stand for."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`auth` is the section of the stack file; `provider` is where a log-in is sent to (host and
    path), None without OAuth; `classic`: with the classic chart."""

    auth: str
    authenticator: str
    provider: str | None = None
    classic: bool = False

    @property
    def is_open(self) -> bool:
        """Nobody logs in."""
        return "kind: none" in self.auth or "kind: temporary" in self.auth


_OAUTH = "clientId: abc, allowedUsers: [member]"
KINDS: dict[str, Kind] = {
    "none": Kind(auth="{kind: none}", authenticator="jupyterhub.auth.NullAuthenticator"),
    "temporary": Kind(auth="{kind: temporary}", authenticator="tmpauthenticator.TmpAuthenticator"),
    "github": Kind(
        auth=f"{{kind: github, {_OAUTH}, allowedOrganizations: ['climate-lab:team'], "
        "adminUsers: [boss]}",
        authenticator="oauthenticator.github.GitHubOAuthenticator",
        provider="github.com/login/oauth/authorize",
    ),
    "google": Kind(
        auth=f"{{kind: google, {_OAUTH}, hostedDomains: [example.edu]}}",
        authenticator="oauthenticator.google.GoogleOAuthenticator",
        provider="accounts.google.com/o/oauth2/v2/auth",
    ),
    "cilogon": Kind(
        auth=f"{{kind: cilogon, {_OAUTH}, identityProviders: ["
        "{idp: 'https://idp.example.edu/shibboleth', usernameClaim: eppn, "
        "allowedDomains: [example.edu], stripDomain: true}, "
        "{idp: 'https://accounts.google.com/o/oauth2/auth'}]}",
        authenticator="oauthenticator.cilogon.CILogonOAuthenticator",
        provider="cilogon.org/authorize",
    ),
    "oidc": Kind(
        auth=f"{{kind: oidc, {_OAUTH}, authorizeUrl: 'https://id.example.org/authorize', "
        "tokenUrl: 'https://id.example.org/token', userdataUrl: 'https://id.example.org/me', "
        "groupsClaim: groups, allowedGroups: [staff], adminGroups: [admins]}",
        authenticator="oauthenticator.generic.GenericOAuthenticator",
        provider="id.example.org/authorize",
    ),
    "gitlab": Kind(
        auth=f"{{kind: gitlab, {_OAUTH}, allowedGroups: [group/subgroup]}}",
        authenticator="oauthenticator.gitlab.GitLabOAuthenticator",
        provider="gitlab.com/oauth/authorize",
    ),
    "azuread": Kind(
        auth=f"{{kind: azuread, {_OAUTH}, tenantId: 11111111-2222-3333-4444-555555555555, "
        "allowedGroups: [66666666-7777-8888-9999-000000000000]}",
        authenticator="oauthenticator.azuread.AzureAdOAuthenticator",
        provider="login.microsoftonline.com/11111111-2222-3333-4444-555555555555/oauth2/authorize",
    ),
    "dummy": Kind(
        auth="{kind: dummy, allowedUsers: [member]}",
        authenticator="jupyterhub.auth.DummyAuthenticator",
    ),
}
KINDS |= {f"classic-{kind}": replace(KINDS[kind], classic=True) for kind in ("none", "github")}


def hub_of(kind: str) -> Hub:
    """The hub of a kind, read from its stack file as an operator's would be."""
    is_open = KINDS[kind].is_open
    launch = '{repositories: ["github:ecology-lab/*"]' + (
        f", cors: '{ORIGIN}'}}" if is_open else "}"
    )
    secret = "dummyPassword" if kind == "dummy" else "oauthClientSecret"
    given = "" if is_open else f"\n  binderhub:{secret}: {{secure: v1:abc}}"
    chart = "\n  binderhub:chart: {kind: binderhub}" if KINDS[kind].classic else ""
    stage = "\n  binderhub:stage: development" if kind == "dummy" else ""
    text = f"""
config:
  binderhub:cluster: {{provider: gcp, name: research, project: research-123, location: us-west2,
    ingress: {{address: 203.0.113.10}}}}
  binderhub:domains: {{hub: hub.{kind}.example.org, binder: binder.{kind}.example.org,
    dns: {{provider: cloud-dns, zone: example-org}}}}
  binderhub:auth: {KINDS[kind].auth}
  binderhub:registry: {{kind: artifact-registry}}
  binderhub:user: {{memory: {{guarantee: 3G, limit: 5G}}, environment: {{COURSE: ecology}},
    defaultUrl: /lab}}
  binderhub:launch: {launch}{given}{stage}{chart}
"""
    stack = read_text(f"hub-{kind}", text)
    assert stack.ok and stack.hub, [str(finding) for finding in stack.findings]
    return stack.hub


def jupyterhub_release(kind: str) -> ReleasePlan:
    """The release that carries the hub."""
    wanted = names.BINDERHUB if KINDS[kind].classic else names.JUPYTERHUB
    return next(plan for plan in releases(hub_of(kind)) if plan.name == wanted)


def jupyterhub_section(kind: str) -> dict[str, Any]:
    """The values that the jupyterhub chart gets, alone or bundled."""
    values = jupyterhub_release(kind).values
    section: dict[str, Any] = values["jupyterhub"] if KINDS[kind].classic else values
    return section
