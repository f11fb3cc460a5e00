"""Google Cloud for a hub: one provider, the lookups, and the parts made there."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_gcp as gcp

from components import kubeconfig
from components.cloud import ClusterAccess, RegistryParts
from components.dns_records import Target
from components.gcp.dns import CloudDns, CloudDnsArgs
from components.gcp.node_pool import GkeNodePools, GkeNodePoolsArgs
from components.gcp.registry import ImageRegistry, ImageRegistryArgs
from components.gcp.shapes import own_project
from components.inputs.lookups import ask, found, left_out
from components.labels import cloud_labels
from model.derived import names
from model.hub import Hub
from model.sections.cluster import GcpCluster


class Gcp:
    """A hub's connection to Google Cloud.

    The project may be left out of the stack file: then the provider uses the caller's own, and
    `complete` tells everyone else which that is.
    """

    def __init__(self, hub: Hub) -> None:
        cluster = hub.cluster if isinstance(hub.cluster, GcpCluster) else None
        self._provider = gcp.Provider(
            f"{hub.name}-gcp",
            project=own_project(hub),
            region=cluster.region if cluster else None,
            default_labels=cloud_labels(hub),
        )
        self._invoke = pulumi.InvokeOptions(provider=self._provider)

    @property
    def provider(self) -> pulumi.ProviderResource:
        """The one Google Cloud provider of the hub."""
        provider: pulumi.ProviderResource = self._provider
        return provider

    def complete(self, hub: Hub) -> Hub:
        """The hub with the project of its cluster."""
        cluster = hub.cluster
        if not isinstance(cluster, GcpCluster) or cluster.project:
            return hub
        fix = "Log in (`gcloud auth application-default login`), or write cluster.project."
        what = "it is left out, and your credentials lead to no project"
        answer: Any = ask(
            "cluster.project",
            what,
            fix,
            lambda: gcp.organizations.get_client_config(opts=self._invoke),
        )
        project = found("cluster.project", what, fix, answer.project)
        left_out("cluster.project", project, names.UNKNOWN_PROJECT)
        return hub.model_copy(update={"cluster": cluster.model_copy(update={"project": project})})

    def check(self, hub: Hub) -> None:
        """Nothing: GKE takes bounds without a number of nodes, and drains none for them."""

    def access(self, hub: Hub) -> ClusterAccess:
        """A kubeconfig for the cluster's endpoint."""
        cluster = hub.cluster
        assert isinstance(cluster, GcpCluster) and cluster.name
        where = f"GKE cluster {cluster.name!r} in {cluster.location} of {names.project(hub)}"
        fix = "Check cluster.name, cluster.location and cluster.project, and that you may see it."
        answer: Any = ask(
            "cluster.name",
            f"{where} cannot be looked up",
            fix,
            lambda: gcp.container.get_cluster(
                name=cluster.name,
                location=cluster.location,
                project=names.project(hub),
                opts=self._invoke,
            ),
        )
        # A cluster that does not exist is an answer without an endpoint.
        endpoint = found("cluster.name", f"{where} does not exist", fix, answer.endpoint)
        auths = answer.master_auths or []
        ca = auths[0]["cluster_ca_certificate"] if auths else None
        return ClusterAccess(
            kubeconfig=kubeconfig.gke(
                name=cluster.name,
                endpoint=endpoint,
                ca=found("cluster.name", f"{where} shows no certificate authority", fix, ca),
            )
        )

    def node_pools(self, hub: Hub, opts: pulumi.ResourceOptions) -> pulumi.Resource:
        """The user pool, and the builders' where there is one."""
        return GkeNodePools(f"{hub.name}-nodes", GkeNodePoolsArgs(hub=hub), opts)

    def registry(
        self,
        hub: Hub,
        token: pulumi.Output[str] | None,
        namespace: pulumi.Resource,
        opts: pulumi.ResourceOptions,
    ) -> RegistryParts:
        """Artifact Registry, with a key that may write to this repository only."""
        parts = ImageRegistry(f"{hub.name}-registry", ImageRegistryArgs(hub=hub), opts)
        return RegistryParts(secrets={"registryKey": parts.key}, ready=(parts,))

    def dns(self, hub: Hub, target: Target, opts: pulumi.ResourceOptions) -> pulumi.Resource:
        """Records in Cloud DNS."""
        return CloudDns(f"{hub.name}-dns", CloudDnsArgs(hub=hub, target=target), opts)
