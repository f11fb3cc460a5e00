"""Answers of the AWS lookups: asked from moto, and the cluster's address from the seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lab.providers.aws.context import AwsContext
from lab.providers.aws.estate import pairs
from lab.providers.aws.node_group import outputs
from lab.providers.sdk import words
from lab.providers.sdk.property_values import Props
from lab.providers.sdk.provider import StandinError


def _tags(listed: list[Mapping[str, str]] | None) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in listed or ()}


def cluster(context: AwsContext, args: Props) -> Props:
    """The lab's cluster under the EKS cluster's name."""
    seed, name = context.aws, args["name"]
    found = context.cloud.call("eks", "DescribeCluster", name=name)["cluster"]
    if name != seed.cluster:
        raise StandinError(f"EKS cluster {name!r} has no address; the lab has {seed.cluster!r}")
    network = found["resourcesVpcConfig"]
    first = context.cloud.call("ec2", "DescribeSubnets", SubnetIds=network["subnetIds"])
    vpc = first["Subnets"][0]["VpcId"]
    return {
        "id": name,
        "name": name,
        "arn": found["arn"],
        "region": args.get("region") or context.region,
        "endpoint": context.seed.endpoint,
        "certificateAuthorities": [{"data": context.seed.ca}],
        "identities": [{"oidcs": [{"issuer": seed.oidc_issuer}]}],
        "roleArn": found["roleArn"],
        "status": "ACTIVE",
        "version": seed.kubernetes_version,
        "platformVersion": found.get("platformVersion", "eks.1"),
        "createdAt": found["createdAt"].isoformat(),
        "deletionProtection": False,
        "enabledClusterLogTypes": [],
        "tags": found.get("tags") or {},
        "vpcConfig": {
            "clusterSecurityGroupId": network.get("clusterSecurityGroupId") or "",
            "controlPlaneEgressMode": "",
            "endpointPrivateAccess": True,
            "endpointPublicAccess": True,
            "publicAccessCidrs": ["0.0.0.0/0"],
            "securityGroupIds": network.get("securityGroupIds") or [],
            "subnetIds": network["subnetIds"],
            "vpcId": vpc,
        },
    }


def node_groups(context: AwsContext, args: Props) -> Props:
    """Names of a cluster's node groups."""
    name = args["clusterName"]
    found = context.cloud.call("eks", "ListNodegroups", clusterName=name)["nodegroups"]
    region = args.get("region") or context.region
    return {"id": name, "clusterName": name, "names": sorted(found), "region": region}


def node_group(context: AwsContext, args: Props) -> Props:
    """One node group as it is now."""
    cluster, name = args["clusterName"], args["nodeGroupName"]
    found = context.cloud.call("eks", "DescribeNodegroup", clusterName=cluster, nodegroupName=name)
    group = found["nodegroup"]
    template = group.get("launchTemplate")
    return {
        **outputs(group),
        "id": f"{cluster}:{name}",
        "clusterName": cluster,
        "nodeGroupName": name,
        "labels": group.get("labels") or {},
        "launchTemplates": [template] if template else [],
        "nodeRoleArn": group["nodeRole"],
        "region": args.get("region") or context.region,
        "remoteAccesses": [],
        "scalingConfigs": [group["scalingConfig"]],
        "subnetIds": group["subnets"],
        "tags": group.get("tags") or {},
        "taints": group.get("taints") or [],
        "updateConfigs": [],
        "warmPoolConfigs": [],
    }


def caller_identity(context: AwsContext, args: Props) -> Props:
    """Who the credentials belong to."""
    found = context.cloud.call("sts", "GetCallerIdentity")
    return {
        "id": found["Account"],
        "accountId": found["Account"],
        "arn": found["Arn"],
        "userId": found["UserId"],
    }


def oidc_provider(context: AwsContext, args: Props) -> Props:
    """The IAM side of the cluster's OIDC issuer, by ARN or by URL."""
    wanted = str(args.get("url") or "").removeprefix("https://")
    arn = args.get("arn")
    if bool(arn) == bool(wanted):
        raise StandinError("getOpenIdConnectProvider: give either arn or url")
    if not arn:
        listed = context.cloud.call("iam", "ListOpenIDConnectProviders")
        arns = [item["Arn"] for item in listed["OpenIDConnectProviderList"]]
        arn = next((a for a in arns if a.partition("/")[2] == wanted), None)
        if arn is None:
            raise StandinError(f"no IAM OIDC provider has the URL {args['url']}")
    found = context.cloud.call("iam", "GetOpenIDConnectProvider", OpenIDConnectProviderArn=arn)
    return {
        "id": arn,
        "arn": arn,
        "url": found["Url"].removeprefix("https://"),
        "clientIdLists": found.get("ClientIDList", []),
        "thumbprintLists": found.get("ThumbprintList", []),
        "tags": _tags(found.get("Tags")),
    }


def zone(context: AwsContext, args: Props) -> Props:
    """A hosted zone by name or id."""
    wanted, id = str(args.get("name") or "").removesuffix("."), args.get("zoneId")
    if bool(wanted) == bool(id):
        raise StandinError("getZone: give either name or zoneId")
    listed = context.cloud.call("route53", "ListHostedZones")["HostedZones"]
    private = bool(args.get("privateZone"))
    for found in listed:
        short = found["Id"].removeprefix("/hostedzone/")
        same = short == id if id else found["Name"].removesuffix(".") == wanted
        if same and bool(found.get("Config", {}).get("PrivateZone")) == private:
            break
    else:
        known = ", ".join(item["Name"] for item in listed) or "none"
        raise StandinError(f"no hosted zone matches {wanted or id!r}; the lab has: {known}")
    full = context.cloud.call("route53", "GetHostedZone", Id=short)
    servers = full.get("DelegationSet", {}).get("NameServers", [])
    return {
        "id": short,
        "zoneId": short,
        "arn": f"arn:aws:route53:::hostedzone/{short}",
        "name": found["Name"].removesuffix("."),
        "callerReference": found["CallerReference"],
        "comment": found.get("Config", {}).get("Comment", ""),
        "nameServers": servers,
        "primaryNameServer": servers[0] if servers else "",
        "privateZone": private,
        "resourceRecordSetCount": found.get("ResourceRecordSetCount", 0),
        "linkedServiceDescription": "",
        "linkedServicePrincipal": "",
        "tags": {},
    }


