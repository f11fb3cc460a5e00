"""The AWS stand-in: requests really made against moto, wrong ones are errors that say where."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from lab.providers.aws import policies
from lab.providers.aws.provider import AwsProvider
from lab.providers.sdk.property_values import UNKNOWN, Props
from lab.providers.sdk.provider import StandinError
from lab.providers.sdk.records import Records
from lab.providers.sdk.seed import AwsSeed, CloudSeed, records_dir
from tests.lab.providers.asking import ask, changed, check, difference, make

GROUP = "aws:eks/nodeGroup:NodeGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/rolePolicy:RolePolicy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
TAG = "aws:autoscaling/tag:Tag"
RECORD = "aws:route53/record:Record"

# The SDK warns about other types of its own when it is imported.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SEED = CloudSeed(
    endpoint="https://127.0.0.1:6443",
    ca="Q0E=",
    aws=AwsSeed(
        account="123456789012", region="us-west-2", cluster="climate", hosted_zones=("example.org",)
    ),
)
ROLE_ARN = "arn:aws:iam::123456789012:role/climate-node"
ASG_TAG = "k8s.io/cluster-autoscaler/node-template/label/hub.jupyter.org/node-purpose"


def trust(**changes: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return {"Version": "2012-10-17", "Statement": [{**statement, **changes}]}


def permissions(**changes: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [{**statement, **changes}]}


GOOD: dict[str, Props] = {
    GROUP: {
        "clusterName": "climate",
        "nodeGroupName": "climate-user-1",
        "nodeRoleArn": ROLE_ARN,
        "subnetIds": ["subnet-1"],
        "instanceTypes": ["r5.xlarge"],
        "amiType": "AL2023_x86_64_STANDARD",
        "labels": {"hub.jupyter.org/node-purpose": "user"},
        "scalingConfig": {"minSize": 0, "desiredSize": 0, "maxSize": 50},
        "taints": [
            {"key": "hub.jupyter.org/dedicated", "value": "user", "effect": "NO_SCHEDULE"},
            {"key": "hub.jupyter.org_dedicated", "value": "user", "effect": "NO_SCHEDULE"},
        ],
        "launchTemplate": {"id": "lt-1", "version": "1"},
    },
    TEMPLATE: {
        "name": "climate-user",
        "updateDefaultVersion": True,
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        "blockDeviceMappings": [
            {
                "deviceName": "/dev/xvda",
                "ebs": {"volumeSize": 80, "volumeType": "gp3", "encrypted": "true"},
            }
        ],
    },
    ROLE: {"name": "climate-node", "assumeRolePolicy": json.dumps(trust())},
    POLICY: {"role": "climate-node", "name": "p", "policy": json.dumps(permissions())},
    ATTACHMENT: {
        "role": "climate-node",
        "policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
    },
    TAG: {
        "autoscalingGroupName": "eks-1",
        "tag": {"key": ASG_TAG, "value": "user", "propagateAtLaunch": False},
    },
    RECORD: {
        "zoneId": "Z1",
        "name": "hub.example.org",
        "type": "CNAME",
        "ttl": 300,
        "records": ["lb-1.elb.us-west-2.amazonaws.com"],
    },
}


class Lab:
    """Provider processes, one after another, on the same seed and records."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_text(SEED.to_json())
        self.provider = self.restart()

    def restart(self) -> AwsProvider:
        """A fresh provider; the server forgets everything, as a new process would."""
        self.provider = AwsProvider()
        tags = json.dumps({"tags": {"managed-by": "pulumi"}})
        self.provider.configure({"region": "us-west-2", "defaultTags": tags})
        return self.provider

    def make(self, type: str, inputs: Props | None = None) -> tuple[str, Props]:
        return make(self.provider, type, inputs or GOOD[type])

    def lookup(self, token: str, **args: Any) -> Props:
        return self.provider.invoke(token, args)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """One moto server for the module; starting one takes seconds."""
    from lab.providers.aws import cloud

    with pytest.MonkeyPatch.context() as patch:
        assert SEED.aws is not None
        for key, value in cloud.server_environment(SEED.aws).items():
            patch.setenv(key, value)
        yield cloud.start_server(SEED.aws)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endpoint: str) -> Lab:
    requests.post(f"{endpoint}/moto-api/reset", timeout=30).raise_for_status()
    monkeypatch.setenv("LAB_AWS_ENDPOINT", endpoint)
    monkeypatch.setenv("LAB_CLOUD_SEED", str(tmp_path / "seed.json"))
    return Lab(tmp_path / "seed.json")


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AwsProvider:
    """A provider that must not need its server: checks and differences."""
    monkeypatch.setenv("LAB_AWS_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("LAB_CLOUD_SEED", str(tmp_path / "seed.json"))
    return Lab(tmp_path / "seed.json").provider


def bring_up(lab: Lab) -> tuple[str, Props, Props]:
    """A node group with all it needs: id, checked inputs, outputs."""
    lab.make(ROLE)
    lab.make(ATTACHMENT)
    template, made = lab.make(TEMPLATE)
    subnets = lab.lookup("aws:ec2/getSubnets:getSubnets")["ids"]
    wanted = lab.lookup("aws:eks/getCluster:getCluster", name="climate")["vpcConfig"]["subnetIds"]
    assert set(wanted) <= set(subnets)
    inputs = copy.deepcopy(GOOD[GROUP])
    inputs["subnetIds"] = [wanted[0]]
    inputs["launchTemplate"] = {"id": template, "version": str(made["latestVersion"])}
    id, outputs = lab.make(GROUP, inputs)
    return id, inputs, outputs


@pytest.mark.parametrize("type", GOOD)
def test_every_type_of_a_hub_passes_its_own_check(offline: AwsProvider, type: str) -> None:
    assert check(offline, type, GOOD[type])[1] == []


@pytest.mark.parametrize(
    ("type", "path", "value", "said"),
    [
        (GROUP, "nodegroupName", "x", "nodegroupName"),
        (GROUP, "scalingConfig.maxSize", "50", "maxSize"),
        (GROUP, "scalingConfig.maxSize", -1, "scalingConfig"),
        (GROUP, "scalingConfig.minSize", 60, "minSize is more"),
        (GROUP, "amiType", "AL2023", "amiType"),
        (GROUP, "capacityType", "CHEAP", "capacityType"),
        (GROUP, "instanceTypes", ["n2-highmem-4"], "instanceTypes[0]"),
        (GROUP, "taints.0.effect", "NoSchedule", "effect"),
        (GROUP, "taints.0.key", "not a key", "taints[0]"),
        (GROUP, "labels", {"x": "not a value"}, "labels"),
        (GROUP, "diskSize", 80, "diskSize"),
        (GROUP, "nodeGroupName", "g" * 64, "nodeGroupName"),
        (GROUP, "nodeRoleArn", None, "nodeRoleArn"),
        (TEMPLATE, "metadataOptions.httpTokens", "yes", "HttpTokens"),
        (TEMPLATE, "metadataOptions.hopLimit", 1, "metadataOptions.hopLimit"),
        (TEMPLATE, "blockDeviceMappings.0.ebs.volumeType", "pd-ssd", "VolumeType"),
        (TEMPLATE, "userData", "#!/bin/sh", "userData"),
        (ROLE, "name", "not a name", "RoleName"),
        (ROLE, "assumeRolePolicy", "{", "assumeRolePolicy"),
        (ROLE, "assumeRolePolicy", json.dumps(trust(Action="ecr:*")), "Action"),
        (POLICY, "policy", json.dumps(permissions(Action="ecr:GetToken")), "ecr:GetToken"),
        (ATTACHMENT, "policyArn", "short", "PolicyArn"),
        (TAG, "tag.propagate", True, "tag.propagate"),
        (RECORD, "type", "ANAME", "'ANAME'"),
        (RECORD, "ttl", None, "ttl"),
        (RECORD, "records", None, "records"),
    ],
)
def test_a_wrong_name_type_or_value_is_refused(
    offline: AwsProvider, type: str, path: str, value: Any, said: str
) -> None:
    inputs = changed(GOOD[type], path, value)
    _, failures = check(offline, type, inputs)
    assert any(said in f"{f.property}: {f.reason}" for f in failures), failures


def test_an_address_record_needs_an_address(offline: AwsProvider) -> None:
    inputs = {**GOOD[RECORD], "type": "A"}
    _, failures = check(offline, RECORD, inputs)
    assert [f.property for f in failures] == ["records[0]"]


@pytest.mark.parametrize(
    ("document", "is_trust", "where"),
    [
        (trust(Effect="allow"), True, "Effect"),
        (trust(Resource="*"), True, "Resource"),
        (trust(Principal={"Service": "ec2"}), True, "Principal.Service"),
        (trust(Principal={"Federated": "arn:aws:iam::1:oidc-provider/x"}), True, "Federated"),
        (trust(Condition={"StringEqual": {"a:sub": "x"}}), True, "Condition.StringEqual"),
        (trust(Condition={"StringEquals": {"sub": "x"}}), True, "StringEquals.sub"),
        ({**trust(), "Version": "2012-10-18"}, True, "Version"),
        ({**trust(), "Statements": []}, True, "Statements"),
        (permissions(Principal="*"), False, "Principal"),
        (permissions(Resource="repository/x"), False, "Resource"),
        (permissions(Actions=["x"]), False, "Actions"),
        (permissions(Action=[]), False, "Statement[0]"),
    ],
)
def test_a_policy_document_outside_the_grammar_is_refused(
    document: Any, is_trust: bool, where: str
) -> None:
    failures = policies.check("policy", json.dumps(document), trust=is_trust)
    assert any(where in f.property for f in failures), failures


def test_the_irsa_trust_policy_of_a_hub_is_accepted() -> None:
    provider = "oidc.eks.us-west-2.amazonaws.com/id/ABC"
    document = trust(
        Principal={"Federated": f"arn:aws:iam::123456789012:oidc-provider/{provider}"},
        Action="sts:AssumeRoleWithWebIdentity",
        Condition={"StringEquals": {f"{provider}:sub": "system:serviceaccount:hub:helper"}},
    )
    assert policies.check("p", document, trust=True) == []


def test_unknown_values_of_a_preview_are_no_failure(offline: AwsProvider) -> None:
    inputs = {**GOOD[GROUP], "nodeRoleArn": UNKNOWN, "subnetIds": UNKNOWN}
    checked, failures = check(offline, GROUP, inputs)
    assert failures == []
    assert (
        offline.handler(GROUP).create(ask(GROUP, checked, preview=True))[1]["resources"] is UNKNOWN
    )


def test_outputs_are_those_of_the_official_provider(lab: Lab) -> None:
    id, _, group = bring_up(lab)
    assert id == "climate:climate-user-1"
    name = group["resources"][0]["autoscalingGroups"][0]["name"]
    assert name.startswith("eks-")
    assert group["tagsAll"] == {"managed-by": "pulumi"}
    assert lab.make(TAG, {**GOOD[TAG], "autoscalingGroupName": name})[0] == f"{name},{ASG_TAG}"
    zone = lab.lookup("aws:route53/getZone:getZone", name="example.org")["zoneId"]
    _, record = lab.make(RECORD, {**GOOD[RECORD], "zoneId": zone})
    assert record["fqdn"] == "hub.example.org"


def test_what_is_missing_in_the_cloud_is_an_error(lab: Lab) -> None:
    with pytest.raises(StandinError, match="does not exist"):
        lab.make(GROUP)
    with pytest.raises(StandinError, match="NoSuchEntity"):
        lab.make(POLICY)
    with pytest.raises(StandinError, match="does not exist"):
        lab.make(TAG)
    with pytest.raises(StandinError, match="NoSuchHostedZone"):
        lab.make(RECORD)
    lab.make(ROLE)
    with pytest.raises(StandinError, match="AmazonEKSWorkerNode"):
        lab.make(ATTACHMENT, {**GOOD[ATTACHMENT], "policyArn": GOOD[ATTACHMENT]["policyArn"][:-6]})
    with pytest.raises(StandinError, match="EntityAlreadyExists"):
        lab.make(ROLE)


def test_a_cname_at_the_apex_of_a_zone_is_an_error(lab: Lab) -> None:
    zone = lab.lookup("aws:route53/getZone:getZone", name="example.org")["zoneId"]
    with pytest.raises(StandinError, match="apex"):
        lab.make(RECORD, {**GOOD[RECORD], "zoneId": zone, "name": "example.org"})


def test_a_record_can_be_made_again_in_any_order_but_not_twice(lab: Lab) -> None:
    zone = lab.lookup("aws:route53/getZone:getZone", name="example.org")["zoneId"]
    hosts = ("hub.example.org", "binder.example.org")
    for order in (hosts, hosts, tuple(reversed(hosts))):
        made = [(h, {**GOOD[RECORD], "zoneId": zone, "name": h}) for h in order]
        for _, inputs in made:
            lab.make(RECORD, inputs)
        with pytest.raises(StandinError, match="already exists"):
            lab.make(RECORD, made[0][1])
        for host, inputs in made:
            lab.provider.handler(RECORD).delete(
                ask(RECORD, id=f"{zone}_{host}_CNAME", old_inputs=inputs, state={})
            )


def test_what_exists_survives_a_new_server_under_the_same_ids(lab: Lab, endpoint: str) -> None:
    id, inputs, before = bring_up(lab)
    requests.post(f"{endpoint}/moto-api/reset", timeout=30).raise_for_status()
    lab.restart()
    found = lab.provider.handler(GROUP).read(ask(GROUP, id=id))
    assert found is not None
    assert found.outputs["resources"] == before["resources"]
    cluster = lab.lookup("aws:eks/getCluster:getCluster", name="climate")
    assert inputs["subnetIds"][0] in cluster["vpcConfig"]["subnetIds"]


def test_an_update_reaches_the_cloud_and_a_delete_leaves_nothing(lab: Lab) -> None:
    id, inputs, outputs = bring_up(lab)
    new = copy.deepcopy(inputs)
    new["labels"] = {"other": "label"}
    new["taints"] = new["taints"][:1]
    new["scalingConfig"]["maxSize"] = 7
    lab.provider.handler(GROUP).update(ask(GROUP, new, id=id, old_inputs=inputs, state=outputs))
    handler: Any = lab.provider.handler(GROUP)
    described = handler._describe(id)
    assert described["labels"] == {"other": "label"}
    assert len(described["taints"]) == 1 and described["scalingConfig"]["maxSize"] == 7
    lab.provider.handler(GROUP).delete(ask(GROUP, id=id, old_inputs=new, state=outputs))
    assert lab.provider.handler(GROUP).read(ask(GROUP, id=id)) is None
    groups = handler.cloud.call("autoscaling", "DescribeAutoScalingGroups")
    assert groups["AutoScalingGroups"] == []


def test_the_desired_size_is_sent_with_every_change_of_size(lab: Lab) -> None:
    """As the official provider does; the autoscaler's nodes go when it is an old one."""
    id, inputs, outputs = bring_up(lab)
    grow(lab, id, 7)
    new = copy.deepcopy(inputs)
    new["labels"] = {"other": "label"}
    lab.provider.handler(GROUP).update(ask(GROUP, new, id=id, old_inputs=inputs, state=outputs))
    assert size_of(lab) == 7 and drains(lab) == {}
    newer = copy.deepcopy(new)
    newer["scalingConfig"]["maxSize"] = 60
    lab.provider.handler(GROUP).update(ask(GROUP, newer, id=id, old_inputs=new, state=outputs))
    assert size_of(lab) == 0
    assert drains(lab) == {id: ["desiredSize 7 -> 0"]}


def test_another_version_of_the_template_rolls_the_group(lab: Lab) -> None:
    id, inputs, outputs = bring_up(lab)
    new = copy.deepcopy(inputs)
    new["launchTemplate"]["version"] = "2"
    lab.provider.handler(GROUP).update(ask(GROUP, new, id=id, old_inputs=inputs, state=outputs))
    assert drains(lab) == {id: ["rolled for launchTemplate"]}


def grow(lab: Lab, id: str, nodes: int) -> None:
    """As the autoscaler does."""
    cluster, _, name = id.partition(":")
    handler: Any = lab.provider.handler(GROUP)
    handler.cloud.change(
        "eks",
        "UpdateNodegroupConfig",
        clusterName=cluster,
        nodegroupName=name,
        scalingConfig={"desiredSize": nodes},
    )


def size_of(lab: Lab) -> int:
    asked = {"clusterName": "climate", "nodeGroupName": "climate-user-1"}
    found = lab.lookup("aws:eks/getNodeGroup:getNodeGroup", **asked)
    return int(found["scalingConfigs"][0]["desiredSize"])


def drains(lab: Lab) -> dict[str, list[str]]:
    return Records(records_dir(lab.path) / "aws.json").drains()


def test_a_changed_tag_of_a_template_may_be_a_new_version_and_is_none(lab: Lab) -> None:
    """So the official provider's preview says; the update makes none."""
    id, outputs = lab.make(TEMPLATE)
    tags = json.dumps({"tags": {"managed-by": "pulumi", "stage": "staging"}})
    lab.provider = AwsProvider()
    lab.provider.configure({"region": "us-west-2", "defaultTags": tags})
    same = GOOD[TEMPLATE]
    assert (
        lab.provider.handler(TEMPLATE)
        .diff(ask(TEMPLATE, same, old_inputs=same, state=outputs))
        .changes
    )
    planned = lab.provider.handler(TEMPLATE).update(
        ask(TEMPLATE, same, id=id, old_inputs=same, state=outputs, preview=True)
    )
    assert planned["latestVersion"] is UNKNOWN
    made = lab.provider.handler(TEMPLATE).update(
        ask(TEMPLATE, same, id=id, old_inputs=same, state=outputs)
    )
    assert made["latestVersion"] == 1


def test_a_changed_template_gets_a_new_version(lab: Lab) -> None:
    id, outputs = lab.make(TEMPLATE)
    new = copy.deepcopy(GOOD[TEMPLATE])
    new["blockDeviceMappings"][0]["ebs"]["volumeSize"] = 120
    old = GOOD[TEMPLATE]
    planned = lab.provider.handler(TEMPLATE).update(
        ask(TEMPLATE, new, id=id, old_inputs=old, state=outputs, preview=True)
    )
    assert planned["latestVersion"] is UNKNOWN
    made = lab.provider.handler(TEMPLATE).update(
        ask(TEMPLATE, new, id=id, old_inputs=old, state=outputs)
    )
    assert made["latestVersion"] == 2 and made["defaultVersion"] == 2


@pytest.mark.parametrize(
    ("type", "path", "value", "replaces"),
    [
        (GROUP, "labels", {}, False),
        (GROUP, "scalingConfig.maxSize", 9, False),
        (GROUP, "launchTemplate.version", "2", False),
        (GROUP, "launchTemplate.id", "lt-2", True),
        (GROUP, "instanceTypes", ["r5.2xlarge"], True),
        (GROUP, "subnetIds", ["subnet-2"], True),
        (GROUP, "nodeGroupName", "other", True),
        (TEMPLATE, "userData", "eA==", False),
        (TEMPLATE, "name", "other", True),
        (ROLE, "description", "x", False),
        (ROLE, "name", "other", True),
        (TAG, "tag.value", "x", False),
        (TAG, "tag.key", "x", True),
        (RECORD, "ttl", 60, False),
        (RECORD, "type", "A", False),
        (RECORD, "name", "other", True),
    ],
)
def test_replacement_is_that_of_the_official_provider(
    offline: AwsProvider, type: str, path: str, value: Any, replaces: bool
) -> None:
    result = difference(offline, type, GOOD[type], changed(GOOD[type], path, value))
    assert result.changes and bool(result.replaces) is replaces


def test_a_changed_default_tag_is_a_change(offline: AwsProvider) -> None:
    olds = {"tagsAll": {"managed-by": "somebody"}}
    result = offline.handler(ROLE).diff(
        ask(ROLE, dict(GOOD[ROLE]), old_inputs=GOOD[ROLE], state=olds)
    )
    assert list(result.detailed) == ['tagsAll["managed-by"]'] or result.changes


def test_lookups_answer_with_the_labs_cluster(lab: Lab) -> None:
    cluster = lab.lookup("aws:eks/getCluster:getCluster", name="climate")
    assert cluster["endpoint"] == "https://127.0.0.1:6443"
    assert cluster["certificateAuthorities"] == [{"data": "Q0E="}]
    issuer = cluster["identities"][0]["oidcs"][0]["issuer"]
    oidc = lab.lookup("aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider", url=issuer)
    assert oidc["arn"].startswith("arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-west-2")
    identity = lab.lookup("aws:index/getCallerIdentity:getCallerIdentity")
    assert identity["accountId"] == "123456789012"
    subnet = lab.lookup("aws:ec2/getSubnet:getSubnet", id=cluster["vpcConfig"]["subnetIds"][1])
    assert subnet["availabilityZone"] == "us-west-2b"
    with pytest.raises(StandinError, match="ResourceNotFound"):
        lab.lookup("aws:eks/getCluster:getCluster", name="other")


def test_a_node_group_gets_other_tags(lab: Lab) -> None:
    id, inputs, outputs = bring_up(lab)
    tags = json.dumps({"tags": {"stage": "staging"}})
    lab.provider = AwsProvider()
    lab.provider.configure({"region": "us-west-2", "defaultTags": tags})
    made = lab.provider.handler(GROUP).update(
        ask(GROUP, inputs, id=id, old_inputs=inputs, state=outputs)
    )
    assert made["tagsAll"] == {"stage": "staging"}


def test_lookups_of_node_groups_answer_with_what_is_there(lab: Lab) -> None:
    names = "aws:eks/getNodeGroups:getNodeGroups"
    assert lab.lookup(names, clusterName="climate")["names"] == []
    with pytest.raises(StandinError, match="ResourceNotFound"):
        size_of(lab)
    id, _, _ = bring_up(lab)
    assert lab.lookup(names, clusterName="climate")["names"] == [id.partition(":")[2]]
    grow(lab, id, 3)
    assert size_of(lab) == 3


def test_a_seed_that_names_more_is_caught_up_with(lab: Lab) -> None:
    """The stack file may get another DNS zone or cluster while its lab lives."""
    id, _, _ = bring_up(lab)
    assert SEED.aws is not None
    more = replace(SEED.aws, cluster="second", hosted_zones=("example.org", "example.net"))
    lab.path.write_text(replace(SEED, aws=more).to_json())
    lab.restart()
    lab.lookup("aws:route53/getZone:getZone", name="example.net")
    assert lab.lookup("aws:eks/getCluster:getCluster", name="second")["id"] == "second"
    assert lab.provider.handler(GROUP).read(ask(GROUP, id=id)) is not None


def test_a_hub_may_use_its_zone_from_another_region(lab: Lab) -> None:
    lab.provider.configure({"region": "us-east-1"})
    assert lab.lookup("aws:route53/getZone:getZone", name="example.org")["zoneId"]
    zone = lab.lookup(
        "aws:lb/getHostedZoneId:getHostedZoneId", region="us-west-2", loadBalancerType="network"
    )
    assert zone["id"] == "Z18D5FSROUN65G"


def test_a_server_that_does_not_answer_is_one_sentence(offline: AwsProvider) -> None:
    with pytest.raises(StandinError, match=r"Could not connect|does not answer"):
        offline.handler(ROLE).create(ask(ROLE, GOOD[ROLE]))


def test_a_wrong_account_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_CLOUD_SEED", str(tmp_path / "seed.json"))
    (tmp_path / "seed.json").write_text(SEED.to_json())
    provider = AwsProvider()
    provider.configure({"region": "us-west-2", "allowedAccountIds": '["999999999999"]'})
    with pytest.raises(StandinError, match="allowedAccountIds"):
        check(provider, ROLE, GOOD[ROLE])
