"""Runs inside JupyterHub as its configuration: the hub as its Helm values alone describe it.

Used where the release carries no hub program (the offline stand-in of the chart). It sets, from
the same values, the traits that the real chart's program sets; the table below is the mapping.
It reads `secret/` beside it: `values.yaml` (all values, merged over the chart's defaults) and
one file per secret. What only matters in a container (volumes from files, existing secrets,
database passwords) is not covered.

Values: https://z2jh.jupyter.org/en/stable/resources/reference.html
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821

SECRET = Path(__file__).resolve().parent / "secret"
VALUES: dict[str, Any] = yaml.safe_load((SECRET / "values.yaml").read_text())

# JupyterHub's trait <- path under `hub`
HUB_TRAITS = {
    "active_server_limit": "activeServerLimit",
    "allow_named_servers": "allowNamedServers",
    "authenticate_prometheus": "authenticatePrometheus",
    "base_url": "baseUrl",
    "concurrent_spawn_limit": "concurrentSpawnLimit",
    "named_server_limit_per_user": "namedServerLimitPerUser",
    "redirect_to_server": "redirectToServer",
    "shutdown_on_logout": "shutdownOnLogout",
    "template_paths": "templatePaths",
    "template_vars": "templateVars",
}
# KubeSpawner's trait <- path under `singleuser`
POD_TRAITS = {
    "allow_privilege_escalation": "allowPrivilegeEscalation",
    "cpu_guarantee": "cpu.guarantee",
    "cpu_limit": "cpu.limit",
    "environment": "extraEnv",
    "events_enabled": "events",
    "extra_annotations": "extraAnnotations",
    "extra_containers": "extraContainers",
    "extra_labels": "extraLabels",
    "extra_pod_config": "extraPodConfig",
    "extra_resource_guarantees": "extraResource.guarantees",
    "extra_resource_limits": "extraResource.limits",
    "fs_gid": "fsGid",
    "image_pull_policy": "image.pullPolicy",
    "init_containers": "initContainers",
    "lifecycle_hooks": "lifecycleHooks",
    "mem_guarantee": "memory.guarantee",
    "mem_limit": "memory.limit",
    "node_affinity_preferred": "extraNodeAffinity.preferred",
    "node_affinity_required": "extraNodeAffinity.required",
    "node_selector": "nodeSelector",
    "pod_affinity_preferred": "extraPodAffinity.preferred",
    "pod_affinity_required": "extraPodAffinity.required",
    "pod_anti_affinity_preferred": "extraPodAntiAffinity.preferred",
    "pod_anti_affinity_required": "extraPodAntiAffinity.required",
    "pod_name_template": "podNameTemplate",
    "profile_list": "profileList",
    "service_account": "serviceAccountName",
    "start_timeout": "startTimeout",
    "uid": "uid",
}
# The culler's option <- key under `cull`
CULL_OPTIONS = {
    "timeout": "timeout",
    "cull-every": "every",
    "concurrency": "concurrency",
    "max-age": "maxAge",
}


def at(path: str, default: Any = None) -> Any:
    """The value at a dotted path; a null is as good as nothing."""
    found: Any = VALUES
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return default if found is None else found


def secret(name: str) -> str:
    return (SECRET / name).read_text()


def set_from(target: Any, section: str, traits: dict[str, str]) -> None:
    for trait, key in traits.items():
        if (value := at(f"{section}.{key}")) is not None:
            setattr(target, trait, value)


def hub() -> None:
    set_from(c.JupyterHub, "hub", HUB_TRAITS)
    c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
    c.JupyterHub.cleanup_servers = False
    c.JupyterHub.last_activity_interval = 60
    c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}
    c.JupyterHub.cookie_secret = secret("hub.config.JupyterHub.cookie_secret")
    c.CryptKeeper.keys = secret("hub.config.CryptKeeper.keys").split(";")
    kind = at("hub.db.type")
    files = {"sqlite-pvc": "sqlite:///jupyterhub.sqlite", "sqlite-memory": "sqlite://"}
    c.JupyterHub.db_url = files.get(kind) or at("hub.db.url")


def pods() -> None:
    set_from(c.KubeSpawner, "singleuser", POD_TRAITS)
    c.KubeSpawner.namespace = os.environ["POD_NAMESPACE"]
    chart = f"{at('Chart.Name')}-{str(at('Chart.Version')).replace('+', '_')}"
    c.KubeSpawner.common_labels = {
        "app": "jupyterhub",
        "app.kubernetes.io/name": "jupyterhub",
        "app.kubernetes.io/instance": at("Release.Name"),
        "app.kubernetes.io/managed-by": "kubespawner",
        "chart": chart,
        "helm.sh/chart": chart,
        "release": at("Release.Name"),
    }
    image = at("singleuser.image.name")
    if image:
        tag = at("singleuser.image.tag")
        c.KubeSpawner.image = f"{image}:{tag}" if tag else image
    pull = [*at("imagePullSecrets", []), *at("singleuser.image.pullSecrets", [])]
    if at("imagePullSecret.create") and at("imagePullSecret.automaticReferenceInjection"):
        pull.insert(0, "image-pull-secret")
    c.KubeSpawner.image_pull_secrets = pull
    # A null command means the image's own; left out, it is the chart's default.
    c.Spawner.cmd = VALUES["singleuser"]["cmd"]
    if at("hub.consecutiveFailureLimit") is not None:
        c.Spawner.consecutive_failure_limit = at("hub.consecutiveFailureLimit")
    if at("singleuser.defaultUrl"):
        c.Spawner.default_url = at("singleuser.defaultUrl")
    volumes()
    metadata_block()


def placement() -> None:
    if at("scheduling.userScheduler.enabled"):
        c.KubeSpawner.scheduler_name = f"{at('Release.Name')}-user-scheduler"
    c.KubeSpawner.tolerations = [
        *at("scheduling.userPods.tolerations", []),
        *at("singleuser.extraTolerations", []),
    ]
    purpose = {
        "matchExpressions": [
            {"key": "hub.jupyter.org/node-purpose", "operator": "In", "values": ["user"]}
        ]
    }
    match at("scheduling.userPods.nodeAffinity.matchNodePurpose", "ignore"):
        case "prefer":
            c.KubeSpawner.node_affinity_preferred = [
                *at("singleuser.extraNodeAffinity.preferred", []),
                {"weight": 100, "preference": purpose},
            ]
        case "require":
            c.KubeSpawner.node_affinity_required = [
                *at("singleuser.extraNodeAffinity.required", []),
                purpose,
            ]


def volumes() -> None:
    """Only what the values add: Binder hubs have no storage of their own."""
    if (kind := at("singleuser.storage.type")) != "none":
        raise ValueError(f"singleuser.storage.type is {kind!r}; a Binder hub keeps nothing: none")
    for trait, key in (("volumes", "extraVolumes"), ("volume_mounts", "extraVolumeMounts")):
        given = at(f"singleuser.storage.{key}", [])
        setattr(c.KubeSpawner, trait, list(given.values()) if isinstance(given, dict) else given)


def metadata_block() -> None:
    if not at("singleuser.cloudMetadata.blockWithIptables"):
        return
    image = at("singleuser.networkTools.image")
    drop = ["iptables", "--append", "OUTPUT", "--protocol", "tcp", "--destination"]
    drop += [at("singleuser.cloudMetadata.ip"), "--destination-port", "80", "--jump", "DROP"]
    c.KubeSpawner.init_containers = [
        *at("singleuser.initContainers", []),
        {
            "name": "block-cloud-metadata",
            "image": f"{image['name']}:{image['tag']}",
            "command": drop,
            "securityContext": {
                "privileged": True,
                "runAsUser": 0,
                "capabilities": {"add": ["NET_ADMIN"]},
            },
        },
    ]


def services_and_roles() -> None:
    services: list[dict[str, Any]] = []
    roles: list[dict[str, Any]] = []
    if at("cull.enabled"):
        services.append({"name": "jupyterhub-idle-culler", "command": culler()})
        scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
        if at("cull.users"):
            scopes.append("admin:users")
        roles.append(
            {
                "name": "jupyterhub-idle-culler",
                "services": ["jupyterhub-idle-culler"],
                "scopes": scopes,
            }
        )
    for name, service in at("hub.services", {}).items():
        own = {k: v for k, v in service.items() if k != "apiToken"}
        token = secret(f"hub.services.{name}.apiToken")
        services.append({"name": name, **own, "api_token": token})
    roles += [{"name": name, **role} for name, role in at("hub.loadRoles", {}).items()]
    c.JupyterHub.services, c.JupyterHub.load_roles = services, roles


def culler() -> list[str]:
    base = str(at("hub.baseUrl", "/")).rstrip("/")
    url = f"http://localhost:8081{base}/hub/api"
    command = ["python3", "-m", "jupyterhub_idle_culler", f"--url={url}"]
    for option, key in CULL_OPTIONS.items():
        if value := at(f"cull.{key}"):
            command.append(f"--{option}={value}")
    if at("cull.users"):
        command.append("--cull-users")
    if not at("cull.adminUsers"):
        command.append("--cull-admin-users=false")
    if at("cull.removeNamedServers"):
        command.append("--remove-named-servers")
    return command


def sections() -> None:
    """hub.config as it is, but for the secrets that were read above."""
    read_already = {("JupyterHub", "cookie_secret"), ("CryptKeeper", "keys")}
    for section, traits in at("hub.config", {}).items():
        c[section].update({k: v for k, v in traits.items() if (section, k) not in read_already})


hub()
pods()
placement()
services_and_roles()
sections()
for _name, _text in sorted(at("hub.extraConfig", {}).items()):
    exec(compile(_text, f"hub.extraConfig.{_name}", "exec"))  # noqa: S102 - what the chart does
