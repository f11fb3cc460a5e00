"""What a hub's values need so that servers can use a Dask Gateway beside the hub.

The gateway is a release of its own, named `dask-gateway`, in the hub's namespace; this program
does not install it. https://gateway.dask.org/install-kube.html
"""

from __future__ import annotations

from typing import Any

from model.derived import names
from model.hub import Hub
from model.secrets import Secret

SERVICE = "dask-gateway"
_TRAEFIK = "traefik-dask-gateway"


def service(hub: Hub) -> dict[str, Any]:
    """Entries of hub.services."""
    if not hub.user.dask_gateway:
        return {}
    token = Secret("daskGatewayToken")
    return {SERVICE: {"display": False, "url": f"http://{_TRAEFIK}", "apiToken": token}}


def roles(hub: Hub) -> dict[str, Any]:
    """Entries of hub.loadRoles: what servers show the gateway is their own token, which by
    default opens no service. The gateway asks the hub with that token, so its own needs nothing.
    (dask_gateway_server.auth.JupyterHubAuthenticator)
    """
    if not hub.user.dask_gateway:
        return {}
    # The first two are JupyterHub's own.
    own = ["users:activity!user", "access:servers!server"]
    return {"server": {"scopes": [*own, *user_scopes(hub)]}}


def user_scopes(hub: Hub) -> list[str]:
    """Further scopes of the role `user`."""
    return [f"access:services!service={SERVICE}"] if hub.user.dask_gateway else []


def labels(hub: Hub) -> dict[str, str]:
    """Labels of user pods: the proxy's network policy lets these through."""
    return {"hub.jupyter.org/network-access-proxy-http": "true"} if hub.user.dask_gateway else {}


def egress(hub: Hub) -> list[dict[str, Any]]:
    """User pods reach the gateway and, through it, their own clusters."""
    if not hub.user.dask_gateway:
        return []
    peer = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": SERVICE}}}
    return [{"to": [peer]}]


def environment(hub: Hub) -> dict[str, str]:
    """Where `dask_gateway.Gateway()` looks when it is called without arguments."""
    if not hub.user.dask_gateway:
        return {}
    return {
        "DASK_GATEWAY__ADDRESS": f"http://proxy-public/services/{SERVICE}",
        "DASK_GATEWAY__AUTH__TYPE": "jupyterhub",
        "DASK_GATEWAY__PROXY_ADDRESS": f"gateway://{_TRAEFIK}:80",
        "DASK_GATEWAY__PUBLIC_ADDRESS": f"{names.hub_url(hub)}services/{SERVICE}",
    }
