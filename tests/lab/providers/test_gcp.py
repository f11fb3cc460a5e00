"""The GCP stand-in: right requests are recorded, wrong ones are errors that say where."""

from __future__ import annotations

import base64
import copy
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from lab.providers.gcp import discovery
from lab.providers.gcp.node_pool import body
from lab.providers.gcp.provider import GcpProvider
from lab.providers.sdk.property_values import UNKNOWN, Props, SecretValue
from lab.providers.sdk.provider import InvokeFailed, StandinError
from lab.providers.sdk.records import Records
from lab.providers.sdk.seed import CloudSeed, DnsZone, Existing, GcpSeed, records_dir
from tests.lab.providers import asking
from tests.lab.providers.asking import ask, changed, check, difference

POOL = "gcp:container/nodePool:NodePool"
REPOSITORY = "gcp:artifactregistry/repository:Repository"
ACCOUNT = "gcp:serviceaccount/account:Account"
KEY = "gcp:serviceaccount/key:Key"
MEMBER = "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember"
PROJECT_MEMBER = "gcp:projects/iAMMember:IAMMember"
RECORD = "gcp:dns/recordSet:RecordSet"

SEED = CloudSeed(
    endpoint="https://127.0.0.1:6443",
    ca="Q0E=",
    gcp=GcpSeed(
        project="research-123",
        location="us-west2",
        cluster="research",
        dns_zones=(DnsZone(name="example-org", dns_name="example.org."),),
        service_accounts=("gke-nodes",),
    ),
)
EMAIL = "hub-push@research-123.iam.gserviceaccount.com"
GOOD: dict[str, Props] = {
    POOL: {
        "name": "user",
        "cluster": "research",
        "location": "us-west2",
        "initialNodeCount": 0,
        "autoscaling": {"totalMinNodeCount": 0, "totalMaxNodeCount": 20, "locationPolicy": "ANY"},
        "management": {"autoRepair": True, "autoUpgrade": True},
        "maxPodsPerNode": 110,
        "nodeConfig": {
            "machineType": "n2-highmem-4",
            "diskSizeGb": 100,
            "diskType": "pd-balanced",
            "labels": {"hub.jupyter.org/node-purpose": "user"},
            "serviceAccount": "gke-nodes@research-123.iam.gserviceaccount.com",
            "taints": [{"key": "hub.jupyter.org_dedicated", "value": "user"}],
            "workloadMetadataConfig": {"mode": "GKE_METADATA"},
        },
    },
    REPOSITORY: {
        "repositoryId": "hub-images",
        "format": "DOCKER",
        "location": "us-west2",
        "labels": {"hub": "ecology"},
        "cleanupPolicies": [
            {"id": "keep", "action": "KEEP", "mostRecentVersions": {"keepCount": 10}},
            {"id": "old", "action": "DELETE", "condition": {"olderThan": "2592000s"}},
        ],
    },
    ACCOUNT: {"accountId": "hub-push", "displayName": "hub"},
    KEY: {"serviceAccountId": f"projects/research-123/serviceAccounts/{EMAIL}"},
    MEMBER: {
        "repository": "hub-images",
        "location": "us-west2",
        "role": "roles/artifactregistry.writer",
        "member": f"serviceAccount:{EMAIL}",
    },
    PROJECT_MEMBER: {
        "project": "research-123",
        "role": "roles/logging.logWriter",
        "member": f"serviceAccount:{EMAIL}",
    },
    RECORD: {
        "managedZone": "example-org",
        "name": "hub.example.org.",
        "type": "A",
        "ttl": 300,
        "rrdatas": ["203.0.113.10"],
    },
}
GOOD[POOL]["nodeConfig"]["taints"][0]["effect"] = "NO_SCHEDULE"


