"""Runs the real JupyterHub once for a kind of hub and writes down what it did.

Starting a hub takes some seconds, so each is started once and every test reads from the record.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import psutil
import requests
from kubernetes.client.exceptions import ApiException

from lab.cluster.client import Kube
from lab.install.jupyterhub_env import HubEnv
from model.derived import names
from model.hub import Hub
from rehearsal.jupyterhub.launch import LaunchResult, follow_launch
from rehearsal.jupyterhub.pod_servers import USER_PODS
from rehearsal.jupyterhub.process import RunningHub, running_hub
from rehearsal.jupyterhub.source import HubSource, from_values
from tests.hub.kinds import ORIGIN, hub_of, jupyterhub_release

FOLLOWED = ("none", "github")
"""Kinds whose launch is followed to a kernel; the others' is followed to the pod."""

IMAGE = "registry.invalid/prefix/repository:0123abc"
OPTIONS = {
    "image": IMAGE,
    "token": "launch-token-of-binderhub",
    "repo_url": "https://github.com/ecology-lab/course",
    "binder_ref_url": "https://github.com/ecology-lab/course/tree/0123abc",
    "binder_launch_host": "https://binder.example.org/",
    "binder_persistent_request": "v2/gh/ecology-lab/course/0123abc",
    "binder_request": "v2/gh/ecology-lab/course/HEAD",
    "binder_client_ip": "192.0.2.7",
}

CULLED = "/hub/api/users?state=[secret] (jupyterhub-idle-culler@"
"""In the log once the culler was told of users."""


@dataclass(kw_only=True)
class SignIn:
    """A member of a dummy hub opens BinderHub: status codes, addresses and what they may do."""

    wrong_password: int
    logged_in: int
    sent_to: str
    foreign_callback: int
    scopes: set[str]


@dataclass(kw_only=True)
class Seen:
    """What happened. Answers are HTTP status codes."""

    hub: Hub
    source: HubSource
    ready_seconds: float = 0.0
    log: str = ""
    whoami: dict[str, Any] = field(default_factory=dict)
    made_user: int = 0
    made_token: int = 0
    started: int = 0
    started_without: dict[str, int] = field(default_factory=dict)
    pod: dict[str, Any] | None = None
    login: str = ""
    callbacks: dict[str, str] = field(default_factory=dict)
    launch: LaunchResult | None = None
    sign_in: SignIn | None = None
    start_page: list[int] = field(default_factory=list)
    answers_after: bool = False
    processes: int = 0
    left_over: list[str] = field(default_factory=list)


def observe(kind: str, env: HubEnv, kubeconfig: Path) -> Seen:
    """Starts the hub, tries everything, ends it. The namespace is the hub's name."""
    hub = hub_of(kind)
    plan = jupyterhub_release(kind)
    source = from_values(plan.values, namespace=hub.ns, release=plan.name)
    seen = Seen(hub=hub, source=source)
    client = Kube(kubeconfig)
    make_namespace(client, hub.ns)
    pids: list[int] = []
    try:
        # One is left to end by itself; the others are ended at once to save time.
        patience = 25.0 if kind == "none" else 0.0
        with running_hub(source, env, kubeconfig=kubeconfig, patience=patience) as running:
            seen.ready_seconds = running.ready_seconds
            pids = running.processes()
            seen.processes = len(pids)
            _ask(seen, running, client)
            if kind == "dummy":
                seen.sign_in = _sign_in(running, hub)
            if kind in FOLLOWED:
                cors = None if hub.members_only else ORIGIN
                seen.launch = follow_launch(running, kubeconfig, env, image=IMAGE, cors=cors)
            client.wait_for(lambda: CULLED in running.log(), "the culler's first round", timeout=20)
            seen.log = running.log()
            if kind == "temporary":
                _press_start(seen, running)
    finally:
        client.request("DELETE", f"/api/v1/namespaces/{hub.ns}")
        client.close()
    for pid in pids:
        # An ended process may stay in the table until whoever adopted it looks.
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            seen.left_over.append(" ".join(psutil.Process(pid).cmdline()))
    return seen


