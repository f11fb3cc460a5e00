"""doctor: each trouble must be found, named, and answered with the command that ends it."""

from __future__ import annotations

import base64
import datetime
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hubctl.commands.doctor import examine
from hubctl.console.checks import Check, failed
from hubctl.console.subprocesses import Ran
from hubctl.live.doctor import edges as real
from hubctl.live.doctor import hosts, registry, tools
from hubctl.live.doctor.edges import Certificate, Edges
from tests.hubctl.conftest import OPEN_HUB, Hubctl, hub
from tests.hubctl.live.hub_double import Authority
from tests.hubctl.live.registry_double import PASSWORD, USER, Registry

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
GOOD = Certificate(issuer="Let's Encrypt R11", ends=NOW + datetime.timedelta(days=60))
CUSTOM = OPEN_HUB.replace("{kind: quay, organization: lab, username: lab+NAME}",
                          "{kind: custom, url: 'URL', username: lab+builder}")  # fmt: skip


def listed(*names: str) -> str:
    return json.dumps({"items": [{"metadata": {"name": n}} for n in names]})


def docker_config(password: str = PASSWORD, server: str = "https://quay.io") -> str:
    auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
    text = json.dumps({"auths": {server: {"auth": auth}}})
    return json.dumps({"data": {"config.json": base64.b64encode(text.encode()).decode()}})


WELL: dict[str, Ran] = {
    "pulumi version": Ran(status=0, out="v3.272.0\n"),
    "pulumi whoami": Ran(status=0, out='{"user": "ada", "url": "gs://state"}'),
    "pulumi stack": Ran(status=0, out='[{"name": "a", "updateInProgress": false}]'),
    "pulumi plugin": Ran(status=0, out='[{"name": "kubernetes", "version": "4.34.0"}, {"name": "random", "version": "4.21.0"}]'),
    "pulumi config": Ran(status=0, out=json.dumps({"binderhub:registryPassword": {"value": PASSWORD, "secret": True}})),
    "helm version": Ran(status=0, out="v3.20.2"),
    "helm list": Ran(status=0, out='[{"name": "jupyterhub", "status": "deployed"}]'),
    "kubectl version --client": Ran(status=0, out="Client Version: v1.35"),
    "kubectl version": Ran(status=0, out='{"serverVersion": {"gitVersion": "v1.35.4"}}'),
    "kubectl get ingressclass": Ran(status=0, out=listed("nginx")),
    "kubectl get clusterissuer": Ran(status=0, out='{"status": {"conditions": [{"type": "Ready", "status": "True"}]}}'),
    "kubectl get nodes": Ran(status=0, out=listed("core-1")),
    "kubectl get secret": Ran(status=1, err="Error from server (NotFound)"),
}  # fmt: skip


class Programs:
    """Answers by the start of the command line; the longest start wins."""

    def __init__(self, **changes: Ran) -> None:
        self.answers = {**WELL, **{k.replace("_", " "): v for k, v in changes.items()}}
        self.asked: list[list[str]] = []

    def __call__(self, words: Any, **_: Any) -> Ran:
        self.asked.append(list(words))
        line = " ".join(words)
        starts = [s for s in self.answers if line.startswith(s)]
        return (
            self.answers[max(starts, key=len)] if starts else Ran(status=127, err="no such program")
        )


def edges(programs: Programs, **changes: Any) -> Edges:
    return Edges(**{
        "run": programs, "resolve": lambda host: ["203.0.113.10"], "certificate": lambda host: GOOD,
        "http": lambda *a, **k: pytest.fail("no request is expected"), "now": lambda: NOW, **changes,
    })  # fmt: skip


def checks(programs: Programs, text: str = OPEN_HUB, **changes: Any) -> list[Check]:
    with Registry() as double:
        mine = text if text is not OPEN_HUB else CUSTOM.replace("URL", double.url)
        return examine(
            hub(mine),
            frozenset(),
            lambda t: None,
            edges(programs, http=real.http, **changes),
            offline=False,
        )


def named(found: list[Check], name: str) -> list[Check]:
    return [c for c in found if c.name == name]


def test_all_is_well() -> None:
    found = checks(Programs())
    assert {c.state for c in found} == {"ok"}, [c for c in found if c.state != "ok"]


