"""Secrets of a hub by name: which exist, where they come from, and their place-holder in values.

A secret never enters `spec` or `values`; only its name does. `components` puts the real one in
at the leaf, `hubctl render` prints `<secret:NAME>`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Secret:
    """Place-holder for a secret string, as a leaf of Helm values."""

    name: str

    def __str__(self) -> str:
        return f"<secret:{self.name}>"


@dataclass(frozen=True, kw_only=True)
class SecretInfo:
    """`name` is the flat config key (given) or the key under `rotate` (generated)."""

    name: str
    what: str


# Given by the operator: `pulumi config set --secret NAME`.
GIVEN: dict[str, SecretInfo] = {
    i.name: i
    for i in (
        SecretInfo(name="oauthClientSecret", what="client secret of the OAuth application"),
        SecretInfo(name="dummyPassword", what="shared password of the dummy authenticator"),
        SecretInfo(name="registryPassword", what="password or token that pushes to the registry"),
        SecretInfo(name="githubToken", what="GitHub token: higher API limit, private repositories"),
        SecretInfo(name="githubAppSecret", what="client secret of the GitHub application"),
        SecretInfo(name="gitlabToken", what="GitLab token: private repositories"),
        SecretInfo(
            name="launchEventsKey", what="service-account key (JSON) of the launch-event log"
        ),
        SecretInfo(name="databaseUrl", what="SQLAlchemy URL of an external database"),
    )
}

# Made by the program (32 random bytes as 64 hex digits), kept in state, renewed by `rotate`.
GENERATED: dict[str, SecretInfo] = {
    i.name: i
    for i in (
        SecretInfo(name="binderApiToken", what="BinderHub's token for the JupyterHub API"),
        SecretInfo(name="proxyToken", what="token between the hub and its proxy"),
        SecretInfo(name="cookieSecret", what="signs the hub's login cookies"),
        SecretInfo(name="cryptKey", what="encrypts auth state in the hub's database"),
        SecretInfo(name="buildTokenSecret", what="signs BinderHub's build tokens"),
        SecretInfo(name="registryHelperToken", what="BinderHub's token for the registry helper"),
        SecretInfo(name="daskGatewayToken", what="Dask Gateway's token for the JupyterHub API"),
    )
}

# Made by the cloud for a registry of ours: the key of the pushing service account.
REGISTRY_KEY = Secret("registryKey")

ROTATED: dict[str, SecretInfo] = {
    **GENERATED,
    REGISTRY_KEY.name: SecretInfo(
        name=REGISTRY_KEY.name,
        what="key of the account that pushes to Artifact Registry; the old one is deleted last",
    ),
}
"""Keys under `rotate`: everything that the program makes, or has made."""