@pytest.fixture
def new_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., GcpProvider]:
    """A provider process on the same records each time, as one engine command after another."""
    path = tmp_path / "seed.json"
    monkeypatch.setenv("LAB_CLOUD_SEED", str(path))

    def make(seed: CloudSeed = SEED) -> GcpProvider:
        path.write_text(seed.to_json())
        provider = GcpProvider()
        provider.configure({"project": "research-123", "region": "us-west2"})
        return provider

    return make


@pytest.fixture
def gcp(new_provider: Callable[..., GcpProvider]) -> GcpProvider:
    return new_provider()


def make(provider: GcpProvider, type: str, inputs: Props | None = None) -> tuple[str, Props]:
    return asking.make(provider, type, inputs or GOOD[type])


@pytest.mark.parametrize("type", GOOD)
def test_every_type_of_a_hub_passes_its_own_check(gcp: GcpProvider, type: str) -> None:
    assert check(gcp, type, GOOD[type])[1] == []


WRONG: list[tuple[str, str, Any, str]] = [
    (POOL, "nodeConfig.machinetype", "n2-highmem-4", "nodeConfig.machinetype"),
    (POOL, "nodeConfig.diskSizeGb", "100", "nodeConfig.diskSizeGb"),
    (POOL, "nodeConfig.diskSizeGb", 5, "nodeConfig.diskSizeGb"),
    (POOL, "nodeConfig.machineType", "r5.xlarge", "nodeConfig.machineType"),
    (POOL, "nodeConfig.diskType", "gp3", "nodeConfig.diskType"),
    (POOL, "nodeConfig.workloadMetadataConfig.mode", "GKE", "config.workloadMetadataConfig.mode"),
    (POOL, "nodeConfig.taints.0.effect", "NoSchedule", "taints[0].effect"),
    (POOL, "nodeConfig.taints.0.key", "hub.jupyter.org/dedicated", "taints[0].key"),
    (POOL, "nodeConfig.labels", {"a": "not a label"}, 'labels["a"]'),
    (POOL, "nodeConfig.labels", {"node.kubernetes.io/x": "y"}, "nodeConfig.labels"),
    (POOL, "nodeConfig.resourceLabels", {"Hub": "x"}, "nodeConfig.resourceLabels"),
    (POOL, "autoscaling.locationPolicy", "SOME", "NodePool"),
    (POOL, "autoscaling.totalMinNodeCount", 30, "autoscaling.totalMinNodeCount"),
    (POOL, "autoscaling.minNodeCount", 1, "autoscaling"),
    (POOL, "name", "u" * 41, "name"),
    (POOL, "cluster", None, "cluster"),
    (REPOSITORY, "format", "OCI", "Repository.format"),
    (REPOSITORY, "repositoryId", "Hub_Images", "repositoryId"),
    (REPOSITORY, "labels", {"hub": "Ecology"}, 'labels["hub"]'),
    (REPOSITORY, "cleanupPolicies.0.action", "REMOVE", "cleanupPolicies"),
    (REPOSITORY, "cleanupPolicies.1.condition.olderThan", "30d", "olderThan"),
    (ACCOUNT, "accountId", "hub", "accountId"),
    (ACCOUNT, "accountId", "a" * 31, "accountId"),
    (KEY, "keyAlgorithm", "RSA", "CreateServiceAccountKeyRequest.keyAlgorithm"),
    (MEMBER, "member", EMAIL, "member"),
    (MEMBER, "role", "artifactregistry.writer", "role"),
    (RECORD, "name", "hub.example.org", "name"),
    (RECORD, "rrdatas", ["lb.example.org."], "rrdatas[0]"),
    (RECORD, "type", "ANAME", "type"),
]


@pytest.mark.parametrize(("type", "path", "value", "named"), WRONG)
def test_a_wrong_name_type_or_value_is_refused(
    gcp: GcpProvider, type: str, path: str, value: Any, named: str
) -> None:
    inputs = changed(GOOD[type], path, value)
    _, failures = check(gcp, type, inputs)
    assert any(named in f.property for f in failures), failures


