"""The provider object: settings, the table of resource types, what exists from the start."""

from __future__ import annotations

from lab.providers.gcp.context import GcpContext
from lab.providers.gcp.dns import RecordSet
from lab.providers.gcp.iam import Account, Key, ProjectIamMember
from lab.providers.gcp.lookups import LOOKUPS
from lab.providers.gcp.node_pool import NodePool
from lab.providers.gcp.registry import ImageRepository, RepositoryIamMember
from lab.providers.sdk.provider import StandinError, config_bool, config_json
from lab.providers.sdk.records import Records
from lab.providers.sdk.resource_handlers import CloudProvider
from lab.providers.sdk.seed import CloudSeed


class GcpProvider(CloudProvider[GcpContext]):
    """Google Cloud, recorded."""

    name = "gcp"
    what = "records resources and checks requests against Google's API documents; no cloud"
    types = (
        NodePool,
        ImageRepository,
        RepositoryIamMember,
        Account,
        Key,
        ProjectIamMember,
        RecordSet,
    )
    lookups = LOOKUPS

    def open(self, seed: CloudSeed, records: Records) -> GcpContext:
        # The same fallbacks as the official provider's documentation names; without a setting,
        # the caller's credentials lead to a project: here, the seed's.
        own = seed.gcp.project if seed.gcp else None
        return GcpContext(
            seed=seed,
            records=records,
            project=self.setting("project", "GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT") or own,
            region=self.setting("region", "GOOGLE_REGION"),
            zone=self.setting("zone", "GOOGLE_ZONE"),
            default_labels=config_json(self.settings, "defaultLabels") or {},
            attribution=self._attribution(),
        )

    def _attribution(self) -> str | None:
        if not config_bool(self.settings, "addPulumiAttributionLabel", default=True):
            return None
        strategy = self.settings.get("pulumiAttributionLabelAdditionStrategy", "CREATION_ONLY")
        if strategy not in ("CREATION_ONLY", "PROACTIVE"):
            what = "pulumiAttributionLabelAdditionStrategy"
            raise StandinError(f"{what}: {strategy!r} is not CREATION_ONLY or PROACTIVE")
        return str(strategy)
