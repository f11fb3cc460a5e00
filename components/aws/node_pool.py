"""The user nodes of a hub on EKS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.node_counts import Sizes, settled, wanted
from components.aws.policies import NODE_POLICIES, nodes_trust
from components.aws.shapes import DEVICE, scale_tags, taints
from components.labels import machine_labels
from components.resource_options import pool_options, taken_over
from model.derived import names
from model.derived.pools import Pool, pools
from model.hub import Hub


@dataclass(frozen=True, kw_only=True)
class EksNodePoolsArgs:
    """The hub whose pools are made, its cluster, the subnets of the nodes, and by name the sizes of
    the groups that exist and do not drain."""

    hub: Hub
    cluster: str
    subnets: tuple[str, ...]
    present: Mapping[str, Sizes]


class EksNodePools(pulumi.ComponentResource):
    """The hub's managed node groups, their launch templates, and the role of their nodes.

    Does not manage the cluster, its core nodes, its network or its autoscaler.
    """

    def __init__(
        self, name: str, args: EksNodePoolsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("binderhub:aws:EksNodePools", name, None, opts)
        hub = args.hub
        role = aws.iam.Role(
            f"{name}-role",
            name=names.iam_name(hub, "nodes"),
            assume_role_policy=nodes_trust(),
            description=f"Nodes of Binder hub {hub.name}",
            # Its ARN is derived, so a second one cannot be there at the same time.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        attached = [
            aws.iam.RolePolicyAttachment(
                f"{name}-role-{key}",
                role=names.iam_name(hub, "nodes"),
                policy_arn=arn,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
            )
            for key, arn in NODE_POLICIES.items()
        ]
        for pool in pools(hub):
            template = self._template(name, hub, pool)
            group = self._group(name, args, pool, template, [role, *attached])
            self._tags(name, pool, group)
        self.register_outputs({})

    def _template(self, name: str, hub: Hub, pool: Pool) -> aws.ec2.LaunchTemplate:
        tags = {**machine_labels(hub), "Name": pool.name}
        return aws.ec2.LaunchTemplate(
            f"{name}-{pool.key}-template",
            name=f"binder-{pool.name}",
            update_default_version=True,
            metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
                # One hop: the node itself may ask who it is, a pod on it may not.
                http_endpoint="enabled",
                http_tokens="required",
                http_put_response_hop_limit=1,
            ),
            block_device_mappings=[
                aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                    device_name=DEVICE,
                    ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                        volume_size=pool.disk_gb,
                        volume_type="gp3",
                        encrypted="true",
                        delete_on_termination="true",
                    ),
                )
            ],
            # The provider's default tags reach the template, not what is launched from it.
            tag_specifications=[
                aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tags)
                for kind in ("instance", "volume")
            ],
            opts=pool_options(
                pool,
                pulumi.ResourceOptions(parent=self),
                # A new version of the template would drain every node of the group.
                ignored=["tagSpecifications"],
                refused=["blockDeviceMappings", "metadataOptions"],
                kept=["blockDeviceMappings", "metadataOptions"],
            ),
        )

    def _group(
        self,
        name: str,
        args: EksNodePoolsArgs,
        pool: Pool,
        template: aws.ec2.LaunchTemplate,
        after: list[pulumi.Resource],
    ) -> aws.eks.NodeGroup:
        hub = args.hub
        now = args.present.get(pool.name)
        sizes = wanted(pool, now)
        return aws.eks.NodeGroup(
            # Both names end in the generation: a raised one is another group, made before the old
            # one goes, or beside it while it drains.
            f"{name}-{pool.key}",
            cluster_name=args.cluster,
            node_group_name=pool.name,
            node_role_arn=names.iam_arn(hub, "nodes"),
            # All zones in one group: nothing is kept on volumes (which are bound to a zone), so a
            # pod may start in any of them.
            subnet_ids=list(args.subnets),
            instance_types=[pool.machine_type],
            capacity_type="SPOT" if pool.spot else "ON_DEMAND",
            ami_type="AL2023_x86_64_STANDARD",
            scaling_config=aws.eks.NodeGroupScalingConfigArgs(
                min_size=sizes.min, max_size=sizes.max, desired_size=sizes.nodes
            ),
            update_config=aws.eks.NodeGroupUpdateConfigArgs(max_unavailable=1),
            labels=pool.labels,
            taints=[aws.eks.NodeGroupTaintArgs(**t) for t in taints(pool)],
            launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)
            ),
            opts=pool_options(
                pool,
                taken_over(hub, pool, pulumi.ResourceOptions(parent=self, depends_on=after)),
                ignored=[
                    # The autoscaler changes the number of nodes all day.
                    *(["scalingConfig"] if settled(pool, now) else []),
                    # Another version drains every node, and none is ever needed.
                    "launchTemplate.version",
                ],
                # Its bounds too: what runs there ends on the nodes that there are.
                kept=[
                    "scalingConfig", "subnetIds", "instanceTypes", "capacityType", "amiType",
                    "updateConfig", "labels", "taints", "launchTemplate",
                ],
            ),
        )  # fmt: skip

    def _tags(self, name: str, pool: Pool, group: aws.eks.NodeGroup) -> None:
        # A managed group's own tags do not reach its auto scaling group.
        auto_scaling_group = group.resources[0].autoscaling_groups[0].name
        for key, (tag, value) in scale_tags(pool).items():
            aws.autoscaling.Tag(
                f"{name}-{pool.key}-{key}",
                autoscaling_group_name=auto_scaling_group,
                tag=aws.autoscaling.TagTagArgs(key=tag, value=value, propagate_at_launch=False),
                opts=pulumi.ResourceOptions(parent=self),
            )