TROUBLES: dict[str, tuple[dict[str, Ran], str, str, str]] = {
    "no pulumi": ({"pulumi_version": Ran(status=127, err="pulumi is not on the PATH")}, "pulumi", "error", "install"),
    "old pulumi": ({"pulumi_version": Ran(status=0, out="v3.100.0")}, "pulumi", "warning", "update"),
    "not logged in": ({"pulumi_whoami": Ran(status=1, err="error: not logged in")}, "login", "error", "pulumi login"),
    "a file in production": ({"pulumi_whoami": Ran(status=0, out='{"user": "ada", "url": "file:///tmp/x"}')}, "login", "warning", "no backend"),
    "no stack": ({"pulumi_stack": Ran(status=0, out="[]")}, "stack", "warning", "pulumi stack init a"),
    "an update was interrupted": ({"pulumi_stack": Ran(status=0, out='[{"name": "org/binderhub/a", "updateInProgress": true}]')}, "stack", "error", "pulumi cancel --stack a"),
    "no plugins": ({"pulumi_plugin": Ran(status=0, out="[]")}, "plugins", "warning", "pulumi install"),
    "a secret is missing": ({"pulumi_config": Ran(status=0, out="{}")}, "secrets", "error", "config set --secret registryPassword"),
    "a secret is empty": ({"pulumi_config": Ran(status=0, out='{"binderhub:registryPassword": {"value": " ", "secret": true}}')}, "secrets", "error", "pulumi config set"),
    "no passphrase": ({"pulumi_config": Ran(status=1, err="incorrect passphrase")}, "secrets", "skipped", ""),
    "no access": ({"kubectl_version": Ran(status=1, err="connection refused"), "kubectl_version_--client": WELL["kubectl version --client"]}, "cluster", "error", "kubeContext"),
    "another class": ({"kubectl_get_ingressclass": Ran(status=0, out=listed("traefik"))}, "ingress class", "error", "className"),
    "no issuer": ({"kubectl_get_clusterissuer": Ran(status=1, err='clusterissuers "x" not found')}, "issuer", "error", "clusterIssuer"),
    "an ill issuer": ({"kubectl_get_clusterissuer": Ran(status=0, out='{"status": {"conditions": [{"type": "Ready", "status": "False", "message": "no account"}]}}')}, "issuer", "error", "describe clusterissuer"),
    "no core node": ({"kubectl_get_nodes": Ran(status=0, out=listed())}, "core nodes", "error", "coreNodes.selector"),
    "stuck upgrade": ({"helm_list": Ran(status=0, out='[{"name": "jupyterhub", "status": "pending-upgrade"}]')}, "releases", "error", "helm rollback jupyterhub --namespace a"),
    "stuck install": ({"helm_list": Ran(status=0, out='[{"name": "binderhub-service", "status": "pending-install"}]')}, "releases", "error", "helm uninstall binderhub-service --namespace a"),
    "failed release": ({"helm_list": Ran(status=0, out='[{"name": "jupyterhub", "status": "failed"}]')}, "releases", "warning", "helm history jupyterhub"),
}  # fmt: skip


@pytest.mark.parametrize("case", TROUBLES)
def test_each_trouble_is_found_with_what_to_do(case: str) -> None:
    changes, name, state, fix = TROUBLES[case]
    found = checks(Programs(**changes))
    assert [c.state for c in named(found, name)] == [state], found
    assert fix in named(found, name)[0].fix
    assert failed(found) == (state == "error")
    assert not any(PASSWORD in f"{c.detail}{c.fix}" for c in found)


def test_the_class_that_the_cluster_has_is_named() -> None:
    [check] = named(
        checks(Programs(kubectl_get_ingressclass=Ran(status=0, out=listed("b", "a")))),
        "ingress class",
    )
    assert check.detail == "BH013: 'nginx' is not offered (has: a, b)"


def test_the_context_of_another_cluster_is_never_asked() -> None:
    text = OPEN_HUB.replace(
        "provider: kubernetes, name: lab",
        "provider: gcp, name: lab, project: lab-project-1, location: us-west2",
    )
    programs = Programs(kubectl_config=Ran(status=0, out="gke_x_y_other"))
    found = checks(programs, text.replace("NAME", "a") + "\n")
    [check] = named(found, "cluster")
    assert check.state == "skipped"
    assert "gcloud container clusters get-credentials lab" in check.fix
    assert not any(w[:2] == ["kubectl", "get"] and w[2] != "secret" for w in programs.asked)


def test_dns_that_leads_elsewhere_or_nowhere() -> None:
    nowhere = hosts.dns(hub(), "hub.a.example.org", [], edges(Programs()))
    assert nowhere.state == "error"
    assert "hub.a.example.org A 203.0.113.10" in nowhere.fix
    elsewhere = hosts.dns(hub(), "hub.a.example.org", ["198.51.100.1"], edges(Programs()))
    assert elsewhere.state == "error"
    assert "203.0.113.10" in elsewhere.detail


def test_certificates_that_end_soon_or_are_wrong() -> None:
    soon = Certificate(issuer="x", ends=NOW + datetime.timedelta(days=3))
    assert (
        hosts.certificate(hub(), "h", edges(Programs(), certificate=lambda h: soon)).state
        == "warning"
    )
    wrong = Certificate(problem="it is for another host")
    check = hosts.certificate(hub(), "h", edges(Programs(), certificate=lambda h: wrong))
    assert (check.state, "get certificate" in check.fix) == ("error", True)


