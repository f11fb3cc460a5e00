"""Helm values of the jupyterhub chart (Zero to JupyterHub).

Keys and their reasons: https://z2jh.jupyter.org/en/stable/resources/reference.html
"""

from __future__ import annotations

from typing import Any, assert_never

from model.derived import names
from model.derived.culling import idle_seconds, max_age_seconds
from model.derived.registry_access import RegistryAccess
from model.derived.resolved import ResolvedHub
from model.hub import Hub
from model.secrets import Secret
from model.sections.auth import NoAuth
from model.sections.chart import ExternalDatabase, Sqlite, SqliteMemory
from model.sections.user import SecretRef
from values.sections import dask, exposure, homepage
from values.sections.authenticators import authenticator
from values.sections.fragments import fragment


def jupyterhub_values(resolved: ResolvedHub) -> dict[str, Any]:
    """Values for one hub; secret leaves are `Secret` placeholders."""
    hub = resolved.hub
    core = dict(hub.cluster.core_nodes.selector)
    return {
        "fullnameOverride": "",
        "hub": _hub(resolved, core),
        "proxy": _proxy(hub, core),
        "singleuser": _singleuser(resolved),
        "scheduling": {
            # One scheduler fits all; see docs/decisions/user-scheduler.md.
            "userScheduler": {"enabled": False},
            "userPlaceholder": {"enabled": False},
            "userPods": {"nodeAffinity": {"matchNodePurpose": hub.nodes.node_purpose}},
        },
        # Images are built per launch, so there is nothing to pull beforehand.
        "prePuller": {"hook": {"enabled": False}, "continuous": {"enabled": False}},
        "cull": _cull(hub),
        **_pull_secret(resolved.registry),
        **exposure.chart_values(resolved, "hub"),
    }


def _hub(resolved: ResolvedHub, core: dict[str, str]) -> dict[str, Any]:
    hub = resolved.hub
    spawner: dict[str, Any] = {"auth_enabled": hub.members_only}
    if hub.launch.cors and not hub.members_only:
        spawner["cors_allow_origin"] = hub.launch.cors
    class_name, sections = authenticator(hub)
    config: dict[str, Any] = {
        "JupyterHub": {"authenticator_class": class_name, "admin_access": hub.members_only},
        resolved.flavour.spawner_section: spawner,
        "KubeSpawner": {"http_timeout": hub.user.http_timeout},
        "CryptKeeper": {"keys": [Secret("cryptKey")]},
        **sections,
    }
    out: dict[str, Any] = {
        "config": config,
        "cookieSecret": Secret("cookieSecret"),
        "db": _database(hub),
        "services": {"binder": _service(hub), **dask.service(hub)},
        "loadRoles": _roles(hub),
        "nodeSelector": core,
        "networkPolicy": {"enabled": True},
        # The images are anybody's: by default, five in a row that do not start (or five visits
        # to the hub's own start page) make the hub exit for everyone.
        "consecutiveFailureLimit": 0,
        "extraConfig": {"10-binder-spawner": fragment("binder_spawner")},
    }
    if not isinstance(hub.auth, NoAuth):
        # People choose what to launch on BinderHub's page; do not skip it after log-in. A visit
        # of a temporary user would else start a server without an image.
        out["redirectToServer"] = False
    if hub.members_only and hub.user.named_servers:
        out["allowNamedServers"] = True
        out["namedServerLimitPerUser"] = hub.user.named_servers
    return {**out, **homepage.hub_values(hub)}


def _service(hub: Hub) -> dict[str, Any]:
    """BinderHub as a service of the hub. Any OAuth key without the redirect URI stops the hub."""
    service: dict[str, Any] = {"display": False, "apiToken": Secret("binderApiToken")}
    if hub.members_only:
        service |= {
            "oauth_client_id": names.OAUTH_CLIENT_ID,
            "oauth_no_confirm": True,
            "oauth_redirect_uri": names.binder_callback(hub),
        }
    return service


