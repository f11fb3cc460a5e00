"""What is in the AWS account before a hub comes: cluster, VPC, identity provider, zones.

Each piece is made when it is missing, so a seed that names more than it did before (another
cluster, another zone) is caught up with. Not made: nodes of the cluster, the network's routes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.providers.aws.cloud import SimulatedAws


def pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as the list of Key and Value that most services want."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def furnish(cloud: SimulatedAws) -> None:
    """Make whatever the seed names and the account lacks."""
    _cluster(cloud)
    _identity_provider(cloud)
    _zones(cloud)


def _cluster(cloud: SimulatedAws) -> None:
    seed = cloud.seed
    if seed.cluster in cloud.ask("eks", "ListClusters")["clusters"]:
        return
    trust = {"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}}
    policy = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
    role = cloud.make(
        "iam",
        "CreateRole",
        RoleName=f"lab-{seed.cluster}"[:64],
        AssumeRolePolicyDocument=json.dumps(policy),
    )
    vpc = cloud.make("ec2", "CreateVpc", CidrBlock="10.90.0.0/16")["Vpc"]["VpcId"]
    subnets = [_subnet(cloud, vpc, *placed) for placed in enumerate(seed.zones)]
    cloud.make(
        "eks",
        "CreateCluster",
        name=seed.cluster,
        version=seed.kubernetes_version,
        roleArn=role["Role"]["Arn"],
        resourcesVpcConfig={"subnetIds": subnets},
    )


def _subnet(cloud: SimulatedAws, vpc: str, position: int, zone: str) -> str:
    tags = {
        "Name": f"{cloud.seed.cluster}-private-{zone}",
        f"kubernetes.io/cluster/{cloud.seed.cluster}": "shared",
        "kubernetes.io/role/internal-elb": "1",
    }
    made = cloud.make(
        "ec2",
        "CreateSubnet",
        VpcId=vpc,
        AvailabilityZone=zone,
        CidrBlock=f"10.90.{position}.0/24",
        TagSpecifications=[{"ResourceType": "subnet", "Tags": pairs(tags)}],
    )
    return str(made["Subnet"]["SubnetId"])


def _identity_provider(cloud: SimulatedAws) -> None:
    issuer = cloud.seed.oidc_issuer
    listed = cloud.ask("iam", "ListOpenIDConnectProviders")["OpenIDConnectProviderList"]
    if not any(item["Arn"].endswith(issuer.removeprefix("https://")) for item in listed):
        cloud.make(
            "iam",
            "CreateOpenIDConnectProvider",
            Url=issuer,
            ClientIDList=["sts.amazonaws.com"],
            ThumbprintList=["0" * 40],
        )


def _zones(cloud: SimulatedAws) -> None:
    listed = cloud.ask("route53", "ListHostedZones")["HostedZones"]
    known = {item["Name"].removesuffix(".") for item in listed}
    for zone in cloud.seed.hosted_zones:
        if zone.removesuffix(".") not in known:
            cloud.make("route53", "CreateHostedZone", Name=zone, CallerReference=f"lab-{zone}")
