"""A hub that offers Dask, in the real JupyterHub: whose token the gateway takes.

Dask Gateway asks the hub `GET /user` with the token that a server shows it, and takes it only
with the scope to access the gateway's service. (Tried with dask-gateway-server 2026.3.0: its
JupyterHubAuthenticator answers 401 to a server's token without it.)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.cluster.client import Kube
from lab.install.jupyterhub_env import HubEnv
from model.stackfile.read import read_text
from rehearsal.jupyterhub.pod_servers import USER_PODS
from rehearsal.jupyterhub.process import RunningHub, running_hub
from rehearsal.jupyterhub.source import from_values
from tests.hub.observe import OPTIONS, make_namespace
from values.releases import releases
from values.sections.dask import SERVICE

pytestmark = [pytest.mark.hub, pytest.mark.lab]

STACK = """
config:
  binderhub:cluster: {provider: kubernetes, name: lab}
  binderhub:domains: {hub: hub.dask.example.org, binder: binder.dask.example.org}
  binderhub:auth: {kind: AUTH}
  binderhub:registry: {kind: custom, url: 'https://registry.lab.net'}
  binderhub:nodes: {selector: {hub.jupyter.org/node-purpose: user}}
  binderhub:launch: {repositories: ["github:ecology-lab/*"]}
  binderhub:user: {daskGateway: true}
  binderhub:stage: development
"""
AUTH = {
    "open": "none",
    "members": "dummy, allowedUsers: [ada]}\n  binderhub:dummyPassword: {secure: v1:abc",
}


@dataclass(kw_only=True)
class Shown:
    """What the hub says of whose token it is: the gateway's, and that of a user's server."""

    gateway: dict[str, Any]
    server: dict[str, Any]
    others: int
    """Status code when the gateway's token asks about a user."""
    environment: dict[str, str]


@pytest.fixture(scope="module", params=AUTH)
def shown(request: pytest.FixtureRequest, hub_env: HubEnv, user_cluster: Path) -> Shown:
    read = read_text(f"dask-{request.param}", STACK.replace("AUTH", AUTH[request.param]))
    assert read.hub and read.ok, [finding.text() for finding in read.findings]
    plan = next(p for p in releases(read.hub, read.secrets_set) if p.name == "jupyterhub")
    source = from_values(plan.values, namespace=read.hub.ns)
    client = Kube(user_cluster)
    make_namespace(client, read.hub.ns)
    try:
        with running_hub(source, hub_env, kubeconfig=user_cluster, patience=0.0) as hub:
            environment = started(hub, client, read.hub.ns)
            own = source.secret[f"hub.services.{SERVICE}.apiToken"]
            token = environment["JUPYTERHUB_API_TOKEN"]
            return Shown(
                gateway=hub.api("GET", "user", token=own).json(),
                server=hub.api("GET", "user", token=token).json(),
                others=hub.api("GET", "users/ada", token=own).status_code,
                environment=environment,
            )
    finally:
        client.request("DELETE", f"/api/v1/namespaces/{read.hub.ns}")
        client.close()


def started(hub: RunningHub, client: Kube, namespace: str) -> dict[str, str]:
    """Starts a server for ada as BinderHub does; the environment of its pod."""
    hub.api("POST", "users/ada", token=hub.helper_token)
    reply = hub.api("POST", "users/ada/servers/", body=OPTIONS)
    assert reply.status_code in (201, 202), reply.text
    path, query = f"/api/v1/namespaces/{namespace}/pods", {"labelSelector": USER_PODS}
    pods: list[dict[str, Any]] = []

    def made() -> bool:
        pods[:] = client.request("GET", path, query=query)["items"]
        return bool(pods)

    client.wait_for(made, "the pod of ada's server", timeout=30)
    variables = pods[0]["spec"]["containers"][0]["env"]
    return {entry["name"]: entry.get("value", "") for entry in variables}


def test_the_gateway_would_refuse_every_server(shown: Shown) -> None:
    assert (shown.server["kind"], shown.server["name"]) == ("user", "ada")
    assert f"access:services!service={SERVICE}" in shown.server["scopes"]
    # What JupyterHub itself lets a server do, and nothing beyond the gateway.
    assert {scope for scope in shown.server["scopes"] if scope.startswith("access:")} == {
        "access:servers!server=ada/",
        f"access:services!service={SERVICE}",
    }
    assert not [s for s in shown.server["scopes"] if s.startswith(("servers", "admin", "tokens"))]


def test_the_gateways_own_token_opens_nothing(shown: Shown) -> None:
    assert (shown.gateway["kind"], shown.gateway["name"]) == ("service", SERVICE)
    assert shown.gateway["scopes"] == [] and shown.gateway["admin"] is False
    assert shown.others in (403, 404)


def test_servers_are_told_where_the_gateway_is(shown: Shown) -> None:
    assert shown.environment["DASK_GATEWAY__AUTH__TYPE"] == "jupyterhub"
    assert shown.environment["DASK_GATEWAY__ADDRESS"].endswith(f"/services/{SERVICE}")