def _ask(seen: Seen, running: RunningHub, client: Kube) -> None:
    seen.whoami = running.api("GET", "user").json()
    seen.made_user = running.api("POST", "users/visitor").status_code
    if running.helper_token:
        running.api("POST", "users/visitor", token=running.helper_token)
    seen.made_token = running.api("POST", "users/visitor/tokens", body={}).status_code
    for name in ("token", "image"):
        if not seen.hub.members_only:
            options = {k: v for k, v in OPTIONS.items() if k != name}
            reply = running.api("POST", "users/visitor/servers/", body=options)
            seen.started_without[name] = reply.status_code
    seen.started = running.api("POST", "users/visitor/servers/", body=OPTIONS).status_code
    if seen.started in (201, 202):
        seen.pod = _pod(client, seen.hub.ns)
    seen.login = _login(running, seen.hub)
    with closing(
        sqlite3.connect(f"file:{running.folder}/jupyterhub.sqlite?mode=ro", uri=True)
    ) as db:
        seen.callbacks = dict(db.execute("select identifier, redirect_uri from oauth_clients"))


def _login(running: RunningHub, hub: Hub) -> str:
    """Where the hub sends a person who logs in at its public address, through its ingress."""
    reply = requests.get(
        f"{running.url}hub/oauth_login",
        headers={"Host": urlsplit(names.hub_url(hub)).netloc, "X-Forwarded-Proto": "https"},
        allow_redirects=False,
        timeout=30,
    )
    return reply.headers.get("Location", "")


def _press_start(seen: Seen, running: RunningHub) -> None:
    """Six visitors open the hub's own start page, without BinderHub."""
    for _ in range(6):
        with requests.Session() as visitor:
            visitor.trust_env = False
            page = visitor.get(f"{running.url}hub/spawn", timeout=30)
            seen.start_page.append(page.status_code)
    time.sleep(3)  # A hub that gives up takes two seconds to do so.
    seen.answers_after = running.api("GET", "user").status_code == 200


def _sign_in(running: RunningHub, hub: Hub) -> SignIn:
    """The OAuth dance of BinderHub with its hub, as a browser and BinderHub would dance it."""
    session = requests.Session()
    session.trust_env = False
    login = f"{running.url}hub/login"

    def log_in(password: str) -> int:
        session.get(login, timeout=30)
        form = {"username": "member", "password": password, "_xsrf": session.cookies["_xsrf"]}
        return session.post(login, data=form, allow_redirects=False, timeout=30).status_code

    def authorize(callback: str) -> requests.Response:
        query = {"client_id": names.OAUTH_CLIENT_ID, "redirect_uri": callback, "state": "s"}
        url = f"{running.url}hub/api/oauth2/authorize?" + urlencode(
            {**query, "response_type": "code"}
        )
        return session.get(url, allow_redirects=False, timeout=30)

    wrong = log_in(secrets.token_hex(4))
    password = running.source.values["hub"]["config"]["DummyAuthenticator"]["password"]
    right = log_in(password)
    foreign = authorize("https://attacker.example.org/oauth_callback").status_code
    sent = authorize(names.binder_callback(hub)).headers.get("Location", "")
    granted = requests.post(
        f"{running.url}hub/api/oauth2/token",
        data={
            "client_id": names.OAUTH_CLIENT_ID,
            "client_secret": running.binder_token,
            "grant_type": "authorization_code",
            "code": parse_qs(urlsplit(sent).query).get("code", [""])[0],
            "redirect_uri": names.binder_callback(hub),
        },
        timeout=30,
    ).json()
    who = running.api("GET", "user", token=granted.get("access_token", "none")).json()
    return SignIn(
        wrong_password=wrong,
        logged_in=right,
        sent_to=sent.partition("?")[0],
        foreign_callback=foreign,
        scopes=set(who.get("scopes", [])),
    )


def _pod(client: Kube, namespace: str) -> dict[str, Any]:
    path, query = f"/api/v1/namespaces/{namespace}/pods", {"labelSelector": USER_PODS}
    found: list[dict[str, Any]] = []

    def scheduled() -> bool:
        found[:] = client.request("GET", path, query=query)["items"]
        return bool(found and found[0]["spec"].get("nodeName"))

    client.wait_for(scheduled, f"the user pod of {namespace} to be placed", timeout=20)
    return found[0]


def make_namespace(client: Kube, name: str) -> None:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    client.request("POST", "/api/v1/namespaces", body=body)

    def usable() -> bool:
        try:
            client.request("GET", f"/api/v1/namespaces/{name}/serviceaccounts/default")
        except ApiException:
            return False
        return True

    client.wait_for(usable, f"namespace {name} to be usable", timeout=20)
