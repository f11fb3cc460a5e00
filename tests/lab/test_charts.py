"""The stand-in charts, rendered by the real helm.

Each folder of `chart_values` is one hub: a values file for each chart that it installs. A hub's
objects are checked together, since BinderHub names a Secret of JupyterHub's release.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.charts import STANDINS
from lab.paths import cache_dir
from values import pins

Object = dict[str, Any]

VALUES = Path(__file__).parent / "chart_values"
HUBS = sorted(path.name for path in VALUES.iterdir())
FILES = sorted(VALUES.glob("*/*.yaml"))
CHARTS = sorted(path.parent.name for path in STANDINS.glob("*/Chart.yaml"))
NAMESPACE = "lab"

# What somebody else makes: the program, or an administrator.
FOREIGN = {
    ("Secret", "registry-helper-token"),
    ("Secret", "first"),
    ("Secret", "second"),
    ("ServiceAccount", "default"),
}
# Pods that appear when people launch: selected by policies, in no chart.
RUNTIME_PODS: list[dict[str, str]] = [
    {"component": "singleuser-server", "app": "jupyterhub"},
    {"component": "binderhub-build"},
]
WORKLOADS = ("Deployment", "DaemonSet", "StatefulSet")


@functools.cache
def helm() -> str:
    built = sorted(cache_dir().glob("tools/helm/3.*/helm"))
    found = str(built[-1]) if built else shutil.which("helm")
    if found is None:
        pytest.skip("no helm on PATH or in the cache directory; `make demo` installs it")
    return found


def run_helm(*args: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KUBECONFIG": os.devnull}
    return subprocess.run(
        [helm(), *args], capture_output=True, text=True, env=environment, check=False
    )


def template(chart: str, *args: str) -> subprocess.CompletedProcess[str]:
    return run_helm(
        "template", release(chart), str(STANDINS / chart), "--namespace", NAMESPACE, *args
    )


def release(chart: str) -> str:
    return {"jupyterhub": "hub", "binderhub-container-registry-helper": "helper"}.get(
        chart, "binder"
    )


@functools.cache
def rendered(values: Path) -> tuple[Object, ...]:
    done = template(values.stem, "--values", str(values))
    assert done.returncode == 0, done.stderr
    return tuple(filter(None, yaml.safe_load_all(done.stdout)))


def objects(hub: str) -> dict[tuple[str, str], Object]:
    """A hub's objects by kind and name."""
    all_of_it = [o for path in sorted((VALUES / hub).iterdir()) for o in rendered(path)]
    named = {(o["kind"], o["metadata"]["name"]): o for o in all_of_it}
    assert len(named) == len(all_of_it), "two objects of one kind and name"
    return named


def pod_templates(found: dict[tuple[str, str], Object]) -> dict[tuple[str, str], Object]:
    return {key: o["spec"]["template"] for key, o in found.items() if key[0] in WORKLOADS}


def selects(selector: dict[str, str], labels: dict[str, str]) -> bool:
    return selector.items() <= labels.items()


