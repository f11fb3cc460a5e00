"""The provider object: settings, the table of resource types, what exists from the start."""

from __future__ import annotations

from lab.providers.aws.asg_tag import Tag
from lab.providers.aws.context import AwsContext
from lab.providers.aws.iam import Role, RolePolicy, RolePolicyAttachment
from lab.providers.aws.launch_template import LaunchTemplate
from lab.providers.aws.lookups import LOOKUPS
from lab.providers.aws.node_group import NodeGroup
from lab.providers.aws.route53 import Record
from lab.providers.sdk.provider import StandinError, config_json
from lab.providers.sdk.records import Records
from lab.providers.sdk.resource_handlers import CloudProvider
from lab.providers.sdk.seed import CloudSeed


class AwsProvider(CloudProvider[AwsContext]):
    """Amazon Web Services, as moto answers."""

    name = "aws"
    what = "makes its requests to a moto server on this machine; no cloud"
    types = (NodeGroup, LaunchTemplate, Role, RolePolicy, RolePolicyAttachment, Tag, Record)
    lookups = LOOKUPS

    def open(self, seed: CloudSeed, records: Records) -> AwsContext:
        # The same fallbacks as the official provider's documentation names.
        region = self.setting("region", "AWS_REGION", "AWS_DEFAULT_REGION")
        if not region:
            raise StandinError("the aws provider needs a region: set it on the provider")
        tags = (config_json(self.settings, "defaultTags") or {}).get("tags") or {}
        context = AwsContext(seed=seed, records=records, region=region, default_tags=tags)
        accounts = config_json(self.settings, "allowedAccountIds")
        if accounts and context.aws.account not in accounts:
            raise StandinError(
                f"account {context.aws.account} is not in allowedAccountIds ({', '.join(accounts)})"
            )
        return context
