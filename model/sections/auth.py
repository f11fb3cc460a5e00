"""`auth`: who may use the hub. Each kind carries its own required allow rule."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from model.fields import Hostname, Model, Text, Url

Names = Annotated[list[Text], Field(default_factory=list)]


class NoAuth(Model):
    """An open hub: no login at all; BinderHub makes a throw-away user per launch."""

    kind: Literal["none"]
    """No login."""


class TemporaryAuth(Model):
    """An open hub where a visit to the hub itself also makes a throw-away user."""

    kind: Literal["temporary"]
    """A throw-away user per visit."""


class _Login(Model):
    admin_users: Names
    """User names that may administer the hub."""
    allowed_users: Names
    """User names that may log in."""
    allow_all: bool = False
    """Admit everyone whom the identity provider knows."""


class _OAuth(_Login):
    client_id: Text
    """Client id of the OAuth application; its secret is the flat key `oauthClientSecret`."""


class GitHubAuth(_OAuth):
    """Log in with GitHub."""

    kind: Literal["github"]
    """GitHub."""
    allowed_organizations: Names
    """Organisations (`org`) or teams (`org:team`) whose members may log in."""


class GoogleAuth(_OAuth):
    """Log in with Google."""

    kind: Literal["google"]
    """Google."""
    hosted_domains: Annotated[list[Hostname], Field(default_factory=list)]
    """Google Workspace domains whose users may log in."""


class IdentityProvider(Model):
    """One identity provider of CILogon."""

    idp: Url
    """Entity id, such as https://idp.example.edu/shibboleth; see CILogon's list."""
    username_claim: Text = "email"
    """Claim that becomes the user name: email, eppn, sub, ..."""
    allowed_domains: Annotated[list[Hostname], Field(default_factory=list)]
    """Domains of the user name that may log in; all of the provider's when empty (and no
    `allowedUsers` are listed)."""
    strip_domain: bool = False
    """Take the domain off the user name; needs exactly one allowed domain."""


class CILogonAuth(_OAuth):
    """Log in with CILogon (universities)."""

    kind: Literal["cilogon"]
    """CILogon."""
    identity_providers: Annotated[list[IdentityProvider], Field(min_length=1)]
    """Identity providers that may be used."""


class OidcAuth(_OAuth):
    """Log in with any OpenID Connect provider."""

    kind: Literal["oidc"]
    """Generic OpenID Connect."""
    authorize_url: Url
    """Authorization endpoint."""
    token_url: Url
    """Token endpoint."""
    userdata_url: Url
    """Userinfo endpoint."""
    username_claim: Text = "preferred_username"
    """Claim that becomes the user name."""
    groups_claim: Text | None = None
    """Claim that lists the user's groups."""
    scopes: Annotated[list[Text], Field(default_factory=lambda: ["openid", "profile", "email"])]
    """Scopes to ask for."""
    allowed_groups: Names
    """Groups whose members may log in."""
    admin_groups: Names
    """Groups whose members administer the hub."""
    login_service: Text = "OpenID Connect"
    """Name on the log-in button."""


class GitLabAuth(_OAuth):
    """Log in with GitLab."""

    kind: Literal["gitlab"]
    """GitLab."""
    url: Url = "https://gitlab.com"
    """Address of the GitLab instance."""
    allowed_groups: Names
    """Groups (`group/subgroup`) whose members may log in."""


class AzureADAuth(_OAuth):
    """Log in with Microsoft Entra ID (Azure AD)."""

    kind: Literal["azuread"]
    """Microsoft Entra ID."""
    tenant_id: Text
    """Directory (tenant) id."""
    username_claim: Text = "preferred_username"
    """Claim that becomes the user name."""
    allowed_groups: Names
    """Group ids whose members may log in."""


class DummyAuth(_Login):
    """One shared password (flat key `dummyPassword`). Development stacks only."""

    kind: Literal["dummy"]
    """A shared password, for development."""


OAuth = GitHubAuth | GoogleAuth | CILogonAuth | OidcAuth | GitLabAuth | AzureADAuth
Login = OAuth | DummyAuth
Auth = Annotated[
    NoAuth
    | TemporaryAuth
    | GitHubAuth
    | GoogleAuth
    | CILogonAuth
    | OidcAuth
    | GitLabAuth
    | AzureADAuth
    | DummyAuth,
    Field(discriminator="kind"),
]
