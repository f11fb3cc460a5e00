"""Secrets of a hub by name: which exist, who reads them, and their placeholders in values.

A secret never enters `model` or `values`; only its name does. `components` puts the real one in
at the leaf, `hubctl render` prints `<secret:NAME>`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Reader = Literal["hub", "proxy", "binderhub", "registry-helper"]
"""A pod that reads secrets at its start and never again, so a new value needs a new pod."""

READERS: dict[Reader, str] = {
    "hub": "the hub",
    "proxy": "the proxy",
    "binderhub": "BinderHub",
    "registry-helper": "the registry helper",
}
"""Readers by the names that people call them."""


@dataclass(frozen=True)
class Secret:
    """Placeholder for a secret string, as a leaf of Helm values."""

    name: str

    def __str__(self) -> str:
        return f"<secret:{self.name}>"


@dataclass(frozen=True)
class Fingerprint(Secret):
    """Placeholder for a text that changes whenever one of several secrets does, and tells nothing
    about them: their HMAC under a key that the program makes. `name` lists them with commas."""

    @property
    def of(self) -> tuple[str, ...]:
        """The secrets' names."""
        return tuple(self.name.split(","))

    def __str__(self) -> str:
        return f"<fingerprint:{self.name}>"


@dataclass(frozen=True, kw_only=True)
class SecretInfo:
    """`name` is the flat config key (given) or the key under `rotate` (generated).

    `readers` are right for every hub that has the secret, but for what
    `model.derived.secret_readers.readers` adds. `later` says who else takes the value, whenever it does.
    `effect` is what people notice when it is renewed by `rotate`.
    """

    name: str
    what: str
    readers: tuple[Reader, ...]
    later: str = ""
    effect: str = ""


_BUILDS = "each build, at its start; each pull of a private image"

# Given by the operator: `pulumi config set --secret NAME`.
OPERATOR_SECRETS: dict[str, SecretInfo] = {
    i.name: i
    for i in (
        SecretInfo(
            name="oauthClientSecret",
            what="client secret of the OAuth application",
            readers=("hub",),
        ),
        SecretInfo(
            name="dummyPassword",
            what="shared password of the dummy authenticator",
            readers=("hub",),
        ),
        SecretInfo(
            name="registryPassword",
            what="password or token that pushes to the registry",
            readers=("binderhub",),
            later=_BUILDS,
        ),
        SecretInfo(
            name="githubToken",
            what="GitHub token: higher API limit, private repositories",
            readers=("binderhub",),
        ),
        SecretInfo(
            name="githubAppSecret",
            what="client secret of the GitHub application",
            readers=("binderhub",),
        ),
        SecretInfo(
            name="gitlabToken", what="GitLab token: private repositories", readers=("binderhub",)
        ),
        SecretInfo(
            name="launchEventsKey",
            what="service-account key (JSON) of the launch-event log",
            readers=("binderhub",),
        ),
        SecretInfo(
            name="databaseUrl", what="SQLAlchemy URL of an external database", readers=("hub",)
        ),
    )
}

# Made by the program (64 random hexadecimal digits), kept in state, renewed by `rotate`.
GENERATED: dict[str, SecretInfo] = {
    i.name: i
    for i in (
        SecretInfo(
            name="binderApiToken",
            what="BinderHub's token for the JupyterHub API",
            readers=("hub", "binderhub"),
            effect="launches fail for a minute",
        ),
        SecretInfo(
            name="proxyToken",
            what="token between the hub and its proxy",
            readers=("hub", "proxy"),
            effect="open servers are unreachable for a minute",
        ),
        SecretInfo(
            name="cookieSecret",
            what="signs the hub's login cookies",
            readers=("hub",),
            effect="everybody has to log in again",
        ),
        SecretInfo(
            name="cryptKey",
            what="encrypts auth state in the hub's database",
            readers=("hub",),
            effect="kept log-in state is forgotten: people log in again",
        ),
        SecretInfo(
            name="buildTokenSecret",
            what="signs BinderHub's build tokens",
            readers=("binderhub",),
            effect="launch pages that are open have to be reloaded",
        ),
        SecretInfo(
            name="registryHelperToken",
            what="BinderHub's token for the registry helper",
            readers=("binderhub", "registry-helper"),
            effect="builds under way may fail",
        ),
        SecretInfo(
            name="daskGatewayToken",
            what="Dask Gateway's token for the JupyterHub API",
            readers=("hub",),
            effect="the Dask Gateway needs the new token too",
            later="Dask Gateway, which you install and restart",
        ),
    )
}

REGISTRY_PASSWORD = Secret("registryPassword")
"""Given by the operator for a registry that exists."""
REGISTRY_KEY = Secret("registryKey")
"""Made by the cloud for a registry of ours: the key of the pushing service account."""

ROTATED: dict[str, SecretInfo] = {
    **GENERATED,
    REGISTRY_KEY.name: SecretInfo(
        name=REGISTRY_KEY.name,
        what="key of the account that pushes to Artifact Registry; the old one is deleted last",
        readers=("binderhub",),
        effect="then the old key is deleted; a build under way that pushes after that fails, and its "
        "next launch builds again",
        later=_BUILDS,
    ),
}
"""Keys under `rotate`: everything that the program makes, or has made."""

FINGERPRINT_KEY = "fingerprintKey"
"""Made like a generated secret, but read by nobody: the key of every `Fingerprint`."""

MADE = frozenset({*ROTATED, FINGERPRINT_KEY})
"""Every secret that the program makes; nobody else's may have such a name."""
