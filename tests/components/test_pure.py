"""Decisions that need no Pulumi: policies, tags, kubeconfigs, records, labels."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from components import dns_records, kubeconfig, labels
from components.aws import policies
from components.aws import shapes as aws_shapes
from components.cluster import exposure
from components.gcp import shapes as gcp_shapes
from components.inputs.config import decode
from components.inputs.stack_reference import merged
from model.derived.pools import pools, user_pool
from model.derived.resolved import ResolvedHub
from model.hub import Hub
from model.sections.cluster import ServiceRef
from model.stackfile.read import read_text
from tests.components.program import ROOT
from tests.examples import STACKS, path_of

KUBERNETES = {"provider": "kubernetes", "name": "lab"}


def hub(name: str, **sections: Any) -> Hub:
    """One of the examples, with sections replaced."""
    document = yaml.safe_load(path_of(name).read_text())
    document["config"] |= {f"binderhub:{k}": v for k, v in sections.items()}
    stack = read_text(name, yaml.safe_dump(document))
    assert stack.hub is not None and stack.ok, [f.text() for f in stack.findings]
    return stack.hub


def statements(document: str) -> list[dict[str, Any]]:
    return list(json.loads(document)["Statement"])


def test_the_helper_touches_images_of_this_hub_only() -> None:
    images, login = statements(policies.helper_policy(hub("climate")))
    assert images["Resource"] == "arn:aws:ecr:us-west-2:123456789012:repository/climate/*"
    assert login["Action"] == "ecr:GetAuthorizationToken"
    for needed in ("DescribeImages", "CreateRepository", "PutLifecyclePolicy", "PutImage"):
        assert f"ecr:{needed}" in images["Action"]
    assert not [a for a in images["Action"] if "*" in a or "Delete" in a]


def test_no_other_service_account_can_take_the_role() -> None:
    (trust,) = statements(
        policies.service_account_trust(
            oidc_provider_arn="arn:x",
            issuer="https://oidc.example/id/A",
            namespace="ns",
            service_account="registry-helper",
        )
    )
    assert trust["Condition"] == {
        "StringEquals": {
            "oidc.example/id/A:aud": "sts.amazonaws.com",
            "oidc.example/id/A:sub": "system:serviceaccount:ns:registry-helper",
        }
    }


def test_nodes_of_strangers_code_have_three_read_policies_at_most() -> None:
    assert {arn.rpartition("/")[2] for arn in policies.NODE_POLICIES.values()} == {
        "AmazonEKSWorkerNodePolicy",
        "AmazonEKS_CNI_Policy",
        "AmazonEC2ContainerRegistryReadOnly",
    }
    roles = gcp_shapes.node_roles(hub("ecology"))
    assert {role for _, role in roles.values()} == {
        "roles/artifactregistry.reader",
        "roles/logging.logWriter",
        "roles/monitoring.metricWriter",
    }


def test_nodes_read_images_in_the_project_that_keeps_them() -> None:
    elsewhere = hub("ecology", registry={"kind": "artifact-registry", "project": "images-456"})
    assert gcp_shapes.node_roles(elsewhere)["images"][0] == "images-456"
    assert gcp_shapes.node_roles(elsewhere)["logs"][0] == "research-123"


def test_an_empty_pool_can_grow_because_its_tags_describe_a_node() -> None:
    tags = dict(aws_shapes.scale_tags(user_pool(hub("climate"))).values())
    prefix = "k8s.io/cluster-autoscaler/node-template"
    assert tags[f"{prefix}/label/hub.jupyter.org/node-purpose"] == "user"
    assert tags[f"{prefix}/label/hub.jupyter.org/hub"] == "climate"
    assert tags[f"{prefix}/taint/hub.jupyter.org/dedicated"] == "user:NoSchedule"
    assert tags[f"{prefix}/taint/hub.jupyter.org_dedicated"] == "user:NoSchedule"


def test_the_clouds_spell_taints_their_own_way() -> None:
    assert gcp_shapes.taints(user_pool(hub("ecology"))) == [
        {"key": "hub.jupyter.org_dedicated", "value": "user", "effect": "NO_SCHEDULE"}
    ]
    keys = [t["key"] for t in aws_shapes.taints(user_pool(hub("climate")))]
    assert keys == ["hub.jupyter.org/dedicated", "hub.jupyter.org_dedicated"]


@pytest.mark.parametrize(
    ("least", "zones", "location", "expected"),
    [
        (0, None, "us-west2", 0),
        (4, None, "us-west2", 2),
        (4, None, "us-west2-a", 4),
        (3, ("us-west2-a", "us-west2-b"), "us-west2", 2),
    ],
)
def test_a_pool_starts_with_its_minimum(
    least: int, zones: tuple[str, ...] | None, location: str, expected: int
) -> None:
    pool = replace(user_pool(hub("ecology")), min=least, zones=zones)
    assert gcp_shapes.initial_node_count(pool, location) == expected


def test_a_raised_generation_gives_a_new_name_so_that_the_new_pool_comes_first() -> None:
    names = [
        {p.name for p in pools(hub("ecology", nodes={"generation": n, "builders": {}}))}
        for n in (1, 2)
    ]
    assert not names[0] & names[1]


def test_no_token_is_written_into_a_kubeconfig() -> None:
    gke = yaml.safe_load(kubeconfig.gke(name="a", endpoint="198.51.100.7", ca="Q0E="))
    eks = yaml.safe_load(
        kubeconfig.eks(name="b", region="us-west-2", endpoint="https://b.example", ca="Q0E=")
    )
    assert gke["clusters"][0]["cluster"]["server"] == "https://198.51.100.7"
    assert eks["clusters"][0]["cluster"]["server"] == "https://b.example"
    for document, command in ((gke, "gke-gcloud-auth-plugin"), (eks, "aws")):
        (user,) = document["users"]
        assert set(user["user"]) == {"exec"}
        assert user["user"]["exec"]["command"] == command
        assert document["current-context"] == document["contexts"][0]["name"]
    args = eks["users"][0]["user"]["exec"]["args"]
    assert args[args.index("--cluster-name") + 1] == "b"
    assert args[args.index("--region") + 1] == "us-west-2"


def test_a_host_name_ends_with_a_dot_or_cloud_dns_appends_the_zone() -> None:
    assert (
        dns_records.absolute(dns_records.Target(type="CNAME", value="lb.example.org"))
        == "lb.example.org."
    )
    assert (
        dns_records.absolute(dns_records.Target(type="A", value="203.0.113.10")) == "203.0.113.10"
    )


SERVICE = ServiceRef(namespace="in", name="lb")


def test_a_status_is_read_whichever_way_the_sdk_spells_it() -> None:
    spelled = [
        {"loadBalancer": {"ingress": [{"hostname": "lb.example.org"}]}},
        {"load_balancer": {"ingress": [{"hostname": "lb.example.org", "ip": None}]}},
        SimpleNamespace(
            load_balancer=SimpleNamespace(
                ingress=[SimpleNamespace(ip=None, hostname="lb.example.org")]
            )
        ),
    ]
    for status in spelled:
        assert dns_records.status_target(status, SERVICE) == ("CNAME", "lb.example.org")
    with pytest.raises(LookupError, match="in/lb has no address yet"):
        dns_records.status_target({}, SERVICE)


def test_manual_records_without_a_known_target_say_so() -> None:
    trial = hub("demo", cluster=KUBERNETES)
    values = {r["value"] for r in dns_records.to_enter(trial, None)}
    assert values == {dns_records.UNKNOWN_TARGET}
    assert "dnsRecords" in dns_records.next_step(trial)


@pytest.mark.parametrize(
    ("hostname", "expected"),
    [
        ("lb-1.elb.us-west-2.amazonaws.com", ("us-west-2", "network")),
        ("lb-1.us-west-2.elb.amazonaws.com", ("us-west-2", "application")),
        ("lb.example.org", None),
    ],
)
def test_an_alias_zone_is_never_that_of_another_kind_of_load_balancer(
    hostname: str, expected: tuple[str, str] | None
) -> None:
    found = aws_shapes.load_balancer(hostname)
    assert (found and (found.region, found.type)) == expected


def test_a_zone_without_subnet_gets_no_nodes() -> None:
    placed = {"s-2": "us-west-2b", "s-1": "us-west-2a", "s-3": "us-west-2a"}
    assert aws_shapes.in_zones(placed, ["us-west-2a"]) == ["s-1", "s-3"]
    assert aws_shapes.in_zones(placed, ["us-west-2c"]) == []


def test_a_route_is_made_only_where_the_chart_has_none() -> None:
    gateway = {"name": "public", "namespace": "infra", "sectionName": "https"}
    cluster = {**KUBERNETES, "ingress": {"gateway": gateway}}
    on_gateway = hub("demo", cluster=cluster)
    assert exposure.needed(ResolvedHub(on_gateway))
    assert not exposure.needed(ResolvedHub(hub("demo")))
    without_domains = {
        **KUBERNETES,
        "loadBalancer": {"hub": "203.0.113.1", "binder": "203.0.113.2"},
    }
    assert exposure.needed(ResolvedHub(hub("demo", cluster=without_domains, domains={})))


def test_labels_are_spelt_so_that_both_clouds_take_them() -> None:
    for key, value in labels.cloud_labels(hub("ecology")).items():
        for text in (key, value):
            assert text == text.lower() and len(text) <= 63
            assert set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_")


def test_builds_are_let_in_where_pod_security_is_enforced() -> None:
    assert (
        labels.namespace_labels(hub("demo"))["pod-security.kubernetes.io/enforce"] == "privileged"
    )


def test_the_stack_file_wins_over_what_another_stack_supplies() -> None:
    low = {"name": "a", "location": "x", "ingress": {"address": "1.2.3.4", "className": "n"}}
    high = {"location": "y", "ingress": {"className": "t"}, "stackReference": "o/p/s"}
    assert merged(low, high) == {
        "name": "a",
        "location": "y",
        "ingress": {"address": "1.2.3.4", "className": "t"},
    }
    assert low["ingress"] == {"address": "1.2.3.4", "className": "n"}, "its input stays"


def test_secrets_and_other_packages_keys_are_not_looked_at() -> None:
    sections, secrets = decode(
        {
            "binderhub:nodes": '{"max": 3}',
            "binderhub:stage": "true",
            "gcp:project": "p",
            "binderhub:githubToken": "hunter2",
        },
        {"binderhub:githubToken"},
    )
    assert sections == {"nodes": {"max": 3}, "stage": "true", "githubToken": None}
    assert secrets == {"githubToken"}


def test_a_declared_default_means_left_out() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    defaults = {k: d["default"] for k, d in declared.items() if "default" in d}
    for path in STACKS:
        document = yaml.safe_load(path.read_text())
        name = path.name.split(".")[1]
        plain = read_text(name, yaml.safe_dump(document))
        for key, value in defaults.items():
            document["config"].setdefault(f"binderhub:{key}", value)
        filled = read_text(name, yaml.safe_dump(document))
        assert filled.hub == plain.hub
        assert [f.text() for f in filled.findings] == [f.text() for f in plain.findings]


def test_every_section_that_can_be_declared_is_declared_and_described() -> None:
    from model.hub import SECTIONS

    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    assert set(SECTIONS) - set(declared) == {"namespace", "secretsFile"}
    assert set(declared) <= set(SECTIONS)
    assert all(d["description"] for d in declared.values())
    required = {k for k, d in declared.items() if "default" not in d}
    assert required == {"cluster", "auth", "registry"}