def test_a_field_that_the_api_does_not_have_is_refused() -> None:
    request = {"nodePool": {**body(GOOD[POOL]), "flavour": "x"}}
    name = "projects.locations.clusters.nodePools.create"
    [failure] = discovery.check("container.v1", name, request)
    assert "flavour" in failure.reason


def test_unknown_values_of_a_preview_are_no_failure(gcp: GcpProvider) -> None:
    inputs = copy.deepcopy(GOOD[MEMBER])
    inputs |= {"repository": UNKNOWN, "member": UNKNOWN}
    checked, failures = check(gcp, MEMBER, inputs)
    assert failures == []
    assert gcp.handler(MEMBER).create(ask(MEMBER, checked, preview=True))[1]["etag"] is UNKNOWN


def test_a_key_is_a_real_rsa_key_that_is_only_in_the_answer(
    gcp: GcpProvider, tmp_path: Path
) -> None:
    make(gcp, ACCOUNT)
    _, outputs = make(gcp, KEY)
    assert isinstance(outputs["privateKey"], SecretValue)
    credentials = json.loads(base64.b64decode(outputs["privateKey"].value))
    assert credentials["client_email"] == EMAIL
    key = load_pem_private_key(credentials["private_key"].encode(), None)
    assert key.key_size == 2048  # type: ignore[union-attr]
    recorded = records_dir(tmp_path / "seed.json") / "gcp.json"
    assert 'privateKey"' not in recorded.read_text()
    assert stat.S_IMODE(recorded.stat().st_mode) == 0o600


def test_outputs_are_those_of_the_official_provider(gcp: GcpProvider) -> None:
    id, account = make(gcp, ACCOUNT)
    assert id == f"projects/research-123/serviceAccounts/{EMAIL}"
    assert account["email"] == EMAIL and account["member"] == f"serviceAccount:{EMAIL}"
    id, pool = make(gcp, POOL)
    assert id == "projects/research-123/locations/us-west2/clusters/research/nodePools/user"
    assert len(pool["instanceGroupUrls"]) == 3
    id, repository = make(gcp, REPOSITORY)
    assert id == "projects/research-123/locations/us-west2/repositories/hub-images"
    assert repository["name"] == "hub-images"
    assert repository["registryUri"] == "us-west2-docker.pkg.dev/research-123/hub-images"
    assert repository["effectiveLabels"]["hub"] == "ecology"


@pytest.mark.parametrize(
    ("settings", "new", "adopted"),
    [
        ({}, True, False),
        ({"pulumiAttributionLabelAdditionStrategy": "PROACTIVE"}, True, True),
        ({"addPulumiAttributionLabel": "false"}, False, False),
    ],
)
def test_the_providers_own_label_comes_with_creation_and_is_no_change_later(
    new_provider: Callable[..., GcpProvider], settings: Props, new: bool, adopted: bool
) -> None:
    mark, good = "goog-pulumi-provisioned", GOOD[REPOSITORY]
    theirs = Existing(type=REPOSITORY, inputs={**good, "repositoryId": "theirs"})
    provider = new_provider(CloudSeed(**{**vars(SEED), "existing": (theirs,)}))
    provider.configure({"project": "research-123", "region": "us-west2", **settings})
    id, made = make(provider, REPOSITORY)
    assert (mark in made["effectiveLabels"]) is new
    assert (
        not provider.handler(REPOSITORY)
        .diff(ask(REPOSITORY, good, old_inputs=good, state=made))
        .changes
    )
    found = provider.handler(REPOSITORY).read(
        ask(REPOSITORY, id=id.replace("hub-images", "theirs"))
    )
    assert found is not None and (mark in found.outputs["effectiveLabels"]) is adopted
    changed = provider.handler(REPOSITORY).effective(good, {"effectiveLabels": {}})
    assert (mark in changed["effectiveLabels"]) is adopted