def each(value: Any, key: str) -> Iterator[Any]:
    """Every value under `key`, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key:
                yield inner
            yield from each(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from each(inner, key)


def data(secret: Object) -> dict[str, str]:
    plain = {
        key: base64.b64decode(text).decode() for key, text in (secret.get("data") or {}).items()
    }
    return plain | (secret.get("stringData") or {})


@pytest.mark.parametrize("chart", CHARTS)
def test_a_stand_in_never_passes_for_the_real_chart(chart: str) -> None:
    about = yaml.safe_load((STANDINS / chart / "Chart.yaml").read_text())
    assert "stand-in" in about["description"]
    assert "stand-in" in (STANDINS / chart / "templates" / "NOTES.txt").read_text().splitlines()[0]


def test_a_stand_in_takes_the_place_of_each_pinned_chart() -> None:
    pinned = {
        pin.chart: pin.version for pin in vars(pins).values() if isinstance(pin, pins.PinnedChart)
    }
    ours = [yaml.safe_load((STANDINS / chart / "Chart.yaml").read_text()) for chart in CHARTS]
    assert {about["name"]: about["version"] for about in ours} == pinned


@pytest.mark.parametrize("values", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_helm_finds_no_fault_in_a_chart(values: Path) -> None:
    done = run_helm("lint", "--strict", str(STANDINS / values.stem), "--values", str(values))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("hub", HUBS)
def test_no_controller_or_service_loses_its_pods(hub: str) -> None:
    found = objects(hub)
    pods = pod_templates(found)
    labels = [pod["metadata"]["labels"] for pod in pods.values()]
    for (kind, name), o in found.items():
        if kind in WORKLOADS:
            own = pods[kind, name]["metadata"]["labels"]
            assert selects(o["spec"]["selector"]["matchLabels"], own), (kind, name)
        if kind == "Service":
            assert any(selects(o["spec"]["selector"], own) for own in labels), (kind, name)
        if kind == "PodDisruptionBudget":
            assert any(selects(o["spec"]["selector"]["matchLabels"], own) for own in labels), (
                kind,
                name,
            )
        if kind == "NetworkPolicy":
            selector = {
                k: v for k, v in o["spec"]["podSelector"]["matchLabels"].items() if k != "release"
            }
            known = labels + RUNTIME_PODS
            assert any(selects(selector, own) for own in known), (kind, name, selector)


def test_no_service_answers_for_another() -> None:
    wanted = {
        "hub": "hub",
        "proxy-api": "proxy",
        "proxy-public": "proxy",
        "binderhub": "binderhub",
        "registry-helper": "registry-helper",
    }
    found = objects("members")
    behind = {
        name: [
            pod
            for (_, pod), template in pod_templates(found).items()
            if selects(o["spec"]["selector"], template["metadata"]["labels"])
        ]
        for (kind, name), o in found.items()
        if kind == "Service"
    }
    assert behind == {service: [pod] for service, pod in wanted.items()}


@pytest.mark.parametrize("hub", HUBS)
def test_no_two_controllers_fight_over_a_pod(hub: str) -> None:
    found = objects(hub)
    owners = defaultdict(list)
    for (kind, name), o in found.items():
        for key, pod in pod_templates(found).items():
            if kind in WORKLOADS and selects(
                o["spec"]["selector"]["matchLabels"], pod["metadata"]["labels"]
            ):
                owners[key].append((kind, name))
    assert all(names == [key] for key, names in owners.items()), dict(owners)


def ports_of(found: dict[tuple[str, str], Object], service: Object) -> set[str | int]:
    """Container ports, by name and by number, of the pods behind a Service."""
    behind = [
        pod
        for pod in pod_templates(found).values()
        if selects(service["spec"]["selector"], pod["metadata"]["labels"])
    ]
    ports = [
        port for pod in behind for box in pod["spec"]["containers"] for port in box.get("ports", [])
    ]
    return {port[key] for port in ports for key in ("name", "containerPort") if key in port}


@pytest.mark.parametrize("hub", HUBS)
def test_no_request_ends_at_a_port_that_nothing_serves(hub: str) -> None:
    found = objects(hub)
    for (kind, name), o in found.items():
        if kind == "Service":
            for port in o["spec"]["ports"]:
                assert port["targetPort"] in ports_of(found, o), (name, port)
        backends = [b["service"] for b in each(o, "backend")] if kind == "Ingress" else []
        for backend in backends:
            offered = found["Service", backend["name"]]["spec"]["ports"]
            ((key, wanted),) = backend["port"].items()
            assert wanted in [p.get("name" if key == "name" else "port") for p in offered], (
                name,
                backend,
            )
        if kind == "HTTPRoute":
            for refs in each(o, "backendRefs"):
                for ref in refs:
                    offered = found["Service", ref["name"]]["spec"]["ports"]
                    assert ref["port"] in [p["port"] for p in offered], (name, ref)


def references(pod: Object) -> Iterator[tuple[str, str, str | None]]:
    """(kind, name, key) of each object that a pod needs to start."""
    spec = pod["spec"]
    yield "ServiceAccount", spec.get("serviceAccountName", "default"), None
    if "priorityClassName" in spec:
        yield "PriorityClass", spec["priorityClassName"], None
    for secret in spec.get("imagePullSecrets", []):
        yield "Secret", secret["name"], None
    for volume in spec.get("volumes", []):
        if "secret" in volume:
            yield "Secret", volume["secret"]["secretName"], None
            for item in volume["secret"].get("items", []):
                yield "Secret", volume["secret"]["secretName"], item["key"]
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"], None
        if "persistentVolumeClaim" in volume:
            yield "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"], None
    for ref in each(spec, "secretKeyRef"):
        yield "Secret", ref["name"], ref["key"]


@pytest.mark.parametrize("hub", HUBS)
def test_no_pod_waits_for_an_object_that_is_not_there(hub: str) -> None:
    found = objects(hub)
    for owner, pod in pod_templates(found).items():
        for kind, name, key in references(pod):
            if (kind, name) in FOREIGN:
                continue
            assert (kind, name) in found, (owner, kind, name)
            assert key is None or key in data(found[kind, name]), (owner, name, key)
        mounted = {volume["name"] for volume in pod["spec"].get("volumes", [])}
        boxes = pod["spec"]["containers"] + pod["spec"].get("initContainers", [])
        wanted = {mount["name"] for box in boxes for mount in box.get("volumeMounts", [])}
        assert wanted <= mounted, (owner, wanted - mounted)


@pytest.mark.parametrize("hub", HUBS)
def test_no_permission_is_given_to_nobody(hub: str) -> None:
    found = objects(hub)
    for (kind, name), o in found.items():
        if kind in ("RoleBinding", "ClusterRoleBinding"):
            assert (o["roleRef"]["kind"], o["roleRef"]["name"]) in found, name
            for subject in o["subjects"]:
                assert (subject["kind"], subject["name"]) in found, name
                assert subject["namespace"] == NAMESPACE


GIVEN = {
    "hub.config.ConfigurableHTTPProxy.auth_token": "proxy-given",
    "hub.config.JupyterHub.cookie_secret": "cookie-given",
    "hub.services.binder.apiToken": "token-given",
}


@pytest.mark.parametrize("hub", [hub for hub in HUBS if hub != "bare"])
def test_no_given_secret_is_replaced_by_a_random_one(hub: str) -> None:
    name = "hub-jupyterhub-hub" if hub == "gateway" else "hub"
    secret = data(objects(hub)["Secret", name])
    assert {key: secret[key] for key in GIVEN} == GIVEN
    assert secret["hub.config.CryptKeeper.keys"].split(";")[0] == "crypt-given"


@pytest.mark.parametrize("values", [p for p in FILES if p.parent.name != "bare"], ids=str)
def test_an_unchanged_release_restarts_nothing(values: Path) -> None:
    first, second = (template(values.stem, "--values", str(values)).stdout for _ in range(2))
    assert first == second


def test_a_secret_nobody_gave_is_long_and_never_the_same() -> None:
    values = VALUES / "bare" / "jupyterhub.yaml"
    secrets = []
    for _ in range(2):
        found = yaml.safe_load_all(template("jupyterhub", "--values", str(values)).stdout)
        secrets += [
            data(o) for o in found if o and (o["kind"], o["metadata"]["name"]) == ("Secret", "hub")
        ]
    for key in (
        "hub.config.ConfigurableHTTPProxy.auth_token",
        "hub.config.JupyterHub.cookie_secret",
    ):
        assert secrets[0][key] != secrets[1][key]
        assert len(bytes.fromhex(secrets[0][key])) == 32


def test_the_hub_is_told_every_value_it_was_given() -> None:
    values = yaml.safe_load((VALUES / "members" / "jupyterhub.yaml").read_text())
    told = yaml.safe_load(data(objects("members")["Secret", "hub"])["values.yaml"])
    assert told["Release"] == {"Name": "hub", "Namespace": NAMESPACE, "Service": "Helm"}
    for section in ("GitHubOAuthenticator", "BinderSpawnerMixin"):
        assert told["hub"]["config"][section] == values["hub"]["config"][section]
    assert told["singleuser"]["cmd"] == "jupyterhub-singleuser"
    assert told["cull"]["enabled"] is True, "defaults are told too"


class Recorder(defaultdict[str, dict[str, Any]]):
    """Stands for the configuration object `c`: sections by name, traits by attribute."""

    def __init__(self) -> None:
        super().__init__(dict)

    def __getattr__(self, section: str) -> Any:
        traits = self[section]
        return type(
            "Section", (), {"__setattr__": lambda _, key, value: traits.__setitem__(key, value)}
        )()


def binderhub_config(hub: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Run the configuration file of Secret `binderhub` as BinderHub would, with its pod's environment."""
    found = objects(hub)
    for name, text in data(found["Secret", "binderhub"]).items():
        (folder / name).write_text(text)
    (box,) = found["Deployment", "binderhub"]["spec"]["template"]["spec"]["containers"]
    for entry in box["env"]:
        monkeypatch.setenv(entry["name"], entry.get("value", NAMESPACE))
    config, path = Recorder(), folder / "binderhub_config.py"
    exec(
        compile(path.read_text(), str(path), "exec"),
        {"get_config": lambda: config, "__file__": str(path)},
    )
    return config


