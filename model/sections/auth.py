"""`auth`: who may use the hub.

Each kind says about itself what others would otherwise ask of its type: the rules, the Helm values,
`hubctl new` and `hubctl import` all read these. A kind that leaves one out fails the type check.

- `authenticator`: its short name and its class in JupyterHub.
- `traits`: fields that the authenticator calls otherwise, see `trait_names`.
- `allowed_by` (a login): of these fields at least one must say who may log in; its own comes first.
- `public` (a login): where anyone at all can get an account that it takes; None if nowhere.
- `secret` (a login): the flat key of the credential that it needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field

from model.fields import Hostname, Model, Text, Url, by_kind

Names = Annotated[list[Text], Field(default_factory=list)]
Traits = Mapping[str, tuple[str, ...]]


class NoAuth(Model):
    """An open hub: no login at all; BinderHub makes a throw-away user per launch."""

    kind: Literal["none"]
    """No login."""

    authenticator: ClassVar = ("null", "NullAuthenticator")


class TemporaryAuth(Model):
    """An open hub where a visit to the hub itself also makes a throw-away user."""

    kind: Literal["temporary"]
    """A throw-away user per visit."""

    authenticator: ClassVar = ("tmp", "TmpAuthenticator")


class _Login(Model):
    admin_users: Names
    """User names that may administer the hub."""
    allowed_users: Names
    """User names that may log in."""
    allow_all: bool = False
    """Admit everyone whom the identity provider knows."""

    traits: ClassVar[Traits] = {}


class _OAuth(_Login):
    client_id: Text
    """Client id of the OAuth application; its secret is the flat key `oauthClientSecret`."""

    secret: ClassVar = "oauthClientSecret"


class GitHubAuth(_OAuth):
    """Log in with GitHub."""

    kind: Literal["github"]
    """GitHub."""
    allowed_organizations: Names
    """Organisations (`org`) or teams (`org:team`) whose members may log in."""

    authenticator: ClassVar = ("github", "GitHubOAuthenticator")
    allowed_by: ClassVar = ("allowed_organizations", "allowed_users", "allow_all")
    public: ClassVar = "GitHub"


class GoogleAuth(_OAuth):
    """Log in with Google."""

    kind: Literal["google"]
    """Google."""
    hosted_domains: Annotated[list[Hostname], Field(default_factory=list)]
    """Google Workspace domains whose users may log in."""

    authenticator: ClassVar = ("google", "GoogleOAuthenticator")
    traits: ClassVar[Traits] = {"hosted_domains": ("hosted_domain",)}
    allowed_by: ClassVar = ("hosted_domains", "allowed_users", "allow_all")
    public: ClassVar = "Google"


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

    authenticator: ClassVar = ("cilogon", "CILogonOAuthenticator")
    traits: ClassVar[Traits] = {"identity_providers": ()}
    allowed_by: ClassVar = ("identity_providers",)
    public: ClassVar = "CILogon"


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

    authenticator: ClassVar = ("generic-oauth", "GenericOAuthenticator")
    traits: ClassVar[Traits] = {
        "username_claim": ("username_claim", "username_key"),
        "groups_claim": (),
        "scopes": ("scope",),
    }
    allowed_by: ClassVar = ("allowed_groups", "allowed_users", "allow_all")
    public: ClassVar = None


class GitLabAuth(_OAuth):
    """Log in with GitLab."""

    kind: Literal["gitlab"]
    """GitLab."""
    url: Url = "https://gitlab.com"
    """Address of the GitLab instance."""
    allowed_groups: Names
    """Groups (`group/subgroup`) whose members may log in."""

    authenticator: ClassVar = ("gitlab", "GitLabOAuthenticator")
    traits: ClassVar[Traits] = {
        "url": ("gitlab_url",),
        "allowed_groups": ("allowed_gitlab_groups",),
    }
    allowed_by: ClassVar = ("allowed_groups", "allowed_users", "allow_all")

    @property
    def public(self) -> str | None:
        host = urlsplit(self.url).hostname
        return "gitlab.com" if host in ("gitlab.com", "www.gitlab.com") else None


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

    authenticator: ClassVar = ("azuread", "AzureAdOAuthenticator")
    allowed_by: ClassVar = ("allowed_groups", "allowed_users", "allow_all")

    @property
    def public(self) -> str | None:
        shared = self.tenant_id in ("common", "organizations", "consumers")
        return f"Microsoft's tenant {self.tenant_id!r}" if shared else None


class DummyAuth(_Login):
    """One shared password (flat key `dummyPassword`). Development stacks only."""

    kind: Literal["dummy"]
    """A shared password, for development."""

    authenticator: ClassVar = ("dummy", "DummyAuthenticator")
    allowed_by: ClassVar = ("allowed_users", "allow_all")
    public: ClassVar = None
    secret: ClassVar = "dummyPassword"


OpenAuth = NoAuth | TemporaryAuth
OAuth = GitHubAuth | GoogleAuth | CILogonAuth | OidcAuth | GitLabAuth | AzureADAuth
Login = OAuth | DummyAuth
AnyAuth = OpenAuth | Login
Auth = Annotated[AnyAuth, Field(discriminator="kind")]
AUTHS: dict[str, type[AnyAuth]] = by_kind(AnyAuth)
"""Each kind of `auth` by its name."""


def trait_names(login: type[Login]) -> dict[str, tuple[str, ...]]:
    """The trait of the authenticator that a field becomes, followed by the names that it had in
    earlier releases. Without those that are no single trait."""
    names = {field: login.traits.get(field, (field,)) for field in login.model_fields}
    return {field: traits for field, traits in names.items() if traits and field != "kind"}
