"""Answers of the GCP lookups, from the seed. Names as the official provider gives them."""

from __future__ import annotations

from typing import Final

from lab.providers.gcp.context import GcpContext
from lab.providers.gcp.dns import RecordSet, find_zone
from lab.providers.gcp.node_pool import NodePool, zones_of
from lab.providers.sdk.property_values import Props, secret
from lab.providers.sdk.provider import StandinError


def _project(context: GcpContext, args: Props, key: str = "project") -> str:
    value = args.get(key) or context.project
    if not value:
        raise StandinError("project: required: set it in the lookup or on the provider")
    context.known_project(value)
    return str(value)


def cluster(context: GcpContext, args: Props) -> Props:
    """The lab's cluster under the GKE cluster's name; the endpoint has no scheme there."""
    seed = context.gcp
    project = _project(context, args)
    location = args.get("location") or context.region or context.zone
    name = args.get("name")
    link = f"projects/{project}/locations/{location}/clusters/{name}"
    if (name, location) != (seed.cluster, seed.location):
        raise StandinError(
            f"{link} was not found (404); the lab has cluster {seed.cluster!r} in {seed.location!r}"
        )
    zones = zones_of(seed.location)
    pools = [id.rpartition("/")[2] for id in context.records.ids(NodePool.kind)]
    return {
        "id": link,
        "name": name,
        "location": location,
        "project": project,
        "endpoint": context.seed.endpoint.removeprefix("https://"),
        "masterAuths": [
            {
                "clientCertificate": "",
                "clientCertificateConfigs": [{"issueClientCertificate": False}],
                "clientKey": secret(""),
                "clusterCaCertificate": context.seed.ca,
            }
        ],
        "masterVersion": seed.kubernetes_version,
        "minMasterVersion": seed.kubernetes_version,
        "nodeVersion": seed.kubernetes_version,
        "nodeLocations": zones[1:],
        "nodePools": [{"name": pool} for pool in pools],
        "network": f"projects/{project}/global/networks/default",
        "subnetwork": f"projects/{project}/regions/{zones[0][:-2]}/subnetworks/default",
        "networkingMode": "VPC_NATIVE",
        "networkPolicies": [
            {
                "enabled": seed.network_policy,
                "provider": "CALICO" if seed.network_policy else "PROVIDER_UNSPECIFIED",
            }
        ],
        "datapathProvider": "",
        "workloadIdentityConfigs": [{"workloadPool": f"{project}.svc.id.goog"}],
        "releaseChannels": [{"channel": "REGULAR"}],
        "clusterIpv4Cidr": "10.52.0.0/14",
        "servicesIpv4Cidr": "10.56.0.0/20",
        "enableAutopilot": False,
        "enableShieldedNodes": True,
        "resourceLabels": {},
        "selfLink": f"https://container.googleapis.com/v1/{link}",
        "description": "stand-in of the lab",
    }


def project(context: GcpContext, args: Props) -> Props:
    """The project and its number."""
    id = _project(context, args, "projectId")
    return {
        "id": f"projects/{id}",
        "projectId": id,
        "name": id,
        "number": context.gcp.number,
        "autoCreateNetwork": False,
        "billingAccount": "",
        "deletionPolicy": "",
        "effectiveLabels": {},
        "folderId": "",
        "labels": {},
        "orgId": "",
        "pulumiLabels": {},
        "tags": {},
    }


def client_config(context: GcpContext, args: Props) -> Props:
    """The provider's settings; the access token opens nothing."""
    return {
        "id": f"projects/{context.project}/regions/{context.region}/zones/{context.zone}",
        "accessToken": secret("lab-stand-in-token-that-opens-nothing"),
        "defaultLabels": context.default_labels,
        "project": context.project or "",
        "region": context.region or "",
        "zone": context.zone or "",
    }


def managed_zone(context: GcpContext, args: Props) -> Props:
    """A zone of Cloud DNS."""
    project = _project(context, args)
    zone = find_zone(RecordSet(context), args["name"])
    return {
        "id": f"projects/{project}/managedZones/{zone.name}",
        "name": zone.name,
        "project": project,
        "dnsName": zone.dns_name,
        "description": "stand-in of the lab",
        "managedZoneId": "1",
        "nameServers": [f"ns-cloud-{letter}.lab-stand-in.invalid." for letter in "abcd"],
        "visibility": "public",
    }


LOOKUPS: Final = {
    "gcp:container/getCluster:getCluster": cluster,
    "gcp:dns/getManagedZone:getManagedZone": managed_zone,
    "gcp:organizations/getClientConfig:getClientConfig": client_config,
    "gcp:organizations/getProject:getProject": project,
}
