"""What BinderHub was told about builds, as the release rendered it.

Defaults and precedence are those of `KubernetesBuildExecutor` of the pinned application image.
Source: binderhub/build.py and registry.py at https://github.com/jupyterhub/binderhub.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import yaml

from lab.errors import LabError
from model.derived.flavour import CLASSIC, DEFAULT
from rehearsal.objects import DeployedObjects, containers
from values.sections.binderhub_config import BUILD_MEMORY

# What the chart's own snippets, run after `config`, take from the pod's environment.
PUSH_SNIPPET = "binderhub-service-01-build-pods-docker-config"
_SOCKET_SNIPPET = "binderhub-service-02-set-docker-api"
_DEFAULT_IMAGE = "quay.io/jupyterhub/repo2docker:2024.07.0"
_DEFAULT_SOCKET = "/var/run/docker.sock"
_DEFAULT_SECRET = "binder-build-docker-config"
# What the classic chart's program calls the sockets, whatever `hostSocketName` says.
_CLASSIC_SOCKETS = MappingProxyType({"dind": "docker.sock", "pink": "podman.sock"})
# Settings that BinderHub once had itself, and which it still copies over the executor's.
_RENAMED = MappingProxyType(
    {
        "build_docker_host": "docker_host",
        "build_image": "build_image",
        "build_memory_limit": "memory_limit",
        "build_memory_request": "memory_request",
        "build_node_selector": "node_selector",
        "push_secret": "push_secret",
    }
)


@dataclass(frozen=True, kw_only=True)
class BuildSettings:
    """What BinderHub was told about builds. `credentials`: a push token is fetched for each
    build (registry helper), so no Secret is mounted. `socket` None: no docker socket;
    `of_nodes`: it is that of the nodes' own docker, which no pod serves. `memory_flag`:
    repo2docker is told how much memory it may use."""

    node_selector: Mapping[str, str]
    push_secret: str | None
    credentials: bool
    socket: str | None
    of_nodes: bool
    image: str
    image_prefix: str
    use_registry: bool
    resources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    memory_flag: bool = False
    pull_secrets: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    registry_url: str | None = None
    helper_url: str | None = None


def settings(objects: DeployedObjects) -> BuildSettings:
    """From the Secret that carries BinderHub's values, of whichever flavour it is."""
    (default, file), (classic, classic_file) = DEFAULT.binder_secret, CLASSIC.binder_secret
    if secret := objects.secret(default):
        return _of_service(objects, yaml.safe_load(secret[file]))
    if secret := objects.secret(classic):
        return _of_classic(yaml.safe_load(secret[classic_file]))
    raise LabError(
        f"Namespace {objects.namespace} has neither Secret `{default}` nor `{classic}`, so "
        "BinderHub has no configuration; see the release's own error."
    )


def _of_service(objects: DeployedObjects, values: Mapping[str, Any]) -> BuildSettings:
    config = values.get("config") or {}
    executor = _executor(config)
    snippets, env = values.get("extraConfig") or {}, _environment(objects)
    push = executor.get("push_secret", _DEFAULT_SECRET)
    socket = executor.get("docker_host", _DEFAULT_SOCKET)
    # The chart's snippets run after `config`; a release may have nulled them.
    if snippets.get(PUSH_SNIPPET) or ("PUSH_SECRET_NAME" in env and PUSH_SNIPPET not in snippets):
        push = env.get("PUSH_SECRET_NAME", push)
    if snippets.get(_SOCKET_SNIPPET) or _SOCKET_SNIPPET not in snippets:
        release = env.get("HELM_RELEASE_NAME", "")
        socket = f"/var/run/{objects.namespace}-{release}/docker-api/docker-api.sock"
    # Of this BinderHub; the classic chart's, a newer one, never passes the option.
    flag = bool(executor.get("memory_limit")) and not snippets.get(BUILD_MEMORY)
    resources = _resources_of_service(executor)
    return replace(_settings(config, push, socket), resources=resources, memory_flag=flag)


def _of_classic(values: Mapping[str, Any]) -> BuildSettings:
    config, kind = values.get("config") or {}, values.get("imageBuilderType", "host")
    executor = _executor(config)
    push = executor.get("push_secret", _DEFAULT_SECRET)
    if name := _CLASSIC_SOCKETS.get(kind):
        return _settings(config, push, f"{values[kind]['hostSocketDir']}/{name}")
    return _settings(config, push, executor.get("docker_host", _DEFAULT_SOCKET), of_nodes=True)


def _executor(config: Mapping[str, Any]) -> dict[str, Any]:
    """KubernetesBuildExecutor as BinderHub makes it."""
    hub = config.get("BinderHub") or {}
    older = {new: hub[old] for old, new in _RENAMED.items() if hub.get(old)}
    return {**(config.get("KubernetesBuildExecutor") or {}), **older}


def _settings(
    config: Mapping[str, Any], push: str | None, socket: str | None, *, of_nodes: bool = False
) -> BuildSettings:
    hub = config.get("BinderHub") or {}
    executor = _executor(config)
    helper = config.get("ExternalRegistryHelper") or {}
    by_helper = "ExternalRegistryHelper" in str(hub.get("registry_class", ""))
    use = bool(hub.get("use_registry", True))
    return BuildSettings(
        node_selector=executor.get("node_selector") or {},
        push_secret=push if use else None,
        credentials=by_helper,
        socket=urlsplit(socket).path if socket else None,
        of_nodes=of_nodes,
        image=executor.get("build_image", _DEFAULT_IMAGE),
        image_prefix=hub.get("image_prefix", ""),
        use_registry=use,
        resources=_resources(executor),
        pull_secrets=tuple(executor.get("image_pull_secrets") or ()),
        environment=tuple(sorted((executor.get("extra_envs") or {}).items())),
        registry_url=(config.get("DockerRegistry") or {}).get("url"),
        helper_url=helper.get("service_url") if by_helper else None,
    )


def _resources(executor: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Of a build pod of the classic chart's BinderHub: as they are given, or made of two older
    settings."""
    if resources := executor.get("resources"):
        return {kind: dict(asked) for kind, asked in resources.items()}
    named = {"requests": executor.get("memory_request"), "limits": executor.get("memory_limit")}
    return {kind: {"memory": quantity(size)} for kind, size in named.items() if size}


def _resources_of_service(executor: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The older BinderHub writes a size that it was not given as 0. Kubernetes refuses a request
    above a limit of 0."""
    named = {"requests": executor.get("memory_request"), "limits": executor.get("memory_limit")}
    return {kind: {"memory": quantity(size or 0)} for kind, size in named.items()}


def _environment(objects: DeployedObjects) -> dict[str, str]:
    deployment = objects.get("Deployment", "binderhub")
    if deployment is None:
        return {}
    spec = deployment["spec"]["template"]["spec"]
    entries = [entry for one in containers(spec) for entry in one.get("env") or []]
    return {entry["name"]: entry["value"] for entry in entries if "value" in entry}


def quantity(value: str | int) -> str:
    """A byte size of BinderHub or KubeSpawner (`2G` is 2 GiB there) as a Kubernetes quantity."""
    text = str(value)
    if text[-1:] in "KMGT":
        return f"{text}i"
    return text
