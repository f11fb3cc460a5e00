"""What replaces a cloud resource, and what goes first: one row per type that the program makes.

A stand-in that replaces where the official provider updates (or the other way round) lets a
rehearsal promise what production does not keep. So every row is read by hand from the sources it
names, on the date READ, and the handlers take their behaviour from here and from nowhere else.

``by`` are Pulumi's names of the properties that the upstream schema marks ForceNew, as far as the
stand-in knows them. Which of the two goes first is decided by the bridge (pulumi-terraform-bridge
59de6c6, 2026-08-05, pkg/tfbridge/provider.go and schema.go): the old one, where the bridged
provider says so for the type (``first``), or where the property that would be named automatically
(``named``) is given by the program. A program's own ``delete_before_replace`` overrides it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lab.providers.sdk import words

READ: Final = "2026-11-25"

# Each file names its commit, of which no date is known. By their code, all but record.go are older
# than the provider in use (tag, role, policy and attachment of about 2022, node_group.go without
# the `region` of version 6): what became ForceNew since then is unverified.
_TF_AWS: Final = "hashicorp/terraform-provider-aws internal/service"
_AWS: Final = (
    "pulumi/pulumi-aws provider/resource_overrides.go@015d343",
    "pulumi/pulumi-aws provider/autonaming.go@0c5f658",
)
# 2026-08-21, both.
_TF_GCP: Final = "hashicorp/terraform-provider-google-beta@93c65b2 google-beta"
_GCP: Final = "pulumi/pulumi-gcp@ed6078a provider/resources.go"


@dataclass(frozen=True, kw_only=True)
class Replacement:
    """How one type is replaced, and the sources that say so.

    ``unverified`` are those of ``by`` that no source was found for: from memory.
    """

    by: tuple[str, ...]
    first: bool = False
    named: str | None = None
    sources: tuple[str, ...]
    unverified: tuple[str, ...] = ()


_NODE_CONFIG: Final = (
    "bootDiskKmsKey ephemeralStorageLocalSsdConfig guestAccelerators localSsdCount metadata "
    "minCpuPlatform oauthScopes preemptible serviceAccount shieldedInstanceConfig spot"
)

REPLACEMENTS: Final[dict[str, Replacement]] = {
    "aws:autoscaling/tag:Tag": Replacement(
        by=("autoscalingGroupName", "region", "tag.key"),
        sources=(f"{_TF_AWS}/autoscaling/group_tag.go@050ac11", *_AWS),
        unverified=("region",),  # every regional resource of version 7 has it
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": Replacement(
        by=("name", "namePrefix", "region"),
        named="name",
        sources=(f"{_TF_AWS}/ec2/ec2_launch_template.go@025e4f8", *_AWS),
        unverified=("region",),
    ),
    "aws:eks/nodeGroup:NodeGroup": Replacement(
        by=words(
            "amiType capacityType clusterName diskSize instanceTypes launchTemplate.id "
            "launchTemplate.name nodeGroupName nodeGroupNamePrefix nodeRoleArn region remoteAccess "
            "subnetIds"
        ),
        named="nodeGroupName",
        sources=(f"{_TF_AWS}/eks/node_group.go@012e0a3", *_AWS),
        unverified=("region",),
    ),
    "aws:iam/role:Role": Replacement(
        by=("name", "namePrefix", "path"),
        named="name",
        sources=(f"{_TF_AWS}/iam/role.go@0040ea6", *_AWS),
    ),
    "aws:iam/rolePolicy:RolePolicy": Replacement(
        by=("name", "namePrefix", "role"),
        named="name",
        sources=(f"{_TF_AWS}/iam/role_policy.go@02f97af", *_AWS),
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Replacement(
        by=("policyArn", "role"),
        first=True,
        sources=(f"{_TF_AWS}/iam/role_policy_attachment.go@04c7984", *_AWS),
    ),
    "aws:route53/record:Record": Replacement(
        by=("name", "zoneId"), sources=(f"{_TF_AWS}/route53/record.go@00655c1", *_AWS)
    ),
    "gcp:artifactregistry/repository:Repository": Replacement(
        by=("format", "kmsKeyName", "location", "mode", "project", "repositoryId"),
        sources=(
            f"{_TF_GCP}/services/artifactregistry/resource_artifact_registry_repository.go",
            _GCP,
        ),
    ),
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": Replacement(
        by=("condition", "location", "member", "project", "repository", "role"),
        sources=(
            f"{_TF_GCP}/services/artifactregistry/iam_artifact_registry_repository.go",
            f"{_TF_GCP}/tpgiamresource/resource_iam_member.go",
            _GCP,
        ),
    ),
    "gcp:container/nodePool:NodePool": Replacement(
        by=(
            *words("cluster initialNodeCount location maxPodsPerNode name namePrefix project"),
            "queuedProvisioning",
            *(f"nodeConfig.{key}" for key in words(_NODE_CONFIG)),
        ),
        named="name",
        sources=(
            f"{_TF_GCP}/services/container/resource_container_node_pool.go",
            f"{_TF_GCP}/services/container/node_config.go",
            _GCP,
        ),
    ),
    "gcp:dns/recordSet:RecordSet": Replacement(
        by=("managedZone", "name", "project"),
        sources=(f"{_TF_GCP}/services/dns/resource_dns_record_set.go", _GCP),
    ),
    "gcp:projects/iAMMember:IAMMember": Replacement(
        by=("condition", "member", "project", "role"),
        first=True,
        sources=(
            f"{_TF_GCP}/services/resourcemanager/iam_project.go",
            f"{_TF_GCP}/tpgiamresource/resource_iam_member.go",
            _GCP,
        ),
    ),
    "gcp:serviceaccount/account:Account": Replacement(
        by=("accountId", "project"),
        named="accountId",
        sources=(f"{_TF_GCP}/services/resourcemanager/resource_google_service_account.go", _GCP),
    ),
    "gcp:serviceaccount/key:Key": Replacement(
        by=("keepers", "keyAlgorithm", "privateKeyType", "publicKeyType", "serviceAccountId"),
        sources=(
            f"{_TF_GCP}/services/resourcemanager/resource_google_service_account_key.go",
            _GCP,
        ),
    ),
}