# Hosted zones of load balancers: docs.aws.amazon.com/general/latest/gr/elb.html, the regions
# that a hub is likely to be in; (application, network).
BALANCER_ZONES: Final = {
    "ap-northeast-1": ("Z14GRHDCWA56QT", "Z31USIVHYNEOWT"),
    "ap-south-1": ("ZP97RAFLXTNZK", "ZVDDRBQ08TROA"),
    "ap-southeast-1": ("Z1LMS91P8CMLE5", "ZKVM4W9LS7TM"),
    "ap-southeast-2": ("Z1GM3OXH4ZPM65", "ZCT6FZBF4DROD"),
    "ca-central-1": ("ZQSVJUPU6J1EY", "Z2EPGBW3API2WT"),
    "eu-central-1": ("Z215JYRZR1TBD5", "Z3F0SRJ5LGBH90"),
    "eu-north-1": ("Z23TAZ6LKFMNIO", "Z1UDT6IFJ4EJM"),
    "eu-west-1": ("Z32O12XQLNTSW2", "Z2IFOLAFXWLO4F"),
    "eu-west-2": ("ZHURV8PSTC4K8", "ZD4D7Y8KGAS4G"),
    "eu-west-3": ("Z3Q77PNBQS71R4", "Z1CMS0P5QUZ6D5"),
    "sa-east-1": ("Z2P70J7HTTTPLU", "ZTK26PT1VY4CU"),
    "us-east-1": ("Z35SXDOTRQ7X7K", "Z26RNL4JYFTOTI"),
    "us-east-2": ("Z3AADJGX6KTTL2", "ZLMOA37VPKANP"),
    "us-west-1": ("Z368ELLRRE2KJ0", "Z24FKFUX50B4VW"),
    "us-west-2": ("Z1H1FL5HABSF5", "Z18D5FSROUN65G"),
}


def balancer_zone(context: AwsContext, args: Props) -> Props:
    """The hosted zone that the load balancers of a region live in, for alias records."""
    region = args.get("region") or context.region
    kind = args.get("loadBalancerType") or "application"
    if kind not in ("application", "network"):
        raise StandinError(f"loadBalancerType: {kind!r} is not application or network")
    if region not in BALANCER_ZONES:
        raise StandinError(f"the stand-in does not know the load balancer zone of {region!r}")
    application, network = BALANCER_ZONES[region]
    zone_id = application if kind == "application" else network
    return {"id": zone_id, "loadBalancerType": kind, "region": region}


def _filters(args: Props) -> list[dict[str, Any]]:
    listed = [{"Name": f["name"], "Values": f["values"]} for f in args.get("filters") or ()]
    tags = pairs(args.get("tags") or {})
    return listed + [{"Name": f"tag:{t['Key']}", "Values": [t["Value"]]} for t in tags]


def subnets(context: AwsContext, args: Props) -> Props:
    """Ids of the subnets that match filters and tags."""
    found = context.cloud.call("ec2", "DescribeSubnets", Filters=_filters(args))["Subnets"]
    return {
        "id": context.region,
        "ids": [item["SubnetId"] for item in found],
        "filters": args.get("filters"),
        "region": args.get("region") or context.region,
        "tags": args.get("tags") or {},
    }


_SUBNET: Final = words(
    "availabilityZone availableIpAddressCount cidrBlock defaultForAz mapPublicIpOnLaunch ownerId state vpcId"
)


def subnet(context: AwsContext, args: Props) -> Props:
    """The one subnet that matches."""
    filters = _filters(args)
    for key, name in (
        ("availabilityZone", "availability-zone"),
        ("cidrBlock", "cidr-block"),
        ("vpcId", "vpc-id"),
        ("state", "state"),
    ):
        if args.get(key):
            filters.append({"Name": name, "Values": [args[key]]})
    asked: dict[str, Any] = {"Filters": filters} if filters else {}
    if args.get("id"):
        asked["SubnetIds"] = [args["id"]]
    found = context.cloud.call("ec2", "DescribeSubnets", **asked)["Subnets"]
    if len(found) != 1:
        raise StandinError(f"getSubnet: {len(found)} subnets match; exactly one must")
    item = found[0]
    return {
        "id": item["SubnetId"],
        "arn": item["SubnetArn"],
        "region": args.get("region") or context.region,
        "tags": _tags(item.get("Tags")),
        "availabilityZoneId": item.get("AvailabilityZoneId", ""),
        **{name: item[f"{name[:1].upper()}{name[1:]}"] for name in _SUBNET},
    }


LOOKUPS: Final = {
    "aws:ec2/getSubnet:getSubnet": subnet,
    "aws:ec2/getSubnets:getSubnets": subnets,
    "aws:eks/getCluster:getCluster": cluster,
    "aws:eks/getNodeGroup:getNodeGroup": node_group,
    "aws:eks/getNodeGroups:getNodeGroups": node_groups,
    "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": oidc_provider,
    "aws:index/getCallerIdentity:getCallerIdentity": caller_identity,
    "aws:lb/getHostedZoneId:getHostedZoneId": balancer_zone,
    "aws:route53/getZone:getZone": zone,
}