def test_a_record_set_that_got_another_type_still_stands_in_the_way(gcp: GcpProvider) -> None:
    id, _ = make(gcp, RECORD)
    address = {**GOOD[RECORD], "project": "research-123"}
    alias = {**address, "type": "CNAME", "rrdatas": ["lb.example.org."]}
    gcp.handler(RECORD).update(ask(RECORD, alias, id=id, old_inputs=address, state={}))
    with pytest.raises(StandinError, match="cannot stand beside"):
        make(gcp, RECORD)
    gcp.handler(RECORD).update(ask(RECORD, address, id=id, old_inputs=alias, state={}))
    with pytest.raises(StandinError, match="already exists"):
        make(gcp, RECORD)


@pytest.mark.parametrize(
    ("path", "value", "drains"),
    [
        ("nodeConfig.machineType", "n2-highmem-8", True),
        ("nodeConfig.resourceLabels", {"stage": "staging"}, True),
        ("nodeConfig.workloadMetadataConfig", {"mode": "GCE_METADATA"}, True),
        ("nodeConfig.labels", {}, False),
        ("autoscaling.totalMaxNodeCount", 40, False),
    ],
)
def test_a_change_that_drains_a_pool_is_noted(
    gcp: GcpProvider, tmp_path: Path, path: str, value: Any, drains: bool
) -> None:
    id, outputs = make(gcp, POOL)
    new = changed(GOOD[POOL], path, value)
    old = {**GOOD[POOL], "project": "research-123"}
    gcp.handler(POOL).update(
        ask(POOL, {**new, "project": "research-123"}, id=id, old_inputs=old, state=outputs)
    )
    records = Records(records_dir(tmp_path / "seed.json") / "gcp.json")
    assert records.drains() == ({id: [path]} if drains else {})
    gcp.handler(POOL).delete(ask(POOL, id=id, old_inputs=new, state=outputs))
    assert records.everything() == {}


def test_order_matters_as_it_does_in_the_cloud(gcp: GcpProvider) -> None:
    for type in (KEY, MEMBER, PROJECT_MEMBER):
        with pytest.raises(StandinError, match=r"does not exist|was not found"):
            make(gcp, type)


def test_creating_what_exists_is_an_error_and_survives_the_process(
    new_provider: Callable[..., GcpProvider],
) -> None:
    id, _ = make(new_provider(), REPOSITORY)
    later = new_provider()
    with pytest.raises(StandinError, match="409"):
        make(later, REPOSITORY)
    assert later.handler(REPOSITORY).read(ask(REPOSITORY, id=id)) is not None
    later.handler(REPOSITORY).delete(ask(REPOSITORY, id=id, old_inputs=GOOD[REPOSITORY], state={}))
    assert new_provider().handler(REPOSITORY).read(ask(REPOSITORY, id=id)) is None


def test_what_the_seed_says_exists_can_be_imported(
    new_provider: Callable[..., GcpProvider],
) -> None:
    existing = Existing(type=REPOSITORY, inputs=GOOD[REPOSITORY])
    provider = new_provider(CloudSeed(**{**vars(SEED), "existing": (existing,)}))
    id = "projects/research-123/locations/us-west2/repositories/hub-images"
    found = provider.handler(REPOSITORY).read(ask(REPOSITORY, id=id))
    assert found is not None and found.inputs["format"] == "DOCKER"


@pytest.mark.parametrize(
    ("type", "path", "value", "replaces"),
    [
        (POOL, "nodeConfig.machineType", "n2-highmem-8", False),
        (POOL, "nodeConfig.taints", [], False),
        (POOL, "autoscaling.totalMaxNodeCount", 40, False),
        (POOL, "name", "other", True),
        (POOL, "location", "us-west1", True),
        (POOL, "initialNodeCount", 3, True),
        (POOL, "nodeConfig.serviceAccount", "x@y.iam.gserviceaccount.com", True),
        (REPOSITORY, "labels", {"a": "b"}, False),
        (REPOSITORY, "repositoryId", "other", True),
        (REPOSITORY, "format", "PYTHON", True),
        (ACCOUNT, "displayName", "other", False),
        (ACCOUNT, "accountId", "other-one", True),
        (RECORD, "ttl", 60, False),
        (RECORD, "type", "AAAA", False),
    ],
)
def test_replacement_is_that_of_the_official_provider(
    gcp: GcpProvider, type: str, path: str, value: Any, replaces: bool
) -> None:
    result = difference(gcp, type, GOOD[type], changed(GOOD[type], path, value))
    assert result.changes and bool(result.replaces) is replaces


