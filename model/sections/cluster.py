"""`cluster`: where the hub runs, and how the world reaches it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from model.fields import Hostname, IPv4, Label, Model, Text, complain, defaults

CloudName = Literal["gcp", "aws"]
"""A cloud in which the program can make something."""
Controller = Literal["f5-nginx", "ingress-nginx", "traefik", "gce", "alb", "other"]


class ServiceRef(Model):
    """A Service whose load balancer address is read when the program runs."""

    namespace: Label
    """Namespace of the Service, such as `ingress`."""
    name: Label
    """Name of the Service, such as `nginx-ingress-controller`."""


class GatewayRef(Model):
    """A Gateway (Gateway API) that the hub's HTTPRoutes attach to."""

    name: Label
    """Name of the Gateway."""
    namespace: Label
    """Namespace of the Gateway."""
    section_name: Label | None = None
    """Listener of the Gateway; all listeners when left out."""


class Ingress(Model):
    """How requests for both domains reach the cluster: an ingress controller or a Gateway."""

    class_name: Text = "nginx"
    """`ingressClassName` of both Ingress objects."""
    controller: Controller | None = None
    """Which controller the class belongs to; it decides the annotations. Known from the class
    name for traefik, gce and alb; a class `nginx` is taken for F5 nginx-ingress."""
    cluster_issuer: Text = "letsencrypt-prod"
    """cert-manager ClusterIssuer; `letsencrypt-staging` for trials."""
    address: IPv4 | None = None
    """IPv4 address of the load balancer: the DNS records become A records."""
    hostname: Hostname | None = None
    """Host name of the load balancer: the DNS records become CNAME (or alias) records."""
    service: ServiceRef | None = None
    """Read the address from this Service when the program runs; a preview cannot show it."""
    annotations: dict[str, str] = Field(default_factory=dict)
    """Further annotations on both Ingress objects."""
    gateway: GatewayRef | None = None
    """Use HTTPRoutes on this Gateway rather than Ingress objects."""

    @model_validator(mode="after")
    def _one_target(self) -> Ingress:
        targets = [k for k in ("address", "hostname", "service") if getattr(self, k) is not None]
        if len(targets) > 1:
            raise complain(
                f"{' and '.join(targets)} are given; the load balancer has one target.",
                "keep one of address, hostname and service.",
            )
        return self

    @property
    def kind(self) -> Controller:
        """The controller, given or known from the class name."""
        if self.controller:
            return self.controller
        known: dict[str, Controller] = {
            "nginx": "f5-nginx",
            "traefik": "traefik",
            "gce": "gce",
            "alb": "alb",
        }
        return known.get(self.class_name, "other")


class LoadBalancers(Model):
    """Exposure without any domain: two load balancer Services with addresses reserved beforehand."""

    hub: IPv4
    """Reserved address of the hub."""
    binder: IPv4
    """Reserved address of the binder."""


class CorePool(Model):
    """Where the hub, the proxy and BinderHub itself run; the program does not make these nodes."""

    selector: dict[str, str] = Field(
        default_factory=lambda: {"hub.jupyter.org/node-purpose": "core"}
    )
    """Labels of the core nodes; `{}` for any node."""


class _Cluster(Model):
    name: Text | None = None
    """Name of the cluster in its cloud."""
    stack_reference: Text | None = None
    """Pulumi stack whose output `cluster` supplies whatever is left out of this section."""
    kube_context: Text | None = None
    """Context of a kubeconfig to use rather than the cloud's own lookup."""
    kubeconfig: Text | None = None
    """Path of a kubeconfig file to use rather than the cloud's own lookup."""
    ingress: Ingress = defaults(Ingress)
    """How requests reach the cluster."""
    load_balancer: LoadBalancers | None = None
    """Exposure without any domain (plain HTTP): reserved addresses of two load balancers."""
    core_nodes: CorePool = defaults(CorePool)
    """Where the hub, the proxy and BinderHub itself run."""
    network_policy_enforced: bool = True
    """Whether the cluster enforces NetworkPolicy (GKE Dataplane V2 or Calico; on EKS the VPC CNI's policy)."""

    @model_validator(mode="after")
    def _named(self) -> _Cluster:
        if self.name is None and self.stack_reference is None:
            raise complain(
                "the cluster has no name.",
                "set cluster.name, or cluster.stackReference to take it from another stack.",
                rule="BH101",
            )
        return self


def _gcp_location(value: str) -> str:
    import re

    if not re.match(r"[a-z]+-[a-z]+\d+(-[a-z])?\Z", value):
        raise complain(
            "it is not a GCP region or zone.", "write one such as us-west2 or us-west2-a."
        )
    return value


def _aws_region(value: str) -> str:
    import re

    if not re.match(r"[a-z]{2}(-[a-z]+)+-\d\Z", value):
        raise complain("it is not an AWS region.", "write one such as us-west-2.")
    return value


def _account(value: str) -> str:
    if len(value) != 12 or not value.isdigit():
        raise complain("it is not an AWS account number.", "write 12 digits in quotes.")
    return value


def _project(value: str) -> str:
    import re

    if not re.match(r"[a-z][a-z0-9-]{4,28}[a-z0-9]\Z", value):
        raise complain(
            "it is not a GCP project id.",
            "write the project's id (6 to 30 of a-z, 0-9 and '-'), not its name or number.",
        )
    return value


GcpLocation = Annotated[str, AfterValidator(_gcp_location)]
AwsRegion = Annotated[str, AfterValidator(_aws_region)]
AwsAccount = Annotated[str, AfterValidator(_account)]
GcpProject = Annotated[str, AfterValidator(_project)]


class GcpCluster(_Cluster):
    """A GKE cluster that exists already."""

    provider: Literal["gcp"]
    """Google Kubernetes Engine."""
    project: GcpProject | None = None
    """Project id; looked up from the caller when left out."""
    location: GcpLocation = "us-central1"
    """Region (`us-west2`) or zone (`us-west2-a`) of the cluster."""

    @property
    def region(self) -> str:
        """The region, also of a zonal cluster."""
        parts = self.location.split("-")
        return "-".join(parts[:2])


class AwsCluster(_Cluster):
    """An EKS cluster that exists already."""

    provider: Literal["aws"]
    """Amazon Elastic Kubernetes Service."""
    account: AwsAccount | None = None
    """Account number, in quotes; looked up from the caller when left out."""
    location: AwsRegion = "us-west-2"
    """Region of the cluster."""
    subnets: list[Text] | None = None
    """Subnet ids of the nodes; the cluster's own subnets when left out."""

    @property
    def region(self) -> str:
        """The region."""
        return self.location


class KubernetesCluster(_Cluster):
    """Any other Kubernetes cluster; its nodes exist already."""

    provider: Literal["kubernetes"]
    """Any Kubernetes, reached through a kubeconfig."""


Cluster = Annotated[GcpCluster | AwsCluster | KubernetesCluster, Field(discriminator="provider")]
