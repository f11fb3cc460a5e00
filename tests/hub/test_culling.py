"""The real idle culler, as the values start it, among real servers: who has to go, and who stays.

Only numbers are smaller than on any hub: when a server counts as idle, how often that is looked
at, and how soon the hub takes notice of what people do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lab.cluster.client import Kube
from lab.install.jupyterhub_env import HubEnv
from model.stackfile.read import read_text
from rehearsal.jupyterhub.http import ask
from rehearsal.jupyterhub.pod_servers import USER_PODS, pod_servers
from rehearsal.jupyterhub.process import RunningHub, running_hub
from rehearsal.jupyterhub.source import from_values
from tests.hub.observe import make_namespace
from values.releases import releases

pytestmark = [pytest.mark.hub, pytest.mark.lab]

IDLE, EVERY = 20, 2
AUTH = {
    "open": "{kind: none}",
    "members": "{kind: dummy, allowedUsers: [idle, busy]}",
}
PEOPLE = ("idle", "busy")


@dataclass(kw_only=True)
class Culled:
    """What was there before and after the culler's rounds. `users` are answers of the hub's API,
    `servers` those who have one, `pods` how many the cluster has."""

    command: str = ""
    users: dict[str, int] = field(default_factory=dict)
    servers: set[str] = field(default_factory=set)
    answers: int = 0
    pods: int = -1


def stack(kind: str) -> str:
    """Its nodes are those of the other tests, whatever hub they are for."""
    return f"""
config:
  binderhub:cluster: {{provider: kubernetes, name: lab}}
  binderhub:domains: {{hub: hub.cull.example.org, binder: binder.cull.example.org}}
  binderhub:auth: {AUTH[kind]}
  binderhub:dummyPassword: {{secure: v1:abc}}
  binderhub:registry: {{kind: custom, url: 'https://registry.lab.net'}}
  binderhub:nodes: {{selector: {{hub.jupyter.org/node-purpose: user}}}}
  binderhub:launch: {{repositories: ["github:ecology-lab/*"]}}
  binderhub:user: {{culling: {{idle: {IDLE}, every: {EVERY}}}}}
  binderhub:stage: development
  binderhub:extraValues: {{jupyterhub: {{hub: {{config: {{JupyterHub:
    {{last_activity_interval: 1, activity_resolution: 1}}}}}}}}}}
"""


def watch(kind: str, env: HubEnv, kubeconfig: Path) -> Culled:
    read = read_text(f"cull-{kind}", stack(kind))
    assert read.hub and read.ok, [finding.text() for finding in read.findings]
    values = next(p for p in releases(read.hub, read.secrets_set) if p.name == "jupyterhub").values
    source = from_values(values, namespace=read.hub.ns)
    seen, client = Culled(), Kube(kubeconfig)
    make_namespace(client, read.hub.ns)
    try:
        with (
            running_hub(source, env, kubeconfig=kubeconfig, patience=0.0) as hub,
            pod_servers(kubeconfig, read.hub.ns, env) as servers,
        ):
            key = ""

            def used() -> int:
                # A request now and then is all that keeps a server.
                url = f"{hub.url}user/busy/api/status"
                return ask("GET", url, headers={"Authorization": f"token {key}"}).status_code

            # One after the other: whoever waits for another to start is idle, too.
            key = start(hub, "busy")
            assert until(lambda: used() == 200, 90), client.pods(read.hub.ns)
            start(hub, "idle")
            both = until(lambda: used() == 200 and ready(hub, "idle"), 90)
            assert both, client.pods(read.hub.ns)
            assert servers.problems == []

            def idle_has_gone() -> bool:
                used()
                return not has_server(hub, "idle")

            until(idle_has_gone, IDLE + 40)
            # A user goes in the same round as the server, or in the next.
            rounds = 3 * EVERY
            until(lambda: idle_has_gone() and not has_user(hub, "idle"), rounds)
            seen.users = {n: hub.api("GET", f"users/{n}").status_code for n in PEOPLE}
            seen.servers = {name for name in PEOPLE if has_server(hub, name)}
            seen.answers = used()
            path = f"/api/v1/namespaces/{read.hub.ns}/pods"
            listed = client.request("GET", path, query={"labelSelector": USER_PODS})["items"]
            seen.pods = sum("deletionTimestamp" not in pod["metadata"] for pod in listed)
            lines = hub.log().splitlines()
            seen.command = next(x for x in lines if "Spawning python3 -m jupyterhub_idle" in x)
    finally:
        client.request("DELETE", f"/api/v1/namespaces/{read.hub.ns}")
        client.close()
    return seen


def start(hub: RunningHub, name: str) -> str:
    """Starts a server as BinderHub does; what opens it."""
    key = f"launch-token-{name}-0123456789"
    hub.api("POST", f"users/{name}", token=hub.helper_token)
    if hub.helper_token:
        made = hub.api("POST", f"users/{name}/tokens", token=hub.helper_token, body={})
        key = made.json()["token"]
    options = {"image": "registry.lab.net/x/y:1", "token": f"launch-token-{name}-0123456789"}
    reply = hub.api("POST", f"users/{name}/servers/", body=options)
    assert reply.status_code in (201, 202), reply.text
    return key


def ready(hub: RunningHub, name: str) -> bool:
    servers = hub.api("GET", f"users/{name}").json().get("servers", {})
    return bool(servers.get("", {}).get("ready"))


def has_user(hub: RunningHub, name: str) -> bool:
    return hub.api("GET", f"users/{name}").status_code == 200


def has_server(hub: RunningHub, name: str) -> bool:
    reply = hub.api("GET", f"users/{name}")
    return reply.status_code == 200 and bool(reply.json()["servers"])


def until(reached: Callable[[], bool], seconds: float) -> bool:
    """Whether it was reached in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if reached():
            return True
        time.sleep(0.5)
    return False


@pytest.fixture(scope="module")
def culled(hub_env: HubEnv, user_cluster: Path) -> dict[str, Culled]:
    """Both kinds of hub, at the same time."""
    with ThreadPoolExecutor(len(AUTH)) as pool:
        running = {kind: pool.submit(watch, kind, hub_env, user_cluster) for kind in AUTH}
        return {kind: one.result() for kind, one in running.items()}


@pytest.mark.parametrize("kind", AUTH)
def test_an_idle_server_is_paid_for_no_longer_and_a_busy_one_is_not_taken_away(
    culled: dict[str, Culled], kind: str
) -> None:
    seen = culled[kind]
    assert f"--timeout={IDLE} --cull-every={EVERY}" in seen.command
    assert seen.servers == {"busy"}
    assert seen.answers == 200
    assert seen.pods == 1


def test_throw_away_users_would_fill_the_hubs_database(culled: dict[str, Culled]) -> None:
    assert culled["open"].users == {"idle": 404, "busy": 200}


def test_a_member_is_still_there_when_the_server_is_not(culled: dict[str, Culled]) -> None:
    assert culled["members"].users == {"idle": 200, "busy": 200}
