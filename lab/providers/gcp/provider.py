"""The provider object: settings, the table of resource types, what exists from the start."""

from __future__ import annotations

import os
import threading

from lab.providers.gcp.context import GcpContext, GcpHandler
from lab.providers.gcp.dns import RecordSet
from lab.providers.gcp.iam import Account, Key, ProjectIamMember
from lab.providers.gcp.lookups import all_lookups
from lab.providers.gcp.node_pool import NodePool
from lab.providers.gcp.registry import ImageRepository, RepositoryIamMember
from lab.providers.sdk import seed as seeds
from lab.providers.sdk.provider import Props, StandinError, config_bool
from lab.providers.sdk.records import Records
from lab.providers.sdk.resource_handlers import HandledProvider, json_setting

TYPES: tuple[type[GcpHandler], ...] = (
    NodePool,
    ImageRepository,
    RepositoryIamMember,
    Account,
    Key,
    ProjectIamMember,
    RecordSet,
)


class GcpProvider(HandledProvider):
    """Google Cloud, recorded."""

    name = "gcp"
    what = "records resources and checks requests against Google's API documents; no cloud"
    config_class = "pulumi_gcp:ProviderArgs"

    def __init__(self) -> None:
        super().__init__()
        self._settings: Props = {}
        self._lock = threading.Lock()

    def configured(self, settings: Props) -> None:
        self._settings = settings

    def _setting(self, key: str, *variables: str) -> str | None:
        if key in self._settings:
            return str(self._settings[key])
        # The same fallbacks as the official provider's documentation names.
        return next((os.environ[name] for name in variables if os.environ.get(name)), None)

    def open(self) -> None:
        with self._lock:
            if self.records is None:
                path = seeds.seed_file()
                self._fill(seeds.load(path), Records(seeds.records_dir(path) / "gcp.json"))

    def _attribution(self) -> str | None:
        if not config_bool(self._settings, "addPulumiAttributionLabel", default=True):
            return None
        strategy = self._settings.get("pulumiAttributionLabelAdditionStrategy", "CREATION_ONLY")
        if strategy not in ("CREATION_ONLY", "PROACTIVE"):
            what = "pulumiAttributionLabelAdditionStrategy"
            raise StandinError(f"{what}: {strategy!r} is not CREATION_ONLY or PROACTIVE")
        return str(strategy)

    def _fill(self, seed: seeds.CloudSeed, records: Records) -> None:
        # Without a setting, the caller's credentials lead to a project: here, the seed's.
        own = seed.gcp.project if seed.gcp else None
        project = self._setting("project", "GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT") or own
        context = GcpContext(
            seed=seed,
            records=records,
            project=project,
            region=self._setting("region", "GOOGLE_REGION"),
            zone=self._setting("zone", "GOOGLE_ZONE"),
            default_labels=json_setting(self._settings, "defaultLabels") or {},
            attribution=self._attribution(),
        )
        self.handlers = {kind.kind: kind(context) for kind in TYPES}
        self.lookups = all_lookups(context)
        fresh = not records.path.exists()
        self.records = records
        if fresh:
            self.make_existing(seed)
