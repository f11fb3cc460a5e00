"""What a stack file leaves out is looked up; what cannot be found is said in one sentence."""

from __future__ import annotations

import pulumi
import pytest
import yaml

from tests.components.program import Recorded, run
from tests.components.test_program import stack_text

READ = "pulumi:pulumi:readStackOutputs"


def section(name: str, key: str) -> dict[str, object]:
    """A section of one of the examples, to change."""
    return dict(yaml.safe_load(stack_text(name))["config"][f"binderhub:{key}"])


def without(name: str, *keys: str) -> dict[str, object]:
    return {k: v for k, v in section(name, "cluster").items() if k not in keys}


def message(recorded: Recorded) -> str:
    assert isinstance(recorded.error, pulumi.RunError), recorded.error
    return str(recorded.error)


def test_an_account_left_out_is_the_callers_everywhere() -> None:
    recorded = run("climate", stack_text("climate", cluster=without("climate", "account")))
    assert recorded.error is None
    assert "<aws-account>" not in str([m.plain for m in recorded.made.values()])
    group = recorded.one("climate-nodes-user-g1").plain
    assert group["nodeRoleArn"] == "arn:aws:iam::210987654321:role/binder-climate-nodes"
    helper = recorded.one("climate-releases-registry-helper").plain["values"]
    assert "arn:aws:iam::210987654321:role/binder-climate-registry" in str(helper)
    assert [line for line in recorded.log if "cluster.account is left out" in line]


def test_a_project_left_out_is_the_callers_everywhere() -> None:
    recorded = run("ecology", stack_text("ecology", cluster=without("ecology", "project")))
    assert recorded.error is None
    assert "<gcp-project>" not in str([m.plain for m in recorded.made.values()])
    assert recorded.one("ecology-nodes-user-g1").plain["project"] == "looked-up-1"


def test_a_given_account_is_enforced_on_the_credentials() -> None:
    recorded = run("climate", stack_text("climate"))
    assert recorded.one("climate-aws").plain["allowedAccountIds"] == '["123456789012"]'


def test_another_stack_supplies_what_the_section_leaves_out() -> None:
    cluster = {
        "provider": "gcp",
        "stackReference": "org/infra/prod",
        "location": "us-west2",
        "ingress": {"className": "traefik"},
    }
    supplied = {
        "name": "research",
        "project": "research-123",
        "location": "europe-west1",
        "ingress": {"address": "203.0.113.99", "className": "nginx"},
    }
    answers = {READ: {"outputs": {"cluster": supplied}, "secretOutputNames": []}}
    recorded = run("ecology", stack_text("ecology", cluster=cluster), answers=answers)
    assert recorded.error is None
    assert recorded.one("ecology-nodes-user-g1").plain["location"] == "us-west2", "the file wins"
    assert recorded.one("ecology-hub-dns").plain["rrdatas"] == ["203.0.113.99"]
    ingress = recorded.one("ecology-releases-jupyterhub").plain["values"]["ingress"]
    assert ingress["ingressClassName"] == "traefik", "the file wins inside ingress too"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Exception("unknown stack"), "unknown stack"),
        ({"outputs": {"other": 1}, "secretOutputNames": []}, "no output 'cluster'"),
        ({"outputs": {"cluster": {}}, "secretOutputNames": ["cluster"]}, "holds a secret"),
        ({"outputs": {"cluster": {"nme": "x"}}, "secretOutputNames": []}, "cluster.nme"),
        ({"outputs": {"cluster": {}}, "secretOutputNames": []}, "no name"),
    ],
)
def test_a_stack_that_supplies_nothing_usable_is_said(answer: object, told: str) -> None:
    cluster = {"provider": "gcp", "stackReference": "org/infra/prod"}
    recorded = run("ecology", stack_text("ecology", cluster=cluster), answers={READ: answer})
    assert told in message(recorded)
    assert [token for token, _, _ in recorded.calls if token != READ] == []


@pytest.mark.parametrize(
    ("name", "token", "answer", "told"),
    [
        ("ecology", "gcp:container/getCluster:getCluster", {}, "does not exist"),
        ("ecology", "gcp:container/getCluster:getCluster", Exception("403"), "403"),
        ("climate", "aws:eks/getCluster:getCluster", Exception("no cluster"), "no cluster"),
        (
            "climate",
            "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider",
            Exception("404"),
            "associate-iam-oidc-provider",
        ),
        ("climate", "aws:route53/getZone:getZone", Exception("no zone"), "domains.dns.zone"),
        (
            "climate",
            "aws:eks/getNodeGroups:getNodeGroups",
            Exception("AccessDenied"),
            "eks:ListNodegroups, eks:DescribeNodegroup",
        ),
    ],
)
def test_a_look_up_that_fails_names_the_key_and_the_fix(
    name: str, token: str, answer: object, told: str
) -> None:
    said = message(run(name, stack_text(name), answers={token: answer}))
    assert told in said
    assert "Check" in said or "Make it once" in said


def test_nodes_stay_in_the_zones_that_the_file_names() -> None:
    zones = {"subnet-a": "us-west-2a", "subnet-b": "us-west-2b"}
    answers = {"aws:ec2/getSubnet:getSubnet": lambda args: {"availabilityZone": zones[args["id"]]}}
    text = stack_text("climate", nodes={"zones": ["us-west-2b"]})
    recorded = run("climate", text, answers=answers)
    assert recorded.one("climate-nodes-user-g1").plain["subnetIds"] == ["subnet-b"]
    text = stack_text("climate", nodes={"zones": ["us-west-2c"]})
    assert "us-west-2a, us-west-2b" in message(run("climate", text, answers=answers))


def test_an_address_is_read_from_a_service() -> None:
    cluster = {
        **without("ecology", "ingress"),
        "ingress": {"service": {"namespace": "in", "name": "lb"}},
    }
    status = {"status": {"loadBalancer": {"ingress": [{"ip": "198.51.100.20"}]}}}
    text = stack_text("ecology", cluster=cluster)
    recorded = run("ecology", text, answers={"kubernetes:core/v1:Service": status})
    assert recorded.error is None
    record = recorded.one("ecology-hub-dns").plain
    assert (record["type"], record["rrdatas"]) == ("A", ["198.51.100.20"])
    none = {"status": {"loadBalancer": {}}}
    said = message(run("ecology", text, answers={"kubernetes:core/v1:Service": none}))
    assert "in/lb has no address yet" in said


def test_an_alias_points_at_the_zone_of_its_load_balancer() -> None:
    domains = section("climate", "domains")
    domains["dns"] = {"provider": "route53", "zone": "example.org", "alias": True}
    recorded = run("climate", stack_text("climate", domains=domains))
    record = recorded.one("climate-hub-dns").plain
    assert record["type"] == "A" and "records" not in record
    assert record["aliases"] == [
        {
            "name": "lb-1.elb.us-west-2.amazonaws.com",
            "zoneId": "ZLB",
            "evaluateTargetHealth": False,
        }
    ]
    asked = next(args for token, args, _ in recorded.calls if "getHostedZoneId" in token)
    assert asked == {"loadBalancerType": "network", "region": "us-west-2"}


def test_a_given_context_asks_no_cloud_for_the_cluster() -> None:
    cluster = {**section("ecology", "cluster"), "kubeContext": "mine"}
    recorded = run("ecology", stack_text("ecology", cluster=cluster))
    assert recorded.calls == []
    provider = recorded.one("ecology-kubernetes").plain
    assert provider["context"] == "mine" and "kubeconfig" not in provider
