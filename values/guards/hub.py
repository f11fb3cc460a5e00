"""Guards on JupyterHub's values: names, the program's own Python, one place for each setting."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from model.derived import names
from model.findings import Finding
from model.repository_patterns import PROVIDERS
from model.rules.network import opens
from values.charts.jupyterhub import jupyterhub_values
from values.guards.view import Guard, View, at, found, mapping
from values.sections import binderhub_config

# JupyterHub's trait -> key of the chart that sets it. hub.config is applied after the chart's own
# program, so a trait there replaces what the chart made of its keys, and what guards look at.
_HUB = {
    "allow_named_servers": "hub.allowNamedServers",
    "base_url": "hub.baseUrl",
    "db_url": "hub.db",
    "load_roles": "hub.loadRoles",
    "named_server_limit_per_user": "hub.namedServerLimitPerUser",
    "redirect_to_server": "hub.redirectToServer",
    "services": "hub.services",
    "spawner_class": "(the spawner that BinderHub needs)",
    "template_paths": "hub.templatePaths",
    "template_vars": "hub.templateVars",
}
_POD = {
    "allow_privilege_escalation": "singleuser.allowPrivilegeEscalation",
    "args": "singleuser.cmd",
    "cmd": "singleuser.cmd",
    "cpu_guarantee": "singleuser.cpu.guarantee",
    "cpu_limit": "singleuser.cpu.limit",
    "default_url": "singleuser.defaultUrl",
    "environment": "singleuser.extraEnv",
    "extra_containers": "singleuser.extraContainers",
    "extra_labels": "singleuser.extraLabels",
    "extra_pod_config": "singleuser.extraPodConfig",
    "image": "(BinderHub's choice)",
    "image_pull_secrets": "imagePullSecret",
    "init_containers": "singleuser.initContainers",
    "mem_guarantee": "singleuser.memory.guarantee",
    "mem_limit": "singleuser.memory.limit",
    "namespace": "(the hub's namespace)",
    "node_selector": "singleuser.nodeSelector",
    "profile_list": "singleuser.profileList",
    "service_account": "singleuser.serviceAccountName",
    "start_timeout": "singleuser.startTimeout",
    "storage_pvc_ensure": "singleuser.storage",
    "tolerations": "singleuser.extraTolerations",
    "volume_mounts": "singleuser.storage.extraVolumeMounts",
    "volumes": "singleuser.storage.extraVolumes",
}
_SPAWNERS = ("Spawner", "KubeSpawner", "BinderSpawner", "BinderSpawnerMixin")
ELSEWHERE: dict[str, dict[str, str]] = {"JupyterHub": _HUB, **dict.fromkeys(_SPAWNERS, _POD)}


def one_place(view: View) -> Iterator[Finding]:
    """BH141: a trait that a key of the chart sets is set by that key."""
    for section, traits in ELSEWHERE.items():
        for trait in mapping(view.in_hub("hub", "config", section)):
            if key := traits.get(str(trait)):
                yield found(
                    "BH141",
                    f"{view.hub_path}.hub.config.{section}.{trait}",
                    "(given)",
                    f"it silently replaces what {key} means.",
                    f"set {key} instead." if key[0] != "(" else "leave it out.",
                )


def found_by_name(view: View) -> Iterator[Finding]:
    """BH142: services and secrets are found by their plain names, and the hub at its root."""
    for path, values in ((view.hub_path, view.hub_values), (view.binder_path, view.binder)):
        for key in ("fullnameOverride", "nameOverride"):
            if value := at(values, key):
                yield found(
                    "BH142",
                    f"{path}.{key}",
                    value,
                    "hub and BinderHub find each other's services and secrets by their own names.",
                )
    base = view.in_hub("hub", "baseUrl")
    if base not in (None, "/"):
        yield found(
            "BH142",
            f"{view.hub_path}.hub.baseUrl",
            base,
            f"BinderHub looks for the hub at {names.hub_url(view.hub)}, and log-in ends there.",
        )


def side_door(view: View) -> Iterator[Finding]:
    """BH143: nobody gets past the ingress and its TLS, or to the registry helper."""
    kind = at(view.helper, "service", "type")
    if view.helper is not None and kind != "ClusterIP":
        path = f"extraValues.{names.REGISTRY_HELPER}.service.type"
        yield found("BH143", path, kind, "whoever reaches it could ask for push credentials.")
    if view.hub.domains is None:
        return
    for path, values, keys in (
        (view.hub_path, view.hub_values, ("proxy", "service")),
        (view.binder_path, view.binder, ("service",)),
    ):
        service = at(values, *keys)
        if at(service, "type") not in ("ClusterIP", "NodePort"):
            yield found(
                "BH143",
                f"{path}.{'.'.join(keys)}.type",
                at(service, "type"),
                "a load balancer of its own would serve it over plain HTTP, past the ingress.",
            )


def fragments(view: View) -> Iterator[Finding]:
    """BH035, BH164: the Python that the program brings stays as it is."""
    wanted = mapping(at(jupyterhub_values(view.resolved), "hub", "extraConfig"))
    for path, values, texts in (
        (f"{view.hub_path}.hub", at(view.hub_values, "hub"), wanted),
        (view.binder_path, view.binder, binderhub_config.extra_config(view.resolved)),
    ):
        for name, text in texts.items():
            if view.classic and name == "10-binder-spawner":
                continue  # without ours, that chart's hub runs its own
            if at(values, "extraConfig", name) != text:
                yield found(
                    "BH035" if name == "10-repo-providers" else "BH164",
                    f"{path}.extraConfig.{name}",
                    "(other text)",
                    "providers that are not listed would be open to all."
                    if name == "10-repo-providers"
                    else "launches need the program's own text.",
                    "leave it out; use another name for Python of yours.",
                )
    for entry in binderhub_config.environment(view.hub):
        name, value = entry["name"], view.env(entry["name"])
        if value != entry["value"]:
            yield found(
                "BH035" if name == "BINDERHUB_REPO_PROVIDERS" else "BH164",
                f"{view.binder_path}.extraEnv",
                value,
                f"{name} must be {entry['value']}; a list is replaced whole.",
            )


def powers(view: View) -> Iterator[Finding]:
    """BH144: servers run strangers' code, and the docker API is root on its node."""
    for path, value in _powers(view):
        yield found("BH144", path, value, "a server could take over its node or the cluster.")


