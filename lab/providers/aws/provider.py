"""The provider object: settings, the table of resource types, what exists from the start."""

from __future__ import annotations

import os
import threading

from lab.providers.aws.asg_tag import Tag
from lab.providers.aws.context import AwsContext, AwsHandler
from lab.providers.aws.iam import Role, RolePolicy, RolePolicyAttachment
from lab.providers.aws.launch_template import LaunchTemplate
from lab.providers.aws.lookups import all_lookups
from lab.providers.aws.node_group import NodeGroup
from lab.providers.aws.route53 import Record
from lab.providers.sdk import seed as seeds
from lab.providers.sdk.provider import Props, StandinError
from lab.providers.sdk.records import Records
from lab.providers.sdk.resource_handlers import HandledProvider, json_setting

TYPES: tuple[type[AwsHandler], ...] = (
    NodeGroup,
    LaunchTemplate,
    Role,
    RolePolicy,
    RolePolicyAttachment,
    Tag,
    Record,
)


class AwsProvider(HandledProvider):
    """Amazon Web Services, as moto answers."""

    name = "aws"
    what = "makes its requests to a moto server on this machine; no cloud"
    config_class = "pulumi_aws:ProviderArgs"

    def __init__(self) -> None:
        super().__init__()
        self._settings: Props = {}
        self._lock = threading.Lock()

    def configured(self, settings: Props) -> None:
        self._settings = settings

    def open(self) -> None:
        with self._lock:
            if self.records is None:
                path = seeds.seed_file()
                self._fill(seeds.load(path), Records(seeds.records_dir(path) / "aws.json"))

    def _region(self) -> str:
        # The same fallbacks as the official provider's documentation names.
        for value in (
            self._settings.get("region"),
            os.environ.get("AWS_REGION"),
            os.environ.get("AWS_DEFAULT_REGION"),
        ):
            if value:
                return str(value)
        raise StandinError("the aws provider needs a region: set it on the provider")

    def _fill(self, seed: seeds.CloudSeed, records: Records) -> None:
        tags = (json_setting(self._settings, "defaultTags") or {}).get("tags") or {}
        context = AwsContext(seed=seed, records=records, region=self._region(), default_tags=tags)
        accounts = json_setting(self._settings, "allowedAccountIds")
        if accounts and context.aws.account not in accounts:
            raise StandinError(
                f"account {context.aws.account} is not in allowedAccountIds ({', '.join(accounts)})"
            )
        self.handlers = {kind.kind: kind(context) for kind in TYPES}
        self.lookups = all_lookups(context)
        fresh = not records.path.exists()
        self.records = records
        if fresh:
            self.make_existing(seed)
