"""Helm values of the binderhub-service chart. https://github.com/2i2c-org/binderhub-service"""

from __future__ import annotations

from typing import Any

from model.derived import names
from model.derived.pools import Pool
from model.derived.resolved import ResolvedHub
from model.hub import Hub
from model.secrets import Secret
from values.sections import binderhub_config, exposure


def binderhub_service_values(resolved: ResolvedHub, secrets_set: frozenset[str]) -> dict[str, Any]:
    """Values for one hub; `secrets_set` are the names of the flat secrets that are set."""
    hub, access = resolved.hub, resolved.registry
    config = binderhub_config.config(resolved, secrets_set)
    # The chart's default is an API without pages.
    config["BinderHub"]["enable_api_only_mode"] = False
    out: dict[str, Any] = {
        "fullnameOverride": "",
        "networkPolicy": {"enabled": True},
        "config": config,
        "extraConfig": binderhub_config.extra_config(resolved),
        "extraEnv": _environment(hub),
        "nodeSelector": dict(hub.cluster.core_nodes.selector),
        "service": {"type": "ClusterIP", "port": 80},
        "dockerApi": _docker_api(hub, resolved.build_pool),
    }
    if access.static:
        out["buildPodsRegistryCredentials"] = {
            "server": access.server,
            "username": access.username,
            "password": access.password,
        }
    if hub.launch.event_log:
        out["extraCredentials"] = {"googleServiceAccountKey": Secret("launchEventsKey")}
    return {**out, **exposure.chart_values(resolved, "binder")}


def _environment(hub: Hub) -> list[dict[str, Any]]:
    """How BinderHub finds the hub, and what its fragments read."""
    env: list[dict[str, Any]] = [
        {
            "name": "JUPYTERHUB_API_TOKEN",
            "valueFrom": {"secretKeyRef": {"name": "hub", "key": names.API_TOKEN_KEY}},
        },
        {"name": "JUPYTERHUB_CLIENT_ID", "value": names.OAUTH_CLIENT_ID},
        {"name": "JUPYTERHUB_API_URL", "value": names.hub_api_url(hub)},
        {"name": "JUPYTERHUB_BASE_URL", "value": names.hub_url(hub)},
    ]
    if hub.members_only:
        env.append({"name": "JUPYTERHUB_OAUTH_CALLBACK_URL", "value": names.binder_callback(hub)})
    return env + binderhub_config.environment(hub)


def _docker_api(hub: Hub, pool: Pool) -> dict[str, Any]:
    """The docker daemon beside the builds; unlike build pods it tolerates only what it is told."""
    out: dict[str, Any] = {
        "nodeSelector": pool.daemon_selector,
        "tolerations": [dict(t) for t in pool.tolerations],
    }
    if resources := binderhub_config.build_resources(hub):
        out["resources"] = resources
    if hub.build.docker_storage:
        out["storage"] = {"emptyDir": {"sizeLimit": hub.build.docker_storage}}
    return out
