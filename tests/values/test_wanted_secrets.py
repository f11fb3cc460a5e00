"""Every secret of a hub has one source, and nobody is asked for what the program makes."""

from __future__ import annotations

import pytest

from tests.values.hubs import EXAMPLES, example, hub
from values.releases import releases
from values.wanted_secrets import secrets_to_set, wanted_secrets


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_secret_comes_from_one_place(name: str) -> None:
    stack = example(name)
    assert stack.hub is not None
    plans = releases(stack.hub, stack.secrets_set)
    wanted = wanted_secrets(stack.hub, plans)
    sources = [*wanted.generated, *wanted.of_registry, *wanted.of_operator]
    assert sorted(sources) == sorted({used for plan in plans for used in plan.secrets})
    assert wanted.of_operator <= stack.secrets_set, "a valid stack file has set them"
    assert secrets_to_set(stack.hub, stack.secrets_set) == []


def test_what_users_read_has_to_be_set() -> None:
    asked = hub("open-gke", user={"environment": {"KEY": {"secret": "courseKey"}}})
    assert secrets_to_set(asked, ()) == ["courseKey"]
    assert secrets_to_set(asked, ["courseKey"]) == []
    assert wanted_secrets(asked, releases(asked)).rotated >= {"registryKey", "proxyToken"}


def test_what_extra_values_leave_out_is_not_asked_for() -> None:
    jupyterhub = {"hub": {"db": {"url": "sqlite:///x", "type": "other"}}}
    external = hub("open-gke", database={"kind": "external"})
    without = hub("open-gke", database={"kind": "external"}, extraValues={"jupyterhub": jupyterhub})
    assert secrets_to_set(external, ()) == ["databaseUrl"]
    assert secrets_to_set(without, ()) == []
