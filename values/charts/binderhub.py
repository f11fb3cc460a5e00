"""Helm values of the classic binderhub chart, which bundles its own jupyterhub.

https://github.com/jupyterhub/binderhub/tree/main/helm-chart/binderhub
"""

from __future__ import annotations

from typing import Any

from model.derived.flavour import builder_folders, node_builder
from model.derived.resolved import ResolvedHub
from model.hub import Hub
from model.secrets import Secret
from values.charts.jupyterhub import jupyterhub_values
from values.sections import binderhub_config, exposure

_KEY_FILE = "/etc/binderhub/launch-events/key.json"


def binderhub_values(resolved: ResolvedHub, secrets_set: frozenset[str]) -> dict[str, Any]:
    """Values for one hub; `secrets_set` are the names of the flat secrets that are set."""
    hub, access, pool = resolved.hub, resolved.registry, resolved.build_pool
    config = binderhub_config.config(resolved, secrets_set)
    # BinderHub calls the name deprecated, but the chart places its daemons by nothing else.
    config["BinderHub"]["build_node_selector"] = pool.selector
    env: dict[str, Any] = {e["name"]: e["value"] for e in binderhub_config.environment(hub)}
    out: dict[str, Any] = {
        "config": config,
        "extraConfig": binderhub_config.extra_config(resolved),
        "nodeSelector": dict(hub.cluster.core_nodes.selector),
        "tolerations": [dict(t) for t in pool.tolerations[2:]],
        "service": _service(hub),
        "jupyterhub": _jupyterhub(resolved),
        **_builder(hub),
    }
    if access.static:
        out["registry"] = {
            "url": access.auth_config_url or access.server,
            "username": access.username,
            "password": access.password,
        }
    if hub.launch.event_log:
        env["GOOGLE_APPLICATION_CREDENTIALS"] = _KEY_FILE
        out["extraFiles"] = {
            "launch-events-key": {
                "mountPath": _KEY_FILE,
                "stringData": Secret("launchEventsKey"),
            }
        }
    if env:
        out["extraEnv"] = env
    return {**out, **exposure.chart_values(resolved, "binder")}


def _jupyterhub(resolved: ResolvedHub) -> dict[str, Any]:
    values = jupyterhub_values(resolved)
    # The parent chart asks for the hub's objects by their plain names as well.
    values.pop("fullnameOverride")
    return values


def _service(hub: Hub) -> dict[str, Any]:
    if hub.cluster.load_balancer and not hub.domains:
        return {"type": "LoadBalancer", "loadBalancerIP": hub.cluster.load_balancer.binder}
    return {"type": "ClusterIP"}


def _builder(hub: Hub) -> dict[str, Any]:
    """Where images are built."""
    kind = node_builder(hub)
    out: dict[str, Any] = {"imageBuilderType": kind, "imageCleaner": {"enabled": True}}
    if kind and (folders := builder_folders(hub)):
        bound = binderhub_config.build_resources(hub)
        out[kind] = {**({"resources": bound} if bound else {}), **folders}
    return out
