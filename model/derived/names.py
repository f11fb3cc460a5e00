"""Names and URLs derived from a hub (design, rule 3: derive, don't await).

What only the cloud knows (an account left out of the file) appears as `<aws-account>` or
`<gcp-project>` until the program has looked it up.
"""

from __future__ import annotations

import hashlib

from model.hub import Hub
from model.sections.cluster import AwsCluster, GcpCluster
from model.sections.registry import ArtifactRegistry, Ecr

UNKNOWN_ACCOUNT = "<aws-account>"
UNKNOWN_PROJECT = "<gcp-project>"
JUPYTERHUB = "jupyterhub"
BINDERHUB_SERVICE = "binderhub-service"
BINDERHUB = "binderhub"
REGISTRY_HELPER = "registry-helper"
HUB_TLS = "https-auto-tls"
BINDER_TLS = "binder-https-auto-tls"
OAUTH_CLIENT_ID = "service-binder"
API_TOKEN_KEY = "hub.services.binder.apiToken"


def fit(name: str, limit: int) -> str:
    """`name` itself when it has at most `limit` characters; else cut, with a hash of the whole.

    The result is as unique as the name, never ends in '-', and keeps the name's characters.
    """
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{name[: limit - 7].rstrip('-')}-{digest}"


def hub_url(hub: Hub) -> str:
    """Public address of JupyterHub, with the trailing slash."""
    if hub.domains:
        return f"https://{hub.domains.hub}/"
    assert hub.cluster.load_balancer, "rules refuse a hub without domains and addresses"
    return f"http://{hub.cluster.load_balancer.hub}/"


def binder_url(hub: Hub) -> str:
    """Public address of BinderHub, with the trailing slash."""
    if hub.domains:
        return f"https://{hub.domains.binder}/"
    assert hub.cluster.load_balancer, "rules refuse a hub without domains and addresses"
    return f"http://{hub.cluster.load_balancer.binder}/"


def hub_api_url(hub: Hub) -> str:
    """JupyterHub's API as pods of the cluster reach it."""
    return f"{hub_url_local(hub)}hub/api"


def hub_url_local(hub: Hub) -> str:
    """JupyterHub as pods of the cluster reach it: not through a public address or certificate."""
    return f"http://hub.{hub.ns}.svc.cluster.local:8081/"


def hub_callback(hub: Hub) -> str:
    """Where the identity provider sends people back to."""
    return f"{hub_url(hub)}hub/oauth_callback"


def binder_callback(hub: Hub) -> str:
    """Where JupyterHub sends people back to after they logged in for BinderHub."""
    return f"{binder_url(hub)}oauth_callback"


def account(hub: Hub) -> str:
    """AWS account of the cluster."""
    cluster = hub.cluster
    return (isinstance(cluster, AwsCluster) and cluster.account) or UNKNOWN_ACCOUNT


def project(hub: Hub) -> str:
    """GCP project of the cluster."""
    cluster = hub.cluster
    return (isinstance(cluster, GcpCluster) and cluster.project) or UNKNOWN_PROJECT


def registry_project(hub: Hub) -> str:
    """GCP project of the registry."""
    written = hub.registry.project if isinstance(hub.registry, ArtifactRegistry) else None
    return written or project(hub)


def registry_location(hub: Hub) -> str:
    """Region of the registry."""
    registry, cluster = hub.registry, hub.cluster
    written = (
        registry.location
        if isinstance(registry, ArtifactRegistry)
        else registry.region
        if isinstance(registry, Ecr)
        else None
    )
    if written:
        return written
    return cluster.region if isinstance(cluster, GcpCluster | AwsCluster) else "us"


def repository(hub: Hub) -> str:
    """Artifact Registry repository: 63 characters at most."""
    written = hub.registry.repository if isinstance(hub.registry, ArtifactRegistry) else None
    return written or fit(f"binder-{hub.name}", 63)


def pusher_account_id(hub: Hub) -> str:
    """GCP service account that pushes images: 6 to 30 characters."""
    return fit(f"binder-{hub.name}", 30)


def pusher_email(hub: Hub) -> str:
    """E-mail of the pushing service account."""
    return f"{pusher_account_id(hub)}@{registry_project(hub)}.iam.gserviceaccount.com"


def nodes_account_id(hub: Hub) -> str:
    """GCP service account of the nodes: 6 to 30 characters."""
    return fit(f"nodes-{hub.name}", 30)


def nodes_email(hub: Hub) -> str:
    """E-mail of the nodes' service account."""
    return f"{nodes_account_id(hub)}@{project(hub)}.iam.gserviceaccount.com"


def iam_name(hub: Hub, role: str) -> str:
    """Name of an IAM role: 64 characters at most. IAM names are global to an account."""
    return fit(f"binder-{hub.name}-{role}", 64)


def iam_arn(hub: Hub, role: str) -> str:
    """ARN of an IAM role of this hub."""
    return f"arn:aws:iam::{account(hub)}:role/{iam_name(hub, role)}"


def helper_service_account() -> str:
    """Kubernetes service account of the registry helper; its IRSA role trusts this one only."""
    return REGISTRY_HELPER


def helper_url(hub: Hub) -> str:
    """The registry helper as BinderHub reaches it."""
    return f"http://{REGISTRY_HELPER}.{hub.ns}.svc.cluster.local:8080"