def test_builds_look_for_docker_where_it_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = binderhub_config("open", tmp_path, monkeypatch)
    found = objects("open")
    (daemon,) = found["DaemonSet", "docker-api"]["spec"]["template"]["spec"]["containers"]
    builds = config["KubernetesBuildExecutor"]
    assert f"--host=unix://{builds['docker_host']}" in daemon["args"]
    assert ("Secret", builds["push_secret"]) in found
    assert config["BinderHub"]["hub_url"] == "https://hub.example.org/"
    assert config["EventLog"] == {"allowed_schemas": []}
    volumes = found["DaemonSet", "docker-api"]["spec"]["template"]["spec"]["volumes"]
    assert {"name": "data", "emptyDir": {"sizeLimit": "15Gi"}} in volumes
    assert str(Path(builds["docker_host"]).parent) in [
        v["hostPath"]["path"] for v in volumes if "hostPath" in v
    ]


def test_pushing_is_possible_only_with_use_registry() -> None:
    key = ("Secret", "build-pods-docker-config")
    login = json.loads(data(objects("open")[key])["config.json"])["auths"][
        "https://us-docker.pkg.dev"
    ]
    assert base64.b64decode(login["auth"]).decode() == "_json_key:registry-given"
    assert json.loads(data(objects("bare")[key])["config.json"]) == {}


