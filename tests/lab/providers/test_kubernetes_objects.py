"""Kubernetes objects in the stand-in, without a cluster: inputs, differences, drift, waiting."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from lab.providers.kubernetes import awaiting, shapes
from lab.providers.kubernetes.cluster import ApiError, Cluster, Unreachable
from lab.providers.kubernetes.kinds import CLUSTER_SCOPED, api_version_and_kind
from lab.providers.kubernetes.masking import Mask
from lab.providers.kubernetes.objects import ObjectHandler
from lab.providers.kubernetes.settings import ProviderSettings, decode
from lab.providers.sdk.property_values import UNKNOWN, SecretValue, reveal
from lab.providers.sdk.provider import Request, StandinError
from tests.lab.providers.asking import ask


class FakeCluster:
    """A cluster in memory: what was applied is there."""

    default_namespace = "default"

    def __init__(self, **settings: Any) -> None:
        self.settings = ProviderSettings(**settings)
        self.there: dict[tuple[str, str | None], dict[str, Any]] = {}
        self.applied: list[dict[str, Any]] = []
        self.refuse: Exception | None = None
        self.cancelled = threading.Event()

    def reachable(self) -> bool:
        return True

    def namespaced(self, api_version: str, kind: str) -> bool:
        return (api_version, kind) not in CLUSTER_SCOPED

    def get(self, api_version: str, kind: str, name: str, namespace: str | None) -> Any:
        return self.there.get((name, namespace))

    def apply(self, body: dict[str, Any], *, force: bool = False, dry_run: bool = False) -> Any:
        if self.refuse:
            raise self.refuse
        self.applied.append(body)
        live = {**body, "metadata": {**body["metadata"], "uid": "u1", "managedFields": []}}
        if not dry_run:
            self.there[(body["metadata"]["name"], body["metadata"].get("namespace"))] = live
        return live


def objects(cluster: FakeCluster) -> ObjectHandler:
    return ObjectHandler(cluster, lambda *line: None)  # type: ignore[arg-type]


SECRET = "kubernetes:core/v1:Secret"
CONFIG = "kubernetes:core/v1:ConfigMap"
SPACE = "kubernetes:core/v1:Namespace"


def asked(type: str, inputs: dict[str, Any], **more: Any) -> Request:
    return ask(type, inputs, name="Thing", **more)


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("kubernetes:core/v1:Secret", ("v1", "Secret")),
        ("kubernetes:apps/v1:Deployment", ("apps/v1", "Deployment")),
        (
            "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
            ("gateway.networking.k8s.io/v1", "HTTPRoute"),
        ),
    ],
)
def test_a_type_token_names_the_right_api(token: str, expected: tuple[str, str]) -> None:
    assert api_version_and_kind(token) == expected


def test_data_of_a_secret_is_hidden_even_when_the_program_forgot() -> None:
    inputs, failures = objects(FakeCluster()).check(asked(SECRET, {"data": {"pw": "aHVudGVyMjI="}}))
    assert not failures
    assert inputs["data"] == SecretValue({"pw": "aHVudGVyMjI="})
    live = {"kind": "Secret", "metadata": {"name": "x"}, "data": {"pw": "aHVudGVyMjI="}}
    assert isinstance(shapes.outputs_of(live)["data"], SecretValue)


def test_plain_data_of_a_secret_becomes_its_data_and_no_change_of_it() -> None:
    """A program that goes over from one to the other would replace the Secret for nothing."""
    plain = {"stringData": SecretValue({"pw": "hunter22"}), "data": {"other": "eA=="}}
    thing = objects(FakeCluster())
    inputs, _ = thing.check(asked(SECRET, plain))
    assert "stringData" not in inputs
    assert inputs["data"] == SecretValue({"pw": "aHVudGVyMjI=", "other": "eA=="})
    assert not changed({**named(), **plain}, {**inputs, **named()}, SECRET).changes
    unknown, _ = thing.check(asked(SECRET, {"stringData": {"pw": UNKNOWN}}))
    assert reveal(unknown["stringData"]) == {"pw": UNKNOWN} and "data" not in unknown


def test_data_that_is_not_base64_is_found_before_anything_is_made() -> None:
    _, failures = objects(FakeCluster()).check(asked(SECRET, {"data": {"pw": "not base64!"}}))
    assert [f.property for f in failures] == ["data.pw"]
    assert "not base64!" not in failures[0].reason


def test_a_name_is_made_once_and_kept() -> None:
    first, _ = objects(FakeCluster()).check(asked(CONFIG, {"data": {"a": "b"}}))
    name = first["metadata"]["name"]
    assert name.startswith("thing-") and len(name) == len("thing-") + 8
    again, _ = objects(FakeCluster()).check(asked(CONFIG, {"data": {"a": "c"}}, old_inputs=first))
    assert again["metadata"]["name"] == name


def test_a_name_that_the_user_dropped_is_not_kept() -> None:
    old, _ = objects(FakeCluster()).check(asked(CONFIG, {"metadata": {"name": "mine"}}))
    new, _ = objects(FakeCluster()).check(asked(CONFIG, {}, old_inputs=old))
    assert new["metadata"]["name"] != "mine"


def test_the_providers_namespace_goes_on_namespaced_kinds_only() -> None:
    thing = objects(FakeCluster(namespace="hub"))
    assert thing.check(asked(CONFIG, {}))[0]["metadata"]["namespace"] == "hub"
    assert "namespace" not in thing.check(asked(SPACE, {}))[0]["metadata"]


def test_unknown_metadata_does_not_break_a_preview() -> None:
    thing = objects(FakeCluster())
    for metadata in (UNKNOWN, {"name": UNKNOWN}, {"annotations": UNKNOWN}):
        inputs, failures = thing.check(asked(CONFIG, {"metadata": metadata, "data": UNKNOWN}))
        assert not failures
        assert thing.create(asked(CONFIG, inputs, preview=True)) == ("", inputs)


def changed(old: dict[str, Any], new: dict[str, Any], type: str, **settings: Any) -> Any:
    return objects(FakeCluster(**settings)).diff(asked(type, new, old_inputs=old))


def named(**more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "X", "metadata": {"name": "a"}, **more}


def test_a_named_secret_with_new_data_is_deleted_before_it_is_made_again() -> None:
    result = changed(named(data={"a": "MQ=="}), named(data={"a": "Mg=="}), SECRET)
    assert result.replaces == ["data.a"]
    assert result.delete_before_replace


def test_an_autonamed_secret_is_made_anew_first() -> None:
    meta = {"name": "a", "annotations": {shapes.AUTONAMED: "true"}}
    old, new = named(data={"a": "MQ=="}), named(data={"a": "Mg=="})
    result = changed({**old, "metadata": meta}, {**new, "metadata": meta}, SECRET)
    assert result.replaces and not result.delete_before_replace


def test_a_mutable_secret_is_updated_in_place() -> None:
    result = changed(
        named(data={"a": "MQ=="}), named(data={"a": "Mg=="}), SECRET, enable_secret_mutable=True
    )
    assert result.changes and not result.replaces


def test_an_explicit_default_namespace_is_no_change() -> None:
    old, new = named(), named()
    new["metadata"]["namespace"] = "default"
    assert not changed(old, new, CONFIG).changes


def test_a_program_may_say_less_than_an_imported_object() -> None:
    live = named(spec={"clusterIP": "10.0.0.1", "ports": [{"port": 80, "protocol": "TCP"}]})
    old = {**live, shapes.IMPORTED: True}
    new = named(spec={"ports": [{"port": 80}]})
    service = "kubernetes:core/v1:Service"
    assert not changed(old, new, service).changes
    new["spec"]["ports"][0]["port"] = 81
    assert list(changed(old, new, service).detailed) == ["spec.ports[0].port"]


def test_the_servers_spelling_is_no_drift_and_a_changed_value_is() -> None:
    inputs = {"cpu": "1000m", "kept": "x", "gone": 1, "labels": {"mine": "a"}}
    before = {"cpu": "1", "kept": "x", "gone": 1, "labels": {"mine": "a", "other": "b"}}
    now = {"cpu": "1", "kept": "y", "labels": {"mine": "a", "other": "c"}}
    assert shapes.drifted(inputs, before, before) == inputs
    assert shapes.drifted(inputs, before, now) == {
        "cpu": "1000m",
        "kept": "y",
        "labels": {"mine": "a"},
    }


def test_an_object_of_somebody_else_is_never_taken_over() -> None:
    cluster = FakeCluster()
    cluster.there[("a", "default")] = named()
    with pytest.raises(
        StandinError, match=r"ConfigMap default/a already exists.*import_='default/a'"
    ):
        objects(cluster).create(asked(CONFIG, named(kind="ConfigMap")))
    assert not cluster.applied
    cluster = FakeCluster(upsert_existing=True)
    cluster.there[("a", "default")] = named()
    assert objects(cluster).create(asked(CONFIG, named()))[0] == "default/a"


def test_a_preview_never_changes_the_cluster() -> None:
    cluster = FakeCluster()
    objects(cluster).create(asked(CONFIG, named(), preview=True))
    assert not cluster.there
    assert [body["metadata"]["name"] for body in cluster.applied] == ["a-preview"]


def test_an_update_is_tried_out_under_its_own_name() -> None:
    cluster = FakeCluster()
    objects(cluster).update(asked(CONFIG, named(), preview=True))
    assert not cluster.there
    assert [body["metadata"]["name"] for body in cluster.applied] == ["a"]


def test_the_servers_refusal_does_not_show_a_secret() -> None:
    cluster = FakeCluster()
    cluster.refuse = ApiError(422, "Invalid", 'data[pw]: Invalid value: "hunter22"')
    inputs = {**named(), "stringData": SecretValue({"pw": "hunter22"})}
    with pytest.raises(ApiError) as caught:
        objects(cluster).create(asked(SECRET, inputs))
    assert "hunter22" not in str(caught.value) and "[secret]" in str(caught.value)


def test_a_field_conflict_says_which_annotation_helps() -> None:
    cluster = FakeCluster()
    cluster.refuse = ApiError(409, "Conflict", 'conflict with "kubectl": .data.a')
    with pytest.raises(ApiError, match=r"pulumi\.com/patchForce"):
        objects(cluster).update(asked(CONFIG, named()))


def test_a_mask_hides_the_base64_form_and_lines_of_a_long_secret() -> None:
    mask = Mask({"a": SecretValue("topsecret"), "b": [SecretValue("-----BEGIN\nabcdefghijk\nend")]})
    text = mask.clean("x topsecret dG9wc2VjcmV0 abcdefghijk y")
    assert text == "x [secret] [secret] [secret] y"


def deployment(**status: Any) -> dict[str, Any]:
    return {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": {"name": "d", "generation": 2},
        "spec": {"replicas": 2},
        "status": status,
    }


READY = {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (READY, None),
        ({**READY, "observedGeneration": 1}, "the controller has not seen the change yet"),
        ({**READY, "replicas": 3}, "old pods are still there"),
        ({**READY, "availableReplicas": 1}, "availableReplicas is 1 of 2"),
    ],
)
def test_a_deployment_is_not_ready_before_its_new_pods_are(
    status: dict[str, Any], why: str | None
) -> None:
    assert awaiting.not_ready(deployment(**status), FakeCluster()) == why  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spec", "endpoints", "why"),
    [
        ({}, None, "it has no endpoints"),
        ({}, {"subsets": [{"addresses": [{}], "notReadyAddresses": [{}]}]}, "some of its pods"),
        ({}, {"subsets": [{"addresses": [{}]}]}, None),
        ({}, {}, None),
        ({"type": "LoadBalancer"}, {}, "no address"),
        ({"clusterIP": "None"}, None, None),
        ({"selector": {}}, None, None),
    ],
)
def test_a_service_is_ready_when_officially_it_would_be(
    spec: dict[str, Any], endpoints: dict[str, Any] | None, why: str | None
) -> None:
    cluster: Any = FakeCluster()
    if endpoints is not None:
        cluster.there[("s", "ns")] = endpoints
    meta = {"name": "s", "namespace": "ns"}
    service = {"kind": "Service", "metadata": meta, "spec": {"selector": {"a": "b"}, **spec}}
    told = awaiting.not_ready(service, cluster)
    assert told is None if why is None else told and told.startswith(why)


def test_waiting_ends_at_the_timeout_and_says_why() -> None:
    cluster: Any = FakeCluster()
    cluster.there[("d", None)] = deployment(**{**READY, "availableReplicas": 0})
    with pytest.raises(
        awaiting.NotReady, match=r"not ready after 0 s: availableReplicas is 0 of 2"
    ):
        awaiting.wait_ready(cluster, deployment(), 0.3)


def test_waiting_for_the_end_of_an_object_is_not_fooled_by_its_successor() -> None:
    cluster: Any = FakeCluster()
    cluster.there[("d", None)] = {**deployment(), "metadata": {"name": "d", "uid": "new"}}
    old = {**deployment(), "metadata": {"name": "d", "uid": "old"}}
    awaiting.wait_gone(cluster, old, 0.2)


def test_a_timeout_comes_from_the_program_before_the_annotation() -> None:
    def patience(given: float | None, **annotations: str) -> float | None:
        return awaiting.patience({"metadata": {"annotations": annotations}}, given)

    assert patience(7.0, **{awaiting.TIMEOUT: "5"}) == 7.0
    assert patience(None, **{awaiting.TIMEOUT: "5"}) == 5.0
    assert patience(None) == awaiting.DEFAULT_SECONDS
    assert patience(7.0, **{awaiting.SKIP: "true"}) is None
    with pytest.raises(StandinError, match="not a number"):
        patience(None, **{awaiting.TIMEOUT: "soon"})


def test_a_setting_that_would_be_ignored_is_refused() -> None:
    for args in ({"renderYamlToDirectory": "out"}, {"enableServerSideApply": "false"}):
        with pytest.raises(StandinError, match="stand-in"):
            decode(args)


def test_a_broken_kubeconfig_is_not_quoted() -> None:
    with pytest.raises(StandinError) as caught:
        decode({"kubeconfig": SecretValue("token: abc\n  bad: [")})
    assert "abc" not in str(caught.value) and "line" in str(caught.value)


def test_a_kubeconfig_that_is_not_known_yet_does_not_break_a_preview() -> None:
    assert decode({"kubeconfig": UNKNOWN, "namespace": SecretValue("hub")}).namespace == "hub"


def server(port: int, user: dict[str, Any]) -> dict[str, Any]:
    return {
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "hub"}}],
        "current-context": "x",
    }


def test_a_missing_credential_command_is_named() -> None:
    command = {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin"}
    user = {"exec": {**command, "interactiveMode": "Never"}}
    cluster = Cluster(ProviderSettings(kubeconfig=server(1, user)), threading.Event())
    try:
        assert cluster.default_namespace == "hub"
        with pytest.raises(
            StandinError, match=r"'no-such-plugin' gave no credential: .*No such file"
        ):
            cluster.get("v1", "Pod", "p", "hub")
    finally:
        cluster.access.close()


def test_an_api_server_that_stays_away_is_given_up_with_a_clear_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lab.providers.kubernetes.cluster.RETRY_SECONDS", 0.3)
    cluster = Cluster(ProviderSettings(kubeconfig=server(1, {"token": "t"})), threading.Event())
    folder = cluster.access.folder
    assert folder.stat().st_mode & 0o777 == 0o700
    with pytest.raises(Unreachable, match="API server did not answer"):
        cluster.get("v1", "Pod", "p", "hub")
    cluster.access.close()
    assert not folder.exists()


def test_the_private_kubeconfig_is_for_its_owner_only() -> None:
    cluster = Cluster(ProviderSettings(kubeconfig=server(1, {"token": "t"})), threading.Event())
    path = cluster.access.kubeconfig_path
    assert path is not None
    assert path.stat().st_mode & 0o777 == 0o600
    cluster.access.close()
    assert not path.exists()


def test_reading_a_custom_object_hands_back_what_a_program_would_write() -> None:
    cluster = FakeCluster()
    cluster.there[("a", "default")] = {
        **named(kind="ConfigMap", data={"x": "y"}, status={"ok": True}),
        "metadata": {"name": "a", "namespace": "default", "uid": "u", "resourceVersion": "7"},
    }
    found = objects(cluster).read(asked(CONFIG, {}, id="default/a"))
    assert found is not None
    assert reveal(found.inputs) == {
        **named(kind="ConfigMap", data={"x": "y"}),
        "metadata": {"name": "a", "namespace": "default"},
        shapes.IMPORTED: True,
    }
    assert objects(cluster).read(asked(CONFIG, {}, id="default/b")) is None
    assert SimpleNamespace(**found.outputs).status == {"ok": True}