def _powers(view: View) -> Iterator[tuple[str, Any]]:
    user = f"{view.hub_path}.singleuser"
    if view.in_hub("singleuser", "allowPrivilegeEscalation") is True:
        yield f"{user}.allowPrivilegeEscalation", True
    account = view.in_hub("singleuser", "serviceAccountName")
    if account and not view.hub.members_only:
        yield f"{user}.serviceAccountName", account
    pod = mapping(view.in_hub("singleuser", "extraPodConfig"))
    for key in ("hostNetwork", "hostPID", "hostIPC", "automountServiceAccountToken"):
        if pod.get(key):
            yield f"{user}.extraPodConfig.{key}", pod[key]
    for section in _SPAWNERS:
        traits = mapping(view.in_hub("hub", "config", section))
        for trait in ("privileged", "automount_service_account_token", "extra_container_config"):
            if _privileged(traits.get(trait)):
                yield f"{view.hub_path}.hub.config.{section}.{trait}", "(given)"
    for path in (("dockerApi", "extraArgs"), ("dind", "daemonset", "extraArgs")):
        if "tcp://" in str(at(view.binder, *path) or ""):
            yield f"{view.binder_path}.{'.'.join(path)}", "tcp://"


def _privileged(value: Any) -> bool:
    context = mapping(at(value, "securityContext") or at(value, "security_context"))
    return value is True or any(context.get(k) for k in ("privileged", "allowPrivilegeEscalation"))


def egress(view: View) -> Iterator[Finding]:
    """BH140: the chart's list of egress rules, as user.egress."""
    rules = view.in_hub("singleuser", "networkPolicy", "egress")
    for i, entry in enumerate(rules if isinstance(rules, list) else ()):
        if why := opens(entry):
            yield found(
                "BH140",
                f"{view.hub_path}.singleuser.networkPolicy.egress[{i}]",
                entry if isinstance(entry, Mapping) else str(entry),
                why,
                "name the addresses or pods that are meant in user.egress.",
            )


# What these provide lies under an owner or host; of Zenodo and its like everything is anyone's.
_OWNED = {PROVIDERS[p].class_name for p in ("github", "gist", "gitlab", "git", "ckan")}
STRANGER = "zq7somebody/zq7something/HEAD"
"""A spec that nobody's list means."""


def specs(view: View) -> Iterator[Finding]:
    """BH034: on an open hub, lists of repositories admit no stranger's."""
    if view.hub.members_only or view.hub.launch.accept_open_hub:
        return
    enabled = set((binderhub_config.enabled_providers(view.hub) or {}).values())
    for class_name in sorted(enabled & _OWNED):
        allowed = view.config(class_name, "allowed_specs")
        path = f"{view.binder_path}.config.{class_name}.allowed_specs"
        if not isinstance(allowed, list) or not allowed:
            yield found("BH034", path, allowed, "without a list, anyone could run anything.")
            continue
        for i, text in enumerate(allowed):
            if _admits_strangers(text):
                yield found(
                    "BH034",
                    f"{path}[{i}]",
                    text,
                    "it admits what anyone at all can publish.",
                    "write patterns in launch.repositories.",
                )


def _admits_strangers(text: Any) -> bool:
    quoted = f"https%3A%2F%2Fzq7host.org%2F{STRANGER.replace('/', '%2F', 1)}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # Of "[[", which is legal.
            return any(re.match(str(text), spec, re.IGNORECASE) for spec in (STRANGER, quoted))
    except (re.error, RecursionError, OverflowError):
        return False


GUARDS: tuple[Guard, ...] = (
    one_place,
    found_by_name,
    side_door,
    fragments,
    powers,
    egress,
    specs,
)
