"""Which releases a hub has, in which order, from which charts."""

from __future__ import annotations

from typing import Any

import pytest

from model.derived.flavour import release_names
from tests.values.hubs import EXAMPLES, example, hub
from values.releases import releases


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_chart_is_pinned_and_comes_after_what_it_needs(name: str) -> None:
    stack = example(name)
    assert stack.hub is not None
    plans = releases(stack.hub, stack.secrets_set)
    assert tuple(p.name for p in plans) == release_names(stack.hub)
    done: set[str] = set()
    for plan in plans:
        assert set(plan.after) <= done, f"{plan.name} before what it needs"
        done.add(plan.name)
        assert plan.version and plan.version[0].isdigit() and plan.repository
        assert plan.timeout >= 900


def test_binderhub_would_start_without_its_token_before_jupyterhub() -> None:
    plans = {p.name: p for p in releases(hub("members-eks"))}
    assert plans["binderhub-service"].after == ("registry-helper", "jupyterhub")
    values = plans["registry-helper"].values
    assert values["auth_existing_secret_name"] and "auth_token" not in values
    role = values["serviceAccount"]["annotations"]["eks.amazonaws.com/role-arn"]
    assert role == "arn:aws:iam::123456789012:role/binder-members-eks-registry"
    service = plans["binderhub-service"].values["config"]["ExternalRegistryHelper"]["service_url"]
    assert service == f"http://{values['fullnameOverride']}.members-eks.svc.cluster.local:8080"


SOURCES: list[tuple[dict[str, Any], tuple[str, str | None, str | None]]] = [
    ({"version": "5.0.0"}, ("jupyterhub", "5.0.0", "https://hub.jupyter.org/helm-chart/")),
    ({"source": "https://charts.lab.net/"}, ("jupyterhub", "4.4.0", "https://charts.lab.net/")),
    ({"source": "oci://registry.lab.net/jupyterhub"}, ("oci://registry.lab.net/jupyterhub", "4.4.0", None)),
    ({"source": "./charts/jupyterhub"}, ("./charts/jupyterhub", None, None)),
]  # fmt: skip


@pytest.mark.parametrize(("pin", "wanted"), SOURCES)
def test_a_chart_from_elsewhere_is_found_there(
    pin: dict[str, Any], wanted: tuple[str, ...]
) -> None:
    changed = hub("open-gke", chart={"kind": "binderhub-service", "jupyterhub": pin})
    plan = releases(changed)[0]
    assert (plan.chart, plan.version, plan.repository) == wanted


def test_extra_values_are_merged_last_as_helm_merges() -> None:
    extra = {"jupyterhub": {"singleuser": {"startTimeout": 60, "cmd": None}, "cull": {"every": 5}}}
    values = releases(hub("open-gke", extraValues=extra))[0].values
    assert values["singleuser"]["startTimeout"] == 60 and values["singleuser"]["cmd"] is None
    assert values["cull"]["every"] == 5 and values["cull"]["enabled"] is True
