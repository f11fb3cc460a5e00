"""The registry of a hub, seen by everyone who needs it: one object (design, rule 5).

Push secret, lookup and pull secret are all made from it. Apart, they drift, and BinderHub
rebuilds every image at every launch without a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import assert_never

from model.derived import names
from model.hub import Hub
from model.secrets import Secret
from model.sections.cluster import GcpCluster
from model.sections.registry import (
    Acr,
    ArtifactRegistry,
    CustomRegistry,
    DockerHub,
    Ecr,
    Gcr,
    NoRegistry,
    Quay,
)


@dataclass(frozen=True, kw_only=True)
class RegistryAccess:
    """`image_prefix` is None only without a registry.

    `server` is the key in docker's config.json, `url` the API address for lookups.
    `private` asks for a pull secret on user pods. `helper` (ECR) replaces all static credentials.
    """

    image_prefix: str | None
    server: str | None = None
    url: str | None = None
    token_url: str | None = None
    auth_config_url: str | None = None
    username: str | None = None
    password: Secret | None = None
    private: bool = False
    helper: bool = False

    @property
    def static(self) -> bool:
        """Whether pushes use a user name and password that do not expire."""
        return self.username is not None and self.password is not None

    @property
    def pull_secret(self) -> bool:
        """Whether user pods need a pull secret, made of the same user name and password."""
        return self.private and self.static


def registry_access(hub: Hub) -> RegistryAccess:
    """Derive the access object from the registry section."""
    access, credentials = _addresses(hub), hub.registry.credentials
    if credentials is None:
        return access
    return replace(access, username=credentials.username, password=credentials.password)


def _addresses(hub: Hub) -> RegistryAccess:
    registry = hub.registry
    prefix = "" if isinstance(registry, NoRegistry) else registry.prefix or hub.name
    match registry:
        case ArtifactRegistry():
            host = registry.host.format(location=names.registry_location(hub))
            path = f"{names.registry_project(hub)}/{names.repository(hub)}"
            return _simple(host, f"{path}/{prefix}-", private=_foreign(hub))
        case Ecr():
            account = registry.account or names.account(hub)
            host = registry.host.format(account=account, region=names.registry_location(hub))
            return RegistryAccess(
                image_prefix=f"{host}/{prefix}/", url=f"https://{host}", helper=True
            )
        case Quay():
            path = f"{registry.organization}/{prefix}-"
            return _simple(registry.host, path, private=registry.private)
        case DockerHub():
            return RegistryAccess(
                image_prefix=f"{_docker_hub(registry.organization)}/{prefix}-",
                server="https://index.docker.io/v1/",
                url="https://registry-1.docker.io",
                token_url="https://auth.docker.io/token?service=registry.docker.io",
                auth_config_url="https://index.docker.io/v1/",
                private=registry.private,
            )
        case Gcr():
            path = f"{registry.project or names.project(hub)}/{prefix}-"
            return _simple(registry.host, path, private=_foreign(hub))
        case Acr():
            host = registry.host.format(name=registry.name)
            return RegistryAccess(
                image_prefix=f"{host}/{registry.project or hub.name}/{prefix}-",
                server=f"https://{host}",
                url=f"https://{host}",
                token_url=f"https://{host}/oauth2/token?service={host}",
                auth_config_url=f"https://{host}",
                private=registry.private,
            )
        case CustomRegistry():
            url = registry.url.rstrip("/")
            host = url.split("://", 1)[1]
            return RegistryAccess(
                image_prefix=f"{host}/{registry.project or hub.name}/{prefix}-",
                server=registry.auth_config_url or url,
                url=url,
                token_url=None if registry.basic else registry.token_url,
                auth_config_url=registry.auth_config_url or url,
                private=registry.private and registry.username is not None,
            )
        case NoRegistry():
            return RegistryAccess(image_prefix=None)
        case _:
            assert_never(registry)


def _docker_hub(organization: str) -> str:
    """BinderHub takes a first part that it does not know for an organization for a registry's
    host, and would look for images without it: built again at every launch."""
    known = re.fullmatch(r"[a-z0-9]{4,40}", organization)
    return organization if known else f"{DockerHub.host}/{organization}"


def _foreign(hub: Hub) -> bool:
    """Whether Google's registry is foreign to the nodes: on GKE their own account reads it."""
    return not isinstance(hub.cluster, GcpCluster)


def _simple(host: str, path: str, *, private: bool) -> RegistryAccess:
    return RegistryAccess(
        image_prefix=f"{host}/{path}",
        server=f"https://{host}",
        url=f"https://{host}",
        private=private,
    )
