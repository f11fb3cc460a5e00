"""`user`, `build`, `homepage` and `database` of existing values. Pure."""

from __future__ import annotations

import re
from typing import Any

from hubctl.takeover.helm_values.credentials import environment_name
from hubctl.takeover.helm_values.paths import first, get, mapping
from hubctl.takeover.helm_values.read_auth import auth
from hubctl.takeover.helm_values.source import Section, Source, only_set
from model.secrets import Secret


def user(source: Source) -> Section:
    single = mapping(source.hub, "singleuser")
    environment: dict[str, Any] = {}
    for name, value in mapping(single, "extraEnv").items():
        if isinstance(value, Secret):
            environment[name] = {"secret": environment_name(name)}
        elif isinstance(value, str | int | float | bool):
            environment[name] = value if isinstance(value, str) else str(value)
    command = single.get("cmd")
    named = get(source.hub, "hub.namedServerLimitPerUser")
    return only_set(
        memory=only_set(
            guarantee=_amount(get(single, "memory.guarantee")),
            limit=_amount(get(single, "memory.limit")),
        ),
        cpu=only_set(guarantee=get(single, "cpu.guarantee"), limit=get(single, "cpu.limit")),
        environment=environment,
        command=None if _usual(command) else [command] if isinstance(command, str) else command,
        defaultUrl=single.get("defaultUrl") or None,
        culling=only_set(
            idle=get(source.hub, "cull.timeout"),
            maxAge=get(source.hub, "cull.maxAge"),
            every=get(source.hub, "cull.every"),
        ),
        namedServers=named if get(source.hub, "hub.allowNamedServers") else None,
        httpTimeout=first(
            source.hub, "hub.config.KubeSpawner.http_timeout", "hub.config.Spawner.http_timeout"
        ),
        egress=get(single, "networkPolicy.egress"),
    )


def _usual(command: Any) -> bool:
    """The commands that follow from the kind of hub: jupyterhub-singleuser, or the script that
    picks JupyterLab where it is."""
    if command in (None, "jupyterhub-singleuser", ["jupyterhub-singleuser"]):
        return True
    text = " ".join(map(str, command)) if isinstance(command, list) else str(command)
    return "jupyter-lab" in text and "exec" in text


def _amount(value: Any) -> str | None:
    """JupyterHub takes bytes as a number too."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        for unit, factor in (("G", 1024**3), ("M", 1024**2), ("K", 1024)):
            if value >= factor and value % factor == 0:
                return f"{int(value // factor)}{unit}"
        return f"{max(round(value / 1024), 1)}K"
    return re.sub(r"(?<=[KMGT])i?B?\Z", "", str(value))


def build(source: Source) -> Section:
    executor = mapping(source.binder, "config.KubernetesBuildExecutor")
    kind = get(source.binder, "imageBuilderType")
    return only_set(
        memory=only_set(
            guarantee=_amount(
                first(executor, "memory_request") or source.config("BinderHub.build_memory_request")
            ),
            limit=_amount(
                first(executor, "memory_limit") or source.config("BinderHub.build_memory_limit")
            ),
        ),
        maxAge=source.config("KubernetesCleaner.max_age")
        or source.config("BinderHub.build_max_age"),
        repo2dockerImage=executor.get("build_image") or source.config("BinderHub.build_image"),
        builder=kind if kind in ("host", "pink") else None,
        dockerStorage=get(source.binder, "dockerApi.storage.emptyDir.sizeLimit"),
    )


_HOMEPAGE = "https://github.com/2i2c-org/default-hub-homepage"


def homepage(source: Source) -> Section:
    variables = mapping(source.hub, "hub.templateVars")
    announcement = variables.get("announcement")
    around = "jupyterhub.custom.homepage"
    branch = source.umbrella.get(f"{around}.gitRepoBranch")
    repository = source.umbrella.get(f"{around}.gitRepoUrl")
    templates = {}
    if (branch or repository) and auth(source).get("kind") not in ("none", "temporary"):
        templates = {"repository": repository or _HOMEPAGE, **only_set(branch=branch)}
    return only_set(
        templates=templates,
        variables={
            k: v for k, v in variables.items() if k != "announcement" and isinstance(v, str)
        },
        announcement=announcement if isinstance(announcement, str) else None,
    )


def database(source: Source) -> Section:
    kind = get(source.hub, "hub.db.type")
    if kind in ("postgres", "mysql"):
        return {"kind": "external", **({"dialect": kind} if kind == "mysql" else {})}
    if kind == "sqlite-memory":
        return {"kind": "memory"}
    size = get(source.hub, "hub.db.pvc.storage")
    storage = only_set(
        size=size if size != "1Gi" else None,
        storageClass=get(source.hub, "hub.db.pvc.storageClassName"),
    )
    return {"kind": "sqlite", **storage} if storage else {}
