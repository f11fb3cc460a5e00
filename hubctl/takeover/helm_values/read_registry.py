"""`registry` of existing values, from the image prefix and the credentials' user. Pure."""

from __future__ import annotations

import re
from typing import assert_never

from hubctl.takeover.helm_values.paths import first, get
from hubctl.takeover.helm_values.source import Section, Source, only_set
from model.fields import kind_of
from model.sections.registry import (
    REGISTRIES,
    Acr,
    AnyRegistry,
    ArtifactRegistry,
    CustomRegistry,
    DockerHub,
    Ecr,
    Gcr,
    NoRegistry,
    Quay,
)


def registry(source: Source) -> Section:
    prefix = str(source.config("BinderHub.image_prefix") or "")
    host, _, rest = prefix.partition("/")
    if "." not in host and ":" not in host and host != "localhost":
        host, rest = DockerHub.host, prefix
    user = first(source.binder, "buildPodsRegistryCredentials.username", "registry.username")
    user = user or source.config("DockerRegistry.username")
    private = get(source.hub, "imagePullSecret.create")
    parts = rest.split("/")
    name = parts[-1].rstrip("-") or None
    own = name if name != source.name else None
    url = str(source.config("DockerRegistry.url") or "")
    if not prefix:
        return {"kind": "none"} if source.config("BinderHub.use_registry") is False else {}
    kind, in_host = _by_host(host)
    level = parts[0] if len(parts) > 1 else None
    own_level = level if level != source.name else None
    if issubclass(kind, ArtifactRegistry):
        project, repository = [*parts, "", ""][:2]
        default = f"binder-{source.name}"
        more = only_set(project=project, repository=repository if repository != default else None)
    elif issubclass(kind, Ecr):
        path = rest.rstrip("/-")
        own = path if path != source.name else None
        more = {}
    elif issubclass(kind, Gcr):
        more = only_set(project=level)
    elif issubclass(kind, Acr):
        more = only_set(
            username=user, project=own_level, private=False if private is False else None
        )
    elif issubclass(kind, Quay):
        more = only_set(organization=parts[0], username=user, private=None if private else False)
    elif issubclass(kind, DockerHub):
        more = only_set(organization=parts[0], username=user, private=True if private else None)
    elif issubclass(kind, CustomRegistry):
        more = only_set(
            url=url or f"https://{host}",
            project=own_level,
            username=user,
            tokenUrl=source.config("DockerRegistry.token_url"),
            authConfigUrl=source.config("DockerRegistry.auth_config_url"),
            private=True if private else None,
        )
    elif issubclass(kind, NoRegistry):
        more = {}
    else:
        assert_never(kind)
    return only_set(kind=kind_of(kind), **in_host, **more, prefix=own)


def _field(named: re.Match[str]) -> str:
    return f"(?P<{named[1]}>{r'[0-9]{12}' if named[1] == 'account' else '[a-z0-9-]+'})"


def _by_host(host: str) -> tuple[type[AnyRegistry], dict[str, str]]:
    """The kind of registry that is at a host, and the fields that the host's name tells."""
    for kind in REGISTRIES.values():
        pattern = re.sub(r"\\{(\w+)\\}", _field, re.escape(kind.host or ""))
        if match := re.fullmatch(pattern, host):
            return kind, match.groupdict()
    return CustomRegistry, {}
