"""The hub process and the servers of its pods, where things go wrong."""

from __future__ import annotations

import copy
import socket
import time
from typing import Any

import pytest

from lab.errors import LabError
from lab.install.jupyterhub_env import HubEnv
from model.secrets import Secret
from rehearsal.jupyterhub.pod_servers import command_of, environment_of, start_server
from rehearsal.jupyterhub.process import running_hub
from rehearsal.jupyterhub.process_tree import family
from rehearsal.jupyterhub.source import from_values
from tests.hub.kinds import jupyterhub_release

POD: dict[str, Any] = {
    "metadata": {"name": "jupyter-visitor", "uid": "u1"},
    "status": {"podIP": "127.10.3.4"},
    "spec": {
        "containers": [
            {
                "name": "notebook",
                "args": ["jupyter-lab", "--ip=0.0.0.0", "--port=8888"],
                "env": [
                    {
                        "name": "JUPYTERHUB_SERVICE_URL",
                        "value": "http://0.0.0.0:8888/user/visitor/",
                    },
                    {"name": "EMPTY"},
                ],
            }
        ]
    },
}


def pod(**container: Any) -> dict[str, Any]:
    out = copy.deepcopy(POD)
    out["spec"]["containers"][0].update(container)
    return out


@pytest.mark.hub
def test_a_taken_port_is_said_before_anything_starts(hub_env: HubEnv) -> None:
    source = from_values(jupyterhub_release("none").values, namespace="here")
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with (
            pytest.raises(LabError, match=f"Port {port} on 127.0.0.1 is taken"),
            running_hub(source, hub_env, kubeconfig=None, hub_port=port),
        ):
            pass


@pytest.mark.hub
def test_a_hub_that_cannot_start_says_why_and_never_its_secrets(hub_env: HubEnv) -> None:
    values = jupyterhub_release("github").values
    leak = "print('secret is', c.GitHubOAuthenticator.client_secret, flush=True)"
    values["hub"]["extraConfig"]["99-broken"] = f"{leak}\nraise RuntimeError('mended by nobody')"
    source = from_values(values, {"oauthClientSecret": "very-secret-text"}, namespace="here")
    with pytest.raises(LabError) as caught, running_hub(source, hub_env, kubeconfig=None):
        pass
    assert "ended at its start" in str(caught.value)
    assert "mended by nobody" in str(caught.value)
    assert "very-secret-text" not in str(caught.value)


def test_secrets_of_the_environment_are_hidden_too() -> None:
    values = jupyterhub_release("none").values
    values["singleuser"]["extraEnv"] = {"KEY": Secret("courseKey")}
    source = from_values(values, {"courseKey": "very-secret-text"}, namespace="here")
    assert "very-secret-text" in source.secret_texts()
    assert source.values["singleuser"]["extraEnv"] == {"KEY": "very-secret-text"}


def test_a_classic_hub_keeps_what_only_its_chart_says() -> None:
    """Values of ours stand over the classic chart's, and those over the bundled chart's."""
    plan = jupyterhub_release("classic-none")
    section = plan.values["jupyterhub"]
    del section["singleuser"]["storage"], section["hub"]["loadRoles"]
    source = from_values(plan.values, namespace="here", release=plan.name)
    assert source.release == "binderhub"
    assert source.values["singleuser"]["storage"]["type"] == "none"
    assert source.values["hub"]["loadRoles"]["binder"]["scopes"] == ["servers", "admin:users"]
    assert source.values["hub"]["networkPolicy"]["ingress"] == []


def test_a_pods_server_never_listens_beyond_its_own_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert command_of(POD) == ["jupyter-lab", "--ip=127.10.3.4", "--port=8888"]
    assert environment_of(POD) == {
        "JUPYTERHUB_SERVICE_URL": "http://127.10.3.4:8888/user/visitor/",
        "EMPTY": "",
    }
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert command_of(POD)[-1] == "--allow-root"


@pytest.mark.hub
def test_a_pod_that_cannot_run_here_is_told_by_name(hub_env: HubEnv) -> None:
    with pytest.raises(LabError, match=r"jupyter-visitor.*no-such-program"):
        start_server(pod(args=["no-such-program"]), hub_env)
    secret = {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
    with pytest.raises(LabError, match="KEY of pod jupyter-visitor"):
        start_server(pod(env=[secret]), hub_env)


@pytest.mark.hub
def test_a_server_is_gone_with_its_pod(hub_env: HubEnv) -> None:
    """Its children have sessions of their own, as kernels do."""
    children = "import subprocess, time; subprocess.Popen(['sleep', '600'], start_new_session=True)"
    running = pod(args=["python3", "-c", f"{children}; time.sleep(600)"])
    server = start_server(running, hub_env)
    try:
        deadline = time.monotonic() + 10
        while len(family(server.folder)) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(family(server.folder)) == 2
    finally:
        server.end()
    assert family(server.folder) == []
    assert not server.folder.exists()
