"""The user nodes of a hub on GKE."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.gcp.shapes import initial_node_count, node_roles, taints
from components.labels import machine_labels
from components.resource_options import pool_options, taken_over
from model.derived import names
from model.derived.pools import Pool, pools
from model.hub import Hub
from model.sections.cluster import GcpCluster


@dataclass(frozen=True, kw_only=True)
class GkeNodePoolsArgs:
    """The hub whose pools are made."""

    hub: Hub


class GkeNodePools(pulumi.ComponentResource):
    """The hub's node pools and the service account that their nodes run as.

    Does not manage the cluster, its core pool or its network.
    """

    def __init__(
        self, name: str, args: GkeNodePoolsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("binderhub:gcp:GkeNodePools", name, None, opts)
        hub = args.hub
        account = gcp.serviceaccount.Account(
            f"{name}-account",
            account_id=names.nodes_account_id(hub),
            project=names.project(hub),
            display_name=f"Nodes of Binder hub {hub.name}",
            # Its e-mail is derived, so a second one cannot be there at the same time.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        bindings = [
            gcp.projects.IAMMember(
                f"{name}-{key}",
                project=project,
                role=role,
                member=f"serviceAccount:{names.nodes_email(hub)}",
                opts=pulumi.ResourceOptions(parent=self, depends_on=[account]),
            )
            for key, (project, role) in node_roles(hub).items()
        ]
        for pool in pools(hub):
            self._pool(name, hub, pool, [account, *bindings])
        self.register_outputs({})

    def _pool(
        self, name: str, hub: Hub, pool: Pool, after: list[pulumi.Resource]
    ) -> gcp.container.NodePool:
        cluster = hub.cluster
        assert isinstance(cluster, GcpCluster)
        return gcp.container.NodePool(
            # Both names end in the generation: a raised one is another pool, made before the old
            # one goes, or beside it while it drains.
            f"{name}-{pool.key}",
            name=pool.name,
            cluster=cluster.name,
            location=cluster.location,
            project=names.project(hub),
            # All zones in one pool: nothing is kept on volumes, so a pod may start in any of them.
            node_locations=list(pool.zones) if pool.zones else None,
            initial_node_count=initial_node_count(pool, cluster.location),
            autoscaling=gcp.container.NodePoolAutoscalingArgs(
                total_min_node_count=pool.min,
                total_max_node_count=pool.max,
                # Take capacity wherever there is some; BALANCED waits for the scarcest zone.
                location_policy="ANY",
            ),
            management=gcp.container.NodePoolManagementArgs(auto_repair=True, auto_upgrade=True),
            node_config=gcp.container.NodePoolNodeConfigArgs(
                machine_type=pool.machine_type,
                disk_size_gb=pool.disk_gb,
                disk_type="pd-balanced",
                image_type="COS_CONTAINERD",
                labels=pool.labels,
                # The provider's default labels reach the pool, not its machines.
                resource_labels=machine_labels(hub),
                taints=[gcp.container.NodePoolNodeConfigTaintArgs(**t) for t in taints(pool)],
                spot=pool.spot,
                service_account=names.nodes_email(hub),
                oauth_scopes=["https://www.googleapis.com/auth/cloud-platform"],
                # Pods see their own workload identity, never the node's account.
                workload_metadata_config=(
                    gcp.container.NodePoolNodeConfigWorkloadMetadataConfigArgs(mode="GKE_METADATA")
                ),
                shielded_instance_config=(
                    gcp.container.NodePoolNodeConfigShieldedInstanceConfigArgs(
                        enable_integrity_monitoring=True, enable_secure_boot=True
                    )
                ),
                metadata={"disable-legacy-endpoints": "true"},
            ),
            opts=pool_options(
                pool,
                taken_over(hub, pool, pulumi.ResourceOptions(parent=self, depends_on=after)),
                ignored=[
                    # It follows the pool's present size, and a change of it replaces the pool.
                    "initialNodeCount",
                    # Google does not say whether another label of a machine is another machine.
                    "nodeConfig.resourceLabels",
                ],
                # GKE would change these by taking nodes away, servers included.
                refused=[
                    "nodeConfig.diskSizeGb", "nodeConfig.diskType", "nodeConfig.imageType",
                    "nodeConfig.machineType", "nodeConfig.workloadMetadataConfig", "nodeLocations",
                ],
                kept=["nodeConfig", "nodeLocations", "management", "autoscaling.locationPolicy"],
            ),
        )  # fmt: skip
