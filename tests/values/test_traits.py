"""BinderHub's settings by class: the charts' schemas leave them open, so a misspelt one is silent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.values import charts
from tests.values.hubs import EXAMPLES, example, hub
from values.guards import traits
from values.guards.extra_values import check_values
from values.releases import releases

TABLES = {"service": ("2025-03-13", traits.SERVICE), "classic": ("2026-04-20", traits.CLASSIC)}


def unknown(config: dict[str, Any], table: dict[str, frozenset[str]]) -> list[str]:
    return [
        f"{name}.{trait}"
        for name, section in config.items()
        for trait in section
        if trait not in table.get(name, ())
    ]


@pytest.mark.parametrize("name", EXAMPLES)
def test_binderhub_knows_every_setting(name: str) -> None:
    stack = example(name)
    assert stack.hub is not None
    plan = releases(stack.hub, stack.secrets_set)[-1]
    table = traits.CLASSIC if plan.name == "binderhub" else traits.SERVICE
    assert plan.values["config"]["BinderHub"]
    assert unknown(plan.values["config"], table) == []


def test_a_misspelt_setting_would_be_seen() -> None:
    assert unknown({"BinderHub": {"image_prefx": "x"}}, traits.SERVICE) == ["BinderHub.image_prefx"]
    wrong = {"binderhub-service": {"config": {"RateLimiter": {"limt": 3}}}}
    found = {f.rule: f for f in check_values(hub("open-gke", extraValues=wrong))}
    assert found["BH127"].fix == "did you mean limit?"


@pytest.mark.parametrize("flavour", TABLES)
def test_our_table_is_what_the_application_says(flavour: str) -> None:
    date, table = TABLES[flavour]
    path = charts.folder() / f"binderhub-traits-{date}.json"
    if not path.is_file():
        pytest.skip(f"{path.name} is not in {charts.folder()}")
    real = {
        name: frozenset(entry["traits"])
        for name, entry in json.loads(path.read_text()).items()
        if entry["traits"] and not name.startswith("Fake")
    }
    assert dict(table) == real
