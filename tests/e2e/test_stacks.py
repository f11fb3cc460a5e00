"""Every stack of `examples/` with the real engine, from its first preview to its end.

The tests of one stack run in order and share its state.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from model.derived import names
from model.derived.pools import build_pool, user_pool
from tests.e2e.conftest import Life
from tests.e2e.leaks import leaked, secrets_of
from values.releases import releases

pytestmark = [pytest.mark.lab, pytest.mark.engine]


def test_preview_shows_values_rather_than_unknowns(life: Life) -> None:
    done = life.run("preview", "--diff")
    assert done.ok, done.text
    hub = life.session.hub
    assert names.hub_url(hub) in done.text
    assert "image_prefix" in done.text
    assert "Traceback" not in done.text


def test_up_brings_every_pod_to_the_node_it_belongs_to(life: Life) -> None:
    life.up()
    hub = life.session.hub
    pods = life.kube.pods(hub.ns)
    assert pods, "nothing was deployed"
    assert all(pod.ready for pod in pods), [(p.name, p.reason) for p in pods if not p.ready]
    nodes = {node.name: node.labels for node in life.kube.nodes()}
    build_nodes = {
        name for name, labels in nodes.items() if build_pool(hub).selector.items() <= labels.items()
    }
    docker = {p.node for p in pods if p.name.startswith("docker-api")}
    assert docker == build_nodes, "builds need the docker socket of their own node"
    core = hub.cluster.core_nodes.selector
    for pod in pods:
        if not pod.name.startswith("docker-api"):
            assert pod.node and core.items() <= nodes[pod.node].items(), pod


def test_the_second_preview_changes_nothing(life: Life) -> None:
    assert life.plan() == {}


def test_outputs_say_where_the_hub_is(life: Life) -> None:
    outputs = life.session.outputs()
    hub = life.session.hub
    assert outputs["hubUrl"] == names.hub_url(hub)
    assert outputs["binderUrl"] == names.binder_url(hub)
    assert outputs["namespace"] == hub.ns
    assert outputs["imagePrefix"]
    assert outputs["nextStep"]


def test_one_changed_value_updates_only_its_release(life: Life) -> None:
    life.edit("launch", {"quotas": {"total": 7}})
    plan = life.plan()
    assert list(plan.values()) == ["update"], plan
    assert "binderhub-service" in next(iter(plan))
    life.up()
    config = _binder_config(life)
    assert config["KubernetesLaunchQuota"]["total_quota"] == 7
    assert life.plan() == {}


def test_a_changed_secret_reaches_what_uses_it_and_nothing_else(life: Life) -> None:
    hub = life.session.hub
    before = _hub_secret(life)
    life.edit("rotate", {"binderApiToken": 1})
    plan = life.plan()
    assert set(plan) == {
        f"{hub.name}-secrets-binderApiToken",
        *(
            f"{hub.name}-releases-{release}"
            for release in (names.JUPYTERHUB, names.BINDERHUB_SERVICE)
        ),
    }, plan
    life.up()
    after = _hub_secret(life)
    key = names.API_TOKEN_KEY
    assert before[key] != after[key]
    assert {k for k in after if k != "values.yaml" and before.get(k) != after[k]} == {key}
    assert life.plan() == {}
    assert hub.ns == life.session.hub.ns


def test_no_secret_is_printed_or_kept_in_clear(life: Life) -> None:
    plain = secrets_of(json.loads(life.session.checked("stack", "export", "--show-secrets").stdout))
    assert len(plain) >= 4, "the test must have found the secrets"
    outputs = json.dumps(life.session.outputs())
    kept = "".join(
        path.read_text(errors="replace")
        for path in (life.session.run.backend).rglob("*")
        if path.is_file()
    )
    logs = "".join(path.read_text(errors="replace") for path in life.session.run.logs.glob("*.log"))
    for where, text in {
        "the engine's output": "".join(life.said),
        "outputs": outputs,
        "state": kept,
        "logs": logs,
        "the stack file": life.session.stack_file.read_text(),
    }.items():
        assert leaked(plain, text) == [], f"a secret is in {where}"


def test_destroy_leaves_nothing(life: Life) -> None:
    hub = life.session.hub
    done = life.session.destroy()
    life.said.append(done.text)
    assert done.ok, done.text
    assert life.kube.namespace_contents(hub.ns) == []
    assert life.session.state()["deployment"].get("resources", []) == []


def test_the_checkout_is_left_as_it_was(life: Life) -> None:
    assert life.session.source.read_bytes() == life.original
    assert "encryptionsalt" in life.session.stack_file.read_text(), "the engine wrote to the copy"


def test_every_release_was_part_of_the_life(life: Life) -> None:
    said = "".join(life.said)
    for plan in releases(life.session.hub):
        assert plan.name in said
    assert user_pool(life.session.hub).selector


def _binder_config(life: Life) -> dict[str, Any]:
    import base64

    import yaml

    secret = life.kube.request("GET", f"/api/v1/namespaces/{life.session.hub.ns}/secrets/binderhub")
    text = base64.b64decode(secret["data"]["chart-config.yaml"]).decode()
    return dict(yaml.safe_load(text)["config"])


def _hub_secret(life: Life) -> dict[str, str]:
    secret = life.kube.request("GET", f"/api/v1/namespaces/{life.session.hub.ns}/secrets/hub")
    return dict(secret["data"])
