"""What a hub needs to know of its EKS cluster, looked up once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws.node_counts import Sizes
from components.aws.shapes import in_zones
from components.inputs.lookups import ask, found
from model.hub import Hub
from model.sections.cluster import AwsCluster


@dataclass(frozen=True, kw_only=True)
class EksCluster:
    """`ca` is base64; `issuer` is the URL of the cluster's OpenID Connect identity, if it has one."""

    name: str
    region: str
    endpoint: str
    ca: str
    issuer: str | None
    subnets: tuple[str, ...]


def look_up(hub: Hub, invoke: pulumi.InvokeOptions) -> EksCluster:
    """Look the cluster up; `pulumi.RunError` when it cannot be found."""
    cluster = hub.cluster
    assert isinstance(cluster, AwsCluster) and cluster.name
    where = f"EKS cluster {cluster.name!r} in {cluster.location}"
    fix = "Check cluster.name and cluster.location, and that you may see it."
    answer: Any = ask(
        "cluster.name",
        f"{where} cannot be looked up",
        fix,
        lambda: aws.eks.get_cluster(name=cluster.name, opts=invoke),
    )
    auths = answer.certificate_authorities or []
    ca = auths[0]["data"] if auths else None
    issuers = [o["issuer"] for i in answer.identities or [] for o in i["oidcs"] or []]
    given = cluster.subnets or (answer.vpc_config or {}).get("subnet_ids") or []
    return EksCluster(
        name=cluster.name,
        region=cluster.region,
        endpoint=found("cluster.name", f"{where} has no endpoint", fix, answer.endpoint),
        ca=found("cluster.name", f"{where} shows no certificate authority", fix, ca),
        issuer=issuers[0] if issuers else None,
        subnets=tuple(_subnets(hub, list(given), invoke)),
    )


@dataclass(frozen=True, kw_only=True)
class OidcProvider:
    """The IAM identity provider of a cluster, by which IAM knows its service accounts."""

    arn: str
    issuer: str


def identity_provider(eks: EksCluster, invoke: pulumi.InvokeOptions) -> OidcProvider:
    """The cluster's identity provider, which must exist for any role of a service account."""
    fix = (
        "Make it once: `eksctl utils associate-iam-oidc-provider "
        f"--cluster {eks.name} --region {eks.region} --approve`."
    )
    what = f"EKS cluster {eks.name!r} has no IAM OpenID Connect provider, which ECR's helper needs"
    issuer = found("registry.kind", what, fix, eks.issuer)
    answer: Any = ask(
        "registry.kind",
        what,
        fix,
        lambda: aws.iam.get_open_id_connect_provider(url=issuer, opts=invoke),
    )
    arn = found("registry.kind", what, fix, answer.arn)
    return OidcProvider(arn=arn, issuer=issuer)


def sizes(eks: EksCluster, names: Iterable[str], invoke: pulumi.InvokeOptions) -> dict[str, Sizes]:
    """The sizes of those groups of `names` that exist, as the cloud has them now."""
    what = f"the node groups of EKS cluster {eks.name!r} cannot be looked up"
    fix = "Check that you may see them (eks:ListNodegroups, eks:DescribeNodegroup)."
    listed: Any = ask(
        "cluster.name",
        what,
        fix,
        lambda: aws.eks.get_node_groups(cluster_name=eks.name, opts=invoke),
    )
    out = {}
    for name in set(names) & set(listed.names or ()):
        group: Any = ask(
            "cluster.name",
            what,
            fix,
            partial(
                aws.eks.get_node_group, cluster_name=eks.name, node_group_name=name, opts=invoke
            ),
        )
        now = found("cluster.name", what, fix, next(iter(group.scaling_configs or ()), None))
        out[name] = Sizes(min=now["min_size"], max=now["max_size"], nodes=now["desired_size"])
    return out


def _subnets(hub: Hub, ids: list[str], invoke: pulumi.InvokeOptions) -> list[str]:
    """The subnets of the nodes: all of `ids`, or those in the zones that the stack file names."""
    zones = hub.nodes.zones
    fix = "Check cluster.subnets and nodes.zones."
    if not ids:
        raise pulumi.RunError(f"cluster.subnets: the cluster shows no subnets. {fix}")
    if not zones:
        return ids
    placed: dict[str, str] = {}
    for subnet in ids:
        answer: Any = ask(
            "cluster.subnets",
            f"subnet {subnet!r} cannot be looked up",
            fix,
            partial(aws.ec2.get_subnet, id=subnet, opts=invoke),
        )
        placed[subnet] = answer.availability_zone
    chosen = in_zones(placed, zones)
    if not chosen:
        raise pulumi.RunError(
            f"nodes.zones: no subnet of the cluster lies in {', '.join(zones)}; "
            f"they lie in {', '.join(sorted(set(placed.values())))}. {fix}"
        )
    return chosen