def test_a_real_handshake_on_loopback(tmp_path: Path) -> None:
    authority = Authority(tmp_path)

    def serve(context: Any, host: str) -> Certificate:
        listener = socket.create_server(("127.0.0.1", 0))

        def once() -> None:
            try:
                with context.wrap_socket(listener.accept()[0], server_side=True) as secure:
                    secure.recv(1)
            except OSError:
                pass

        thread = threading.Thread(target=once, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        shown = real.certificate(host, address="127.0.0.1", port=port, ca=str(authority.file))
        thread.join(5)
        listener.close()
        return shown

    good = serve(authority.context("hub.example.org"), "hub.example.org")
    assert good.problem is None
    assert good.ends and good.ends > datetime.datetime.now(datetime.UTC)
    assert (
        serve(authority.context("other.example.org"), "hub.example.org").problem
        == "it is for another host"
    )
    assert (
        serve(authority.context("hub.example.org", expired=True), "hub.example.org").problem
        == "it has expired"
    )


# --- the registry ------------------------------------------------------------------------------

LOGIN = registry.Login(username=USER, password=PASSWORD, source="test")


def tried(double: Registry, login: registry.Login | None = LOGIN) -> dict[str, Check]:
    return {
        c.name: c
        for c in registry.try_registry(double.url, "lab/a-hubctl-doctor", login, real.http)
    }


@pytest.mark.parametrize("kind", ["bearer", "basic", "open"])
def test_good_credentials_of_each_kind_leave_nothing_behind(kind: str) -> None:
    with Registry(kind) as double:
        found = tried(double)
        assert {c.state for c in found.values()} == {"ok"}, found
        assert set(found) == {"registry login", "registry look-up", "registry push"}
        assert not double.uploads
        if kind == "bearer":
            assert double.scopes == ["repository:lab/a-hubctl-doctor:pull,push"]


def test_a_wrong_password_is_a_wrong_password() -> None:
    bad = registry.Login(username=USER, password="nonsense-nonsense", source="test")
    with Registry() as double:
        found = tried(double, bad)
    assert found["registry login"].state == "error"
    assert "nonsense" not in str(found)


@pytest.mark.parametrize(
    ("may", "broken"), [("pull", "registry push"), ("push", "registry look-up")]
)
def test_half_a_permission_is_found(may: str, broken: str) -> None:
    with Registry(may=may) as double:
        found = tried(double)
    assert [n for n, c in found.items() if c.state == "error"] == [broken]


def test_a_password_is_never_sent_to_a_token_server_without_tls() -> None:
    with Registry(realm="http://tokens.example.org/token") as double:
        found = tried(double)
    assert "not https" in found["registry login"].detail


def test_a_registry_that_is_none_or_not_there() -> None:
    with Registry() as double:
        pass
    assert "refuses connections" in tried(double)["registry"].detail


def test_the_clusters_own_credentials_come_first() -> None:
    with Registry() as double:
        text = CUSTOM.replace("URL", double.url)
        programs = Programs(
            kubectl_get_secret=Ran(status=0, out=docker_config("old-password", double.url))
        )
        found = list(
            registry.registry(
                hub(text), {"registryPassword": PASSWORD}, edges(programs, http=real.http)
            )
        )
    assert found[0].state == "error", "what builds use is what is tried"
    assert "Secret build-pods-docker-config" in found[0].detail
    assert "old-password" not in str(found)


def test_names_in_the_registry_are_those_that_binderhub_uses() -> None:
    asked: list[str] = []

    def http(method: str, url: str, **_: Any) -> Any:
        asked.append(url)
        return type("Answer", (), {"status_code": 200, "headers": {}})()

    list(registry.registry(hub(), {"registryPassword": "x"}, edges(Programs(), http=http)))
    assert "https://quay.io/v2/lab/a-hubctl-doctor/manifests/none" in asked


def test_secrets_of_no_kind_show_in_a_representation() -> None:
    assert PASSWORD not in repr(LOGIN)


def test_the_command_offline_and_its_json(
    hubctl: Hubctl, stack: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack("a")
    monkeypatch.setattr("hubctl.console.subprocesses.run", Programs())
    result = hubctl("doctor", "a", "--offline", "--json")
    told = json.loads(result.out)
    assert (result.status, told["ok"], told["stack"]) == (0, True, "a")
    assert {c["name"] for c in told["checks"]} == {
        "pulumi",
        "helm",
        "kubectl",
        "login",
        "stack",
        "plugins",
        "secrets",
    }
    monkeypatch.setattr(
        "hubctl.console.subprocesses.run", Programs(pulumi_whoami=Ran(status=1, err="no"))
    )
    plain = hubctl("doctor", "a", "--offline")
    assert plain.status == 1
    assert "pulumi login" in plain.out


def test_a_secret_in_secretsfile_is_set_though_pulumi_has_it_not() -> None:
    text = OPEN_HUB.replace("  binderhub:registryPassword: {secure: v1:abc}\n", "")
    mine = hub(text + "  binderhub:secretsFile: stacks/a.sops.yaml\n")
    empty = Ran(status=0, out="{}")
    [check] = tools.secrets(mine, frozenset({"registryPassword"}), {}, empty)
    assert check.state == "ok"
    [check] = tools.secrets(mine, frozenset(), {}, empty)
    assert check.state == "error"


def test_plugins_are_those_of_the_hub() -> None:
    assert tools.needed_plugins(hub()) == ["kubernetes", "random"]
