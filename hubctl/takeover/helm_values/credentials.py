"""Credentials in values: they never reach the stack file, only their names do. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hubctl.review.masking import HIDDEN, holds_credential
from model.secrets import MADE, OPERATOR_SECRETS, Secret

# (pattern of the path from the release down, flat key or generated name). jupyterhub's paths also
# stand under `jupyterhub.` in the classic chart.
_PLACES: tuple[tuple[str, str], ...] = (
    (r"hub\.config\.\w*(OAuthenticator|CILogonOAuthenticator)\.client_secret", "oauthClientSecret"),
    (r"hub\.config\.DummyAuthenticator\.password", "dummyPassword"),
    (r"hub\.db\.(url|password)", "databaseUrl"),
    (r"imagePullSecret\.password", "registryPassword"),
    (r"hub\.services\.binder\.api_?[tT]oken", "binderApiToken"),
    (r"proxy\.secretToken", "proxyToken"),
    (r"hub\.cookieSecret", "cookieSecret"),
    (r"hub\.config\.CryptKeeper\.keys(\[\d+\])?", "cryptKey"),
    (r"buildPodsRegistryCredentials\.password", "registryPassword"),
    (r"registry\.password", "registryPassword"),
    (r"config\.DockerRegistry\.password", "registryPassword"),
    (r"config\.GitHubRepoProvider\.access_token", "githubToken"),
    (r"config\.GitHubRepoProvider\.client_secret", "githubAppSecret"),
    (r"config\.GitLabRepoProvider\.private_token", "gitlabToken"),
    (r"extraCredentials\.googleServiceAccountKey", "launchEventsKey"),
    (r"config\.BinderHub\.build_token_secret", "buildTokenSecret"),
    (r"config\.BinderHub\.hub_api_token", "binderApiToken"),
    (r"config\.ExternalRegistryHelper\.auth_token", "registryHelperToken"),
)
_ENV = re.compile(r"(?:jupyterhub\.)?singleuser\.extraEnv\.(?P<name>\w+)\Z")


@dataclass(frozen=True, kw_only=True)
class Found:
    """A credential: where (release and path), and the name it has now. `name` is None when the
    model has no place for it. Its value is nowhere here."""

    release: str
    path: str
    name: str | None
    file: str | None = None

    @property
    def where(self) -> str:
        """Release and path."""
        return f"{self.release}.{self.path}"


def name_of(path: str) -> str | None:
    """Flat key or generated name of the credential at a path of a release."""
    for pattern, name in _PLACES:
        if re.fullmatch(rf"(?:jupyterhub\.)?{pattern}", path):
            return name
    if match := _ENV.match(path):
        return environment_name(match["name"])
    return None


def environment_name(variable: str) -> str:
    """Flat key for a variable of users' servers: MY_TOKEN becomes myToken."""
    first, *rest = [part for part in variable.lower().split("_") if part] or ["secret"]
    name = first + "".join(part.capitalize() for part in rest)
    return f"{name}Value" if name in OPERATOR_SECRETS or name in MADE else name


def take_out(release: str, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Found]]:
    """Values with `Secret(name)` (or HIDDEN) in place of each credential, and what was found."""
    found: list[Found] = []

    def walk(value: Any, path: str, key: str) -> Any:
        if isinstance(value, Mapping):
            label = str(value.get("name")) if "value" in value else None
            return {
                k: walk(v, f"{path}.{k}" if path else str(k), label if label and k == "value" else str(k))
                for k, v in value.items()
            }  # fmt: skip
        if isinstance(value, list):
            return [walk(v, f"{path}[{i}]", key) for i, v in enumerate(value)]
        if not isinstance(value, str | int | float) or isinstance(value, bool) or not value:
            return value
        name = name_of(path)
        environment = _ENV.match(path)
        if (name and not environment) or (
            holds_credential(value, key) and not re.match(r"<\w+:?\w*>\Z", str(value))
        ):
            found.append(Found(release=release, path=path, name=name))
            return Secret(name) if name else HIDDEN
        return value

    return walk(values, "", ""), found


def without_hidden(values: Any) -> Any:
    """Values without the credentials that have no name, so that a key of the model which is read
    from such a place is left unset rather than set to a mark."""
    if isinstance(values, Mapping):
        return {k: without_hidden(v) for k, v in values.items() if v != HIDDEN}
    if isinstance(values, list):
        return [without_hidden(v) for v in values if v != HIDDEN]
    return values
