"""`registry` of existing values, from the image prefix and the credentials' user. Pure."""

from __future__ import annotations

import re

from hubctl.takeover.helm_values.paths import first, get
from hubctl.takeover.helm_values.source import Section, Source, given


def registry(source: Source) -> Section:
    prefix = str(source.config("BinderHub.image_prefix") or "")
    host, _, rest = prefix.partition("/")
    if "." not in host and ":" not in host and host != "localhost":
        host, rest = "docker.io", prefix
    user = first(source.binder, "buildPodsRegistryCredentials.username", "registry.username")
    user = user or source.config("DockerRegistry.username")
    private = get(source.hub, "imagePullSecret.create")
    parts = rest.split("/")
    name = parts[-1].rstrip("-") or None
    own = name if name != source.name else None
    url = str(source.config("DockerRegistry.url") or "")
    if not prefix:
        return {"kind": "none"} if source.config("BinderHub.use_registry") is False else {}
    if match := re.match(r"(?P<location>[a-z0-9-]+)-docker\.pkg\.dev\Z", host):
        project, repository = [*parts, "", ""][:2]
        default = f"binder-{source.name}"
        return given(kind="artifact-registry", project=project, location=match["location"],
                     repository=repository if repository != default else None,
                     prefix=own)  # fmt: skip
    if match := re.match(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\Z", host):
        path = rest.rstrip("/-")
        return given(kind="ecr", account=match[1], region=match[2],
                     prefix=path if path != source.name else None)  # fmt: skip
    if host == "gcr.io":
        return given(kind="gcr", project=parts[0] if len(parts) > 1 else None, prefix=own)
    if host.endswith(".azurecr.io"):
        level = parts[0] if len(parts) > 1 else None
        return given(kind="acr", name=host.removesuffix(".azurecr.io"), username=user, prefix=own,
                     project=level if level != source.name else None,
                     private=False if private is False else None)  # fmt: skip
    if host == "quay.io":
        return given(kind="quay", organization=parts[0], username=user, prefix=own,
                     private=False if not private else None)  # fmt: skip
    if host == "docker.io":
        return given(kind="dockerhub", organization=parts[0], username=user, prefix=own,
                     private=True if private else None)  # fmt: skip
    level = parts[0] if len(parts) > 1 else None
    return given(
        kind="custom",
        url=url or f"https://{host}",
        project=level if level != source.name else None,
        username=user,
        tokenUrl=source.config("DockerRegistry.token_url"),
        authConfigUrl=source.config("DockerRegistry.auth_config_url"),
        private=True if private else None,
        prefix=own,
    )