def _roles(hub: Hub) -> dict[str, Any]:
    """An open hub's BinderHub makes a user per launch; a members-only one must not be able to."""
    scope = "read:users" if hub.members_only else "admin:users"
    return {
        "binder": {"services": ["binder"], "scopes": ["servers", scope]},
        # Without it, members who are not administrators get a 403 from BinderHub.
        "user": {"scopes": ["self", "access:services!service=binder", *dask.user_scopes(hub)]},
        **dask.roles(hub),
    }


def _database(hub: Hub) -> dict[str, Any]:
    match hub.database:
        case Sqlite() as sqlite:
            pvc: dict[str, Any] = {"storage": sqlite.size}
            if sqlite.storage_class:
                pvc["storageClassName"] = sqlite.storage_class
            return {"type": "sqlite-pvc", "pvc": pvc}
        case SqliteMemory():
            return {"type": "sqlite-memory"}
        case ExternalDatabase() as external:
            return {"type": external.dialect, "url": Secret("databaseUrl")}
        case _:
            assert_never(hub.database)


def _proxy(hub: Hub, core: dict[str, str]) -> dict[str, Any]:
    service: dict[str, Any] = {"type": "ClusterIP"}
    if hub.cluster.load_balancer and not hub.domains:
        service = {"type": "LoadBalancer", "loadBalancerIP": hub.cluster.load_balancer.hub}
    return {
        "secretToken": Secret("proxyToken"),
        "service": service,
        # The ingress or gateway ends TLS.
        "https": {"enabled": False},
        "chp": {"nodeSelector": core, "networkPolicy": {"enabled": True}},
    }


def _singleuser(resolved: ResolvedHub) -> dict[str, Any]:
    hub, pool = resolved.hub, resolved.user_pool
    user = hub.user
    command: str | list[str] = list(user.command) if user.command else _command(hub)
    out: dict[str, Any] = {
        "storage": {"type": "none", "extraVolumes": [], "extraVolumeMounts": []},
        "initContainers": [],
        "profileList": [],
        "cmd": command,
        "startTimeout": hub.launch.timeout,
        "nodeSelector": pool.selector,
        # The chart tolerates the two dedicated=user taints by itself.
        "extraTolerations": list(pool.tolerations[2:]),
        "memory": {"guarantee": user.memory.guarantee, "limit": user.memory.limit},
        "cpu": {"guarantee": user.cpu.guarantee, "limit": user.cpu.limit},
        "extraEnv": {
            **dask.environment(hub),
            **{
                name: Secret(value.secret) if isinstance(value, SecretRef) else value
                for name, value in sorted(user.environment.items())
            },
        },
        "extraLabels": dask.labels(hub),
        "cloudMetadata": {"blockWithIptables": True},
        "networkPolicy": {
            "enabled": True,
            "egress": [*(rule.as_policy() for rule in user.egress), *dask.egress(hub)],
            "egressAllowRules": {"cloudMetadataServer": False, "privateIPs": False},
        },
    }
    if user.default_url:
        out["defaultUrl"] = user.default_url
    return out


def _command(hub: Hub) -> str | list[str]:
    if hub.members_only:
        return "jupyterhub-singleuser"
    return ["python3", "-c", fragment("launch_server")]


def _cull(hub: Hub) -> dict[str, Any]:
    """Servers of an open hub go soon, and their throw-away users with them."""
    return {
        "enabled": True,
        "users": not hub.members_only,
        "adminUsers": True,
        "removeNamedServers": hub.user.named_servers > 0,
        "timeout": idle_seconds(hub),
        "every": hub.user.culling.every,
        "maxAge": max_age_seconds(hub),
    }


def _pull_secret(access: RegistryAccess) -> dict[str, Any]:
    if not access.pull_secret:
        return {}
    return {
        "imagePullSecret": {
            "create": True,
            "automaticReferenceInjection": True,
            "registry": access.server,
            "username": access.username,
            "password": access.password,
        }
    }