def test_binderhub_is_let_through_the_hub_s_policy() -> None:
    found = objects("open")
    labels = found["Deployment", "binderhub"]["spec"]["template"]["metadata"]["labels"]
    (rule,) = found["NetworkPolicy", "hub"]["spec"]["ingress"]
    (source,) = rule["from"]
    assert selects(source["podSelector"]["matchLabels"], labels)


def test_users_reach_neither_metadata_nor_private_addresses() -> None:
    egress = objects("members")["NetworkPolicy", "singleuser"]["spec"]["egress"]
    unlimited = [block for rule in egress if "ports" not in rule for block in each(rule, "ipBlock")]
    assert [block["cidr"] for block in unlimited] == ["0.0.0.0/0"]
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.169.254/32"} == set(
        unlimited[0]["except"]
    )


@pytest.mark.parametrize(
    ("chart", "misspelt"),
    [
        ("jupyterhub", "hub.confg.JupyterHub.admin_access=true"),
        ("jupyterhub", "hub.config.jupyterHub.admin_access=true"),
        ("jupyterhub", "proxy.service.tpye=ClusterIP"),
        ("jupyterhub", "singleuser.storage.typ=none"),
        ("jupyterhub", "hub.db.type=sqlite"),
        ("jupyterhub", "ingres.enabled=true"),
        ("jupyterhub", "singleuser.networkPolicy.egressAllowRules.privateIps=true"),
        ("binderhub-service", "DockerRegistry.url=https://quay.io"),
        ("binderhub-service", "dockerAPI.nodeSelector.a=b"),
        ("binderhub-service", "ingress.host=binder.example.org"),
        ("binderhub-container-registry-helper", "fullNameOverride=helper"),
        ("binderhub-container-registry-helper", "serviceAccount.annotation.a=b"),
        ("binderhub", "dind.enabled=true"),
        ("binderhub", "registry.user=robot"),
        ("binderhub", "jupyterhub.hub.nodeselector.a=b"),
        ("binderhub", "config.binderHub.use_registry=true"),
    ],
)
def test_a_misspelt_value_is_never_ignored(chart: str, misspelt: str) -> None:
    done = template(chart, *switched_off(chart), "--set", misspelt)
    assert done.returncode != 0
    assert "values don't meet the specifications of the schema" in done.stderr, done.stderr


def switched_off(chart: str) -> list[str]:
    return ["--values", str(VALUES / "bare" / "jupyterhub.yaml")] if chart == "jupyterhub" else []


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ("prePuller.hook.enabled=true", "no image puller"),
        ("prePuller.continuous.enabled=true", "no image puller"),
        ("proxy.https.enabled=true,proxy.https.hosts={hub.example.org}", "no autohttps"),
        ("singleuser.networkPolicy.egressAllowRules.cloudMetadataServer=true", "contradict"),
    ],
)
def test_what_the_stand_in_cannot_do_is_said(values: str, says: str) -> None:
    done = template("jupyterhub", *switched_off("jupyterhub"), "--set", values)
    assert done.returncode != 0
    assert says in done.stderr
