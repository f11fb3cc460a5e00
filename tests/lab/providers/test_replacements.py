"""The table of replacements: whole, and what the stand-ins go by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab.providers.aws.provider import AwsProvider
from lab.providers.gcp.provider import GcpProvider
from lab.providers.sdk.property_values import Props
from lab.providers.sdk.replacements import REPLACEMENTS
from lab.providers.sdk.resource_handlers import DEFAULTS, CloudProvider
from tests.components.program import run
from tests.components.test_program import stack_text
from tests.lab.providers import test_aws, test_gcp
from tests.lab.providers.asking import difference

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_no_type_is_replaced_by_guesswork() -> None:
    kinds = {handler.kind for handler in (*AwsProvider.types, *GcpProvider.types)}
    assert kinds == REPLACEMENTS.keys()
    runs = [run(name, stack_text(name)) for name in ("ecology", "climate")]
    made = {m.type for r in runs for m in r.made.values() if m.type[:4] in ("aws:", "gcp:")}
    assert made == REPLACEMENTS.keys(), "a row for what the program makes, and for nothing else"
    for kind, row in REPLACEMENTS.items():
        assert set(row.unverified) <= set(row.by), kind
        assert all(".go" in source and "@" in source for source in row.sources), kind


@pytest.mark.parametrize(
    ("type", "change", "first"),
    [
        (test_aws.ATTACHMENT, {"role": "other"}, True),
        (test_aws.TAG, {"autoscalingGroupName": "other"}, False),
        (test_aws.RECORD, {"name": "other.example.org"}, False),
        (test_aws.ROLE, {"path": "/hub/"}, True),
        (test_aws.ROLE, {"path": "/hub/", DEFAULTS: ["name"]}, False),
        (test_aws.GROUP, {"subnetIds": ["subnet-2"]}, True),
        (test_aws.GROUP, {"nodeGroupName": "other"}, True),
        (test_aws.GROUP, {"labels": {}}, False),
        (test_gcp.PROJECT_MEMBER, {"role": "roles/viewer"}, True),
        (test_gcp.MEMBER, {"role": "roles/viewer"}, False),
        (test_gcp.KEY, {"keepers": {"rotate": "1"}}, False),
        (test_gcp.ACCOUNT, {"accountId": "another"}, True),
        (test_gcp.REPOSITORY, {"location": "us-west1"}, False),
    ],
)
def test_the_old_one_goes_first_where_the_bridge_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, type: str, change: Props, first: bool
) -> None:
    cloud: Any = test_aws if type.startswith("aws:") else test_gcp
    seed = tmp_path / "seed.json"
    seed.write_text(cloud.SEED.to_json())
    monkeypatch.setenv("LAB_CLOUD_SEED", str(seed))
    provider: CloudProvider[Any] = AwsProvider() if cloud is test_aws else GcpProvider()
    provider.configure({"region": "us-west-2", "project": "research-123"})
    old = json.loads(json.dumps(cloud.GOOD[type]))
    result = difference(provider, type, old, {**old, **change})
    assert result.delete_before_replace is first
