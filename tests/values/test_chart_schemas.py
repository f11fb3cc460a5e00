"""Values against the real charts: a misspelt key would fail the installation."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft7Validator

from tests.values import charts
from tests.values.hubs import EXAMPLES, example
from values import pins
from values.releases import ReleasePlan, releases

PINS = {
    "jupyterhub": pins.JUPYTERHUB,
    "binderhub-service": pins.BINDERHUB_SERVICE,
    "binderhub": pins.BINDERHUB,
}


def problems(schema: dict[str, Any], values: Any) -> list[str]:
    return [
        f"{'.'.join(map(str, e.absolute_path))}: {e.message[:200]}"
        for e in Draft7Validator(schema).iter_errors(values)
    ]


def plans(name: str) -> list[ReleasePlan]:
    stack = example(name)
    assert stack.hub is not None
    return releases(stack.hub, stack.secrets_set)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_charts_accept_every_example(name: str) -> None:
    checked = 0
    for plan in plans(name):
        if plan.name not in PINS:
            continue  # the registry helper's chart has no schema
        schema, defaults = charts.load(PINS[plan.name])
        merged = charts.coalesce(defaults, plan.values)
        assert problems(schema, merged) == [], plan.name
        if plan.name == "binderhub":
            # Its own jupyterhub is an earlier one of the same chart, with a schema of its own.
            sub_schema, sub_defaults = charts.load(pins.JUPYTERHUB)
            sub = charts.coalesce(sub_defaults, merged["jupyterhub"])
            assert problems(sub_schema, sub) == [], "binderhub's jupyterhub"
        checked += 1
    assert checked


def test_a_misspelt_key_would_be_seen() -> None:
    schema, defaults = charts.load(pins.JUPYTERHUB)
    merged = charts.coalesce(defaults, plans("open-gke")[0].values)
    merged["singleuser"]["storge"] = {}
    assert problems(schema, merged)


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_list_of_ours_stands_where_the_chart_has_a_map(name: str) -> None:
    """Helm warns and drops the one or the other."""
    for plan in plans(name):
        if plan.name in PINS:
            _, defaults = charts.load(PINS[plan.name])
            assert list(clashes(defaults, plan.values)) == []


def clashes(defaults: Any, values: Any, path: str = "") -> Any:
    for key, value in values.items() if isinstance(values, dict) else ():
        below = defaults.get(key) if isinstance(defaults, dict) else None
        kinds = (isinstance(below, dict), isinstance(value, dict))
        if all(kinds):
            yield from clashes(below, value, f"{path}.{key}")
        elif any(kinds) and value is not None and below not in (None, {}, ""):
            yield f"{path}.{key}: {type(value).__name__} over {type(below).__name__}"