def test_zones_that_are_left_out_stay_as_they_are(gcp: GcpProvider) -> None:
    """A preview that shows more than production does is as wrong as one that shows less."""
    zones = {**GOOD[POOL], "nodeLocations": ["us-west2-a"]}
    left = {k: v for k, v in zones.items() if k != "nodeLocations"}
    assert not difference(gcp, POOL, zones, left).changes
    more = {**zones, "nodeLocations": ["us-west2-a", "us-west2-b"]}
    assert difference(gcp, POOL, zones, more).changes


def test_the_same_inputs_are_no_change_whatever_their_order(gcp: GcpProvider) -> None:
    _, state = make(gcp, REPOSITORY)
    new = copy.deepcopy(GOOD[REPOSITORY])
    new["cleanupPolicies"].reverse()
    assert (
        not gcp.handler(REPOSITORY)
        .diff(ask(REPOSITORY, new, old_inputs=GOOD[REPOSITORY], state=state))
        .changes
    )


def test_a_generated_name_is_kept_in_the_next_update(gcp: GcpProvider) -> None:
    inputs = {k: v for k, v in GOOD[POOL].items() if k != "name"}
    first, _ = check(gcp, POOL, inputs)
    second, _ = gcp.handler(POOL).check(ask(POOL, inputs, old_inputs=first))
    assert first["name"].startswith("n-") and second["name"] == first["name"]


def test_the_cluster_lookup_answers_with_the_labs_api_server(gcp: GcpProvider) -> None:
    token = "gcp:container/getCluster:getCluster"
    found = gcp.invoke(token, {"name": "research", "location": "us-west2"})
    assert found["endpoint"] == "127.0.0.1:6443"
    assert found["masterAuths"][0]["clusterCaCertificate"] == "Q0E="
    assert found["networkPolicies"][0]["enabled"] is True
    with pytest.raises(StandinError, match="404"):
        gcp.invoke(token, {"name": "other", "location": "us-west2"})
    with pytest.raises(InvokeFailed, match="zone"):
        gcp.invoke(token, {"name": "research", "zone": "us-west2-a"})


def test_the_access_token_is_secret(gcp: GcpProvider) -> None:
    token = "gcp:organizations/getClientConfig:getClientConfig"
    assert isinstance(gcp.invoke(token, {})["accessToken"], SecretValue)


def test_a_provider_setting_that_does_not_exist_is_refused(gcp: GcpProvider) -> None:
    assert gcp.check_config(ask("", {"project": "p", "regoin": "x"}))[1][0].property == "regoin"


def test_without_a_seed_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAB_CLOUD_SEED", raising=False)
    with pytest.raises(StandinError, match="LAB_CLOUD_SEED is not set"):
        check(GcpProvider(), POOL, GOOD[POOL])


def test_a_seed_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    text = json.loads(SEED.to_json())
    text["gcp"]["zones"] = []
    with pytest.raises(StandinError, match=r"gcp\.zones"):
        CloudSeed.from_json(json.dumps(text))
    assert CloudSeed.from_json(SEED.to_json()) == SEED


def test_the_order_of_keys_on_the_wire_is_no_difference() -> None:
    from lab.providers.gcp.registry import ImageRepository

    keep = {"id": "keep", "action": "KEEP"}
    drop = {"action": "DELETE", "id": "drop"}
    turned = [dict(reversed(list(one.items()))) for one in (keep, drop)]
    handler = ImageRepository.__new__(ImageRepository)
    assert handler.ordered({"cleanupPolicies": [keep, drop]}) == handler.ordered(
        {"cleanupPolicies": turned}
    )
