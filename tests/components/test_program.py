"""The whole program for every example: what is made, under whom, by which provider, in which order."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import yaml

from tests.components.program import Made, Recorded, run
from tests.examples import NAMES, STACKS, path_of


def stack_text(name: str, **sections: object) -> str:
    """Text of an example with sections replaced; None takes one out."""
    document = yaml.safe_load(path_of(name).read_text())
    for key, value in sections.items():
        document["config"][f"binderhub:{key}"] = value
        if value is None:
            del document["config"][f"binderhub:{key}"]
    return yaml.safe_dump(document)


@pytest.fixture(scope="module", params=NAMES)
def program(request: pytest.FixtureRequest) -> tuple[str, Recorded]:
    recorded = run(request.param, stack_text(request.param))
    assert recorded.error is None
    return request.param, recorded


def resources(recorded: Recorded) -> list[Made]:
    """Everything a provider makes."""
    return [
        m for m in recorded.made.values() if m.request.custom and not m.type.startswith("pulumi:")
    ]


def test_every_resource_belongs_to_the_hub(program: tuple[str, Recorded]) -> None:
    _name, recorded = program
    by_urn = recorded.made
    for made in resources(recorded):
        parents = []
        above = made.parent
        while above:
            parents.append(by_urn[above].type)
            above = by_urn[above].parent
        assert "binderhub:hub:Hub" in parents, f"{made.name} is an orphan: {parents}"


def test_no_resource_and_no_look_up_uses_a_default_provider(program: tuple[str, Recorded]) -> None:
    name, recorded = program
    for made in resources(recorded):
        package = made.type.partition(":")[0]
        assert made.provider == f"{name}-{package}", made.name
    for token, _, provider in recorded.calls:
        assert f"::{name}-{token.partition(':')[0]}::" in provider, token


def test_logical_names_start_with_the_hub_and_are_unique(program: tuple[str, Recorded]) -> None:
    name, recorded = program
    seen = [m.name for m in recorded.made.values() if not m.type.startswith("pulumi:pulumi")]
    assert len(seen) == len(set(seen))
    assert all(n == name or n.startswith(f"{name}-") for n in seen)


TOKENS = {
    "binderhub:hub:Hub",
    "binderhub:secrets:GeneratedSecrets",
    "binderhub:releases:Releases",
    "binderhub:exposure:Exposure",
    "binderhub:gcp:GkeNodePools",
    "binderhub:gcp:ImageRegistry",
    "binderhub:gcp:CloudDns",
    "binderhub:aws:EksNodePools",
    "binderhub:aws:EcrHelperAccess",
    "binderhub:aws:Route53",
}


def test_a_renamed_type_token_would_replace_everything_below_it() -> None:
    gateway = {"name": "public", "namespace": "infra"}
    cluster = {"provider": "kubernetes", "name": "lab", "ingress": {"gateway": gateway}}
    runs = [run(name, stack_text(name)) for name in NAMES]
    runs.append(run("demo", stack_text("demo", cluster=cluster)))
    found = {m.type for r in runs for m in r.made.values() if m.type.startswith("binderhub:")}
    assert found == TOKENS


def test_a_hub_without_domains_gets_its_second_load_balancer() -> None:
    addresses = {"hub": "203.0.113.1", "binder": "203.0.113.2"}
    cluster = {"provider": "kubernetes", "name": "lab", "loadBalancer": addresses}
    recorded = run("demo", stack_text("demo", cluster=cluster, domains={}))
    spec = recorded.one("demo-exposure-load-balancer").plain["spec"]
    assert spec["type"] == "LoadBalancer"
    assert spec["loadBalancerIP"] == addresses["binder"]


def test_no_pod_reads_the_credentials_of_its_node() -> None:
    group = run("climate", stack_text("climate")).one("climate-nodes-user-g1-template").plain
    assert group["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    config = run("ecology", stack_text("ecology")).one("ecology-nodes-user-g1").plain["nodeConfig"]
    assert config["workloadMetadataConfig"] == {"mode": "GKE_METADATA"}


@pytest.mark.parametrize(("name", "more"), [("ecology", "n2-highmem-8"), ("climate", "r5.2xlarge")])
def test_each_machine_type_gets_a_pool_of_its_own(name: str, more: str) -> None:
    recorded = run(name, stack_text(name, nodes={"moreMachineTypes": [more]}))
    kind = ("gcp:container/nodePool:NodePool", "aws:eks/nodeGroup:NodeGroup")
    pools = [m for m in resources(recorded) if m.type in kind]
    assert len(pools) == 2
    assert more in str([m.plain for m in pools])


POOLS = ("gcp:container/nodePool:NodePool", "aws:eks/nodeGroup:NodeGroup")
PARTS = (*POOLS, "aws:ec2/launchTemplate:LaunchTemplate", "aws:autoscaling/tag:Tag")
LARGER = {"ecology": "n2-highmem-8", "climate": "r5.2xlarge"}


def generations(name: str) -> tuple[Recorded, Recorded]:
    """The program before and after a machine type was changed with the old one retiring."""
    old: dict[str, object] = {"min": 1, "max": 20, "builders": {"diskGb": 50}}
    new = {"machineType": LARGER[name], "diskGb": 200}
    new |= {"generation": 2, "retiring": [{"generation": 1}]}
    return run(name, stack_text(name, nodes=old)), run(name, stack_text(name, nodes={**old, **new}))


@pytest.mark.parametrize("name", LARGER)
def test_a_new_generation_comes_beside_the_old_one(name: str) -> None:
    before, after = (
        {m.name: m for m in resources(r) if m.type in PARTS} for r in generations(name)
    )
    assert before.keys() < after.keys(), "a renamed old pool would be deleted with its servers"
    assert {n.replace("-g2", "-g1") for n in after.keys() - before.keys()} == set(before)
    new = [m for n, m in after.items() if n not in before and m.type in POOLS]
    assert all(LARGER[name] in str(m.plain) for m in new)


@pytest.mark.parametrize("name", LARGER)
def test_a_retiring_pool_stays_as_it_was_whatever_its_entry_forgets(name: str) -> None:
    before, after = (
        {m.name: m for m in resources(r) if m.type in PARTS} for r in generations(name)
    )
    for key, old in before.items():
        ignored = after[key].request.ignoreChanges
        changed = {k for k, v in after[key].plain.items() if v != old.plain.get(k)}
        assert changed <= {path.partition(".")[0] for path in ignored}, key
        assert not after[key].request.importId and not after[key].request.protect


def test_no_pool_is_replaced_under_its_own_name_by_deleting_it_first(
    program: tuple[str, Recorded],
) -> None:
    _, recorded = program
    for made in resources(recorded):
        if made.type in PARTS[:3]:
            assert made.request.deleteBeforeReplaceDefined, "else the provider may decide otherwise"
            assert not made.request.deleteBeforeReplace


def test_gke_would_drain_every_node_to_change_its_machine() -> None:
    pool = run("ecology", stack_text("ecology")).one("ecology-nodes-user-g1")
    assert set(pool.request.replaceOnChanges) == {
        "nodeConfig.diskSizeGb",
        "nodeConfig.diskType",
        "nodeConfig.imageType",
        "nodeConfig.machineType",
        "nodeConfig.workloadMetadataConfig",
        "nodeLocations",
    }


def test_eks_would_drain_every_node_for_another_version_of_the_template() -> None:
    recorded = run("climate", stack_text("climate"))
    template = recorded.one("climate-nodes-user-g1-template").request
    assert set(template.replaceOnChanges) == {"blockDeviceMappings", "metadataOptions"}
    data = {"blockDeviceMappings", "metadataOptions", "tagSpecifications"}
    own = {"name", "updateDefaultVersion"}
    given = set(recorded.one("climate-nodes-user-g1-template").plain)
    assert given == data | own, "what is new in the template is refused or ignored"


@pytest.mark.parametrize("name", LARGER)
def test_no_label_of_a_machine_changes_with_the_stage(name: str) -> None:
    """A cloud may replace the machine to label it anew."""
    found = []
    for stage in ("production", "staging"):
        recorded = run(name, stack_text(name, stage=stage))
        found += [
            recorded.one("ecology-nodes-user-g1").plain["nodeConfig"]["resourceLabels"]
            if name == "ecology"
            else recorded.one("climate-nodes-user-g1-template").plain["tagSpecifications"]
        ]
    assert found[0] == found[1]
    assert f"'binder-hub': '{name}'" in str(found)


def test_only_the_pool_that_an_id_names_is_taken_over() -> None:
    adopt = {"nodePool": "research-123/us-west2/research/ecology-g1"}
    text = stack_text("ecology", adopt=adopt, nodes={"moreMachineTypes": ["n2-highmem-8"]})
    pools = {m.name: m.request.importId for m in run("ecology", text).of(POOLS[0])}
    assert pools == {
        "ecology-nodes-user-g1": adopt["nodePool"],
        "ecology-nodes-user-n2-highmem-8-g1": "",
    }


def test_only_what_cannot_be_rebuilt_is_protected(program: tuple[str, Recorded]) -> None:
    name, recorded = program
    protected = {m.name for m in resources(recorded) if m.request.protect}
    assert protected == ({"ecology-registry-repository"} if name == "ecology" else set())


def test_a_trial_hub_can_be_destroyed_without_unprotecting() -> None:
    recorded = run("ecology", stack_text("ecology", stage="staging"))
    assert not any(m.request.protect for m in resources(recorded))


FIXED = {
    "kubernetes:core/v1:Namespace",
    "kubernetes:core/v1:Secret",
    "kubernetes:helm.sh/v3:Release",
    "gcp:serviceaccount/account:Account",
    "gcp:dns/recordSet:RecordSet",
    "aws:iam/role:Role",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:route53/record:Record",
}


def test_fixed_names_are_freed_first_but_pools_are_replaced_before_they_go(
    program: tuple[str, Recorded],
) -> None:
    _, recorded = program
    first = {m.type for m in resources(recorded) if m.request.deleteBeforeReplace}
    assert first == FIXED & {m.type for m in resources(recorded)}


def test_what_the_autoscaler_changed_or_only_a_drain_could_change_stays(
    program: tuple[str, Recorded],
) -> None:
    _, recorded = program
    ignored = {m.type: list(m.request.ignoreChanges) for m in resources(recorded)}
    expected = {
        "gcp:container/nodePool:NodePool": ["initialNodeCount", "nodeConfig.resourceLabels"],
        "aws:eks/nodeGroup:NodeGroup": ["scalingConfig", "launchTemplate.version"],
        "aws:ec2/launchTemplate:LaunchTemplate": ["tagSpecifications"],
    }
    assert {t: i for t, i in ignored.items() if i} == {
        t: i for t, i in expected.items() if t in ignored
    }


def test_releases_wait_for_nodes_registry_records_and_each_other(
    program: tuple[str, Recorded],
) -> None:
    name, recorded = program
    first = {
        "demo": ["demo-namespace"],
        "ecology": [
            "ecology-namespace",
            "ecology-nodes-user-g1",
            "ecology-registry-writer",
            "ecology-hub-dns",
            "ecology-binder-dns",
        ],
        "climate": [
            "climate-namespace",
            "climate-nodes-user-g1",
            "climate-registry-policy",
            "climate-registry-token",
            "climate-hub-dns",
            "climate-binder-dns",
        ],
    }[name]
    order = ["registry-helper", "jupyterhub", "binderhub-service"][0 if name == "climate" else 1 :]
    releases = [recorded.one(f"{name}-releases-{release}") for release in order]
    for release in releases:
        for other in first:
            assert release.after(recorded.one(other)), f"{release.name} before {other}"
    for before, after in itertools.pairwise(releases):
        assert after.after(before)


def test_a_failed_release_is_rolled_back_and_waited_for(program: tuple[str, Recorded]) -> None:
    name, recorded = program
    for release in recorded.of("kubernetes:helm.sh/v3:Release"):
        inputs = release.plain
        assert inputs["atomic"] and inputs["cleanupOnFail"] and not inputs["skipAwait"]
        assert inputs["timeout"] >= 900
        assert inputs["version"] and inputs["repositoryOpts"]["repo"]
        assert inputs["namespace"] == name
        assert release.name.endswith(f"-{inputs['name']}")


def test_outputs_are_plain_and_say_what_to_do_next(program: tuple[str, Recorded]) -> None:
    name, recorded = program
    out = recorded.outputs
    assert out["hubUrl"] == f"https://hub.{name}.example.org/"
    assert out["binderUrl"] == f"https://binder.{name}.example.org/"
    assert out["namespace"] == name
    assert f"hubctl smoke {name}" in out["nextStep"]
    assert (
        out["imagePrefix"]
        == {
            "demo": "quay.io/binder-demo/demo-",
            "ecology": "us-west2-docker.pkg.dev/research-123/binder-ecology/ecology-",
            "climate": "123456789012.dkr.ecr.us-west-2.amazonaws.com/climate/",
        }[name]
    )
    entered = [(r["name"], r["type"], r["value"]) for r in out.get("dnsRecords", [])]
    hosts = ["hub.demo.example.org", "binder.demo.example.org"] if name == "demo" else []
    assert entered == [(host, "A", "203.0.113.10") for host in hosts]


def test_every_example_is_about_fifteen_lines_and_names_its_schema() -> None:
    for path in STACKS:
        lines = path.read_text().splitlines()
        assert lines[0] == "# yaml-language-server: $schema=../docs/stack.schema.json"
        assert len(lines) <= 30


def test_the_program_itself_stays_short() -> None:
    assert len((Path(__file__).parents[2] / "__main__.py").read_text().splitlines()) <= 40


def test_what_existed_before_is_taken_over_and_protected() -> None:
    pool = "research-123/us-west2/research/ecology-g1"
    adopt = {
        "namespace": "ecology",
        "nodePool": pool,
        "releases": {"jupyterhub": "ecology/jupyterhub"},
    }
    recorded = run("ecology", stack_text("ecology", stage="staging", adopt=adopt))
    assert recorded.error is None
    taken = {m.name: m.request.importId for m in resources(recorded) if m.request.importId}
    assert taken == {
        "ecology-namespace": "ecology",
        "ecology-nodes-user-g1": pool,
        "ecology-releases-jupyterhub": "ecology/jupyterhub",
    }
    assert {m.name for m in resources(recorded) if m.request.protect} == set(taken)
    hidden = {m.name: list(m.request.hideDiffs) for m in resources(recorded) if m.request.hideDiffs}
    assert hidden == {"ecology-releases-jupyterhub": ["values"]}, "they come with secrets in clear"
    ignored = recorded.one("ecology-nodes-user-g1").request.ignoreChanges
    assert ignored == ["initialNodeCount", "nodeConfig.resourceLabels"]
