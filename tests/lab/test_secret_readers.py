"""A pod that keeps an old secret fails long after the change: who reads what, by the charts.

Rendered by the real helm, with the charts that `LAB_CHARTS` chooses.
"""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.chart_choice import choose
from lab.charts import STANDINS
from model.derived.registry_access import registry_access
from model.derived.secret_readers import readers
from model.hub import Hub
from model.secrets import ROTATED, Fingerprint, Secret
from tests.values.hubs import example, hub, with_secrets
from values.charts.registry_helper import AUTH_SECRET
from values.releases import ReleasePlan, releases

pytestmark = pytest.mark.lab

HUBS = (
    "open-gke",
    "members-eks",
    "kubernetes-quay",
    "classic-open",
    "classic-members",
    "everything",
)
PODS = {"hub": "hub", "proxy": "proxy", "binderhub": "binderhub", "binder": "binderhub",
        "registry-helper": "registry-helper"}  # fmt: skip
"""Readers by the names of their workloads."""

Objects = list[dict[str, Any]]


@pytest.fixture(scope="module")
def helm(lab_tools: dict[str, Path]) -> Path:
    return lab_tools["helm"]


@cache
def charts() -> dict[str, str]:
    found = {name: str(chart.path) for name, chart in choose(None).items()}
    return found or {path.parent.name: str(path.parent) for path in STANDINS.glob("*/Chart.yaml")}


def rendered(helm: Path, plans: Iterable[ReleasePlan], changed: str = "") -> Objects:
    """All objects. Each secret is `<secret:NAME>`; a fingerprint tells whether it is of `changed`."""

    def text(leaf: Secret) -> str:
        return f"changed: {changed in leaf.of}" if isinstance(leaf, Fingerprint) else str(leaf)

    out: Objects = []
    for plan in plans:
        command = [str(helm), "template", plan.name, charts()[plan.chart], "--values", "-"]
        done = subprocess.run(
            command,
            input=yaml.safe_dump(with_secrets(plan.values, text)),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        out += [o for o in yaml.safe_load_all(done.stdout) if o]
    return out


def texts(secret: Mapping[str, Any]) -> dict[str, str]:
    """What a Secret holds, by key; docker's base64 in it is read too."""
    out = {k: base64.b64decode(v).decode() for k, v in (secret.get("data") or {}).items()}
    out |= secret.get("stringData") or {}
    for key, text in out.items():
        if key.endswith("config.json"):
            entries = json.loads(text).get("auths", {}).values()
            out[key] += "".join(base64.b64decode(e.get("auth", "")).decode() for e in entries)
    return out


def pod_templates(objects: Objects) -> dict[str, dict[str, Any]]:
    kinds = ("Deployment", "DaemonSet", "StatefulSet")
    return {o["metadata"]["name"]: o["spec"]["template"] for o in objects if o["kind"] in kinds}


def taken(pod: Mapping[str, Any], secrets: Mapping[str, dict[str, str]]) -> Iterator[str]:
    """Every text that a pod has from a Secret or in its own environment."""
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        for variable in container.get("env", []):
            yield str(variable.get("value", ""))
            if ref := variable.get("valueFrom", {}).get("secretKeyRef"):
                yield secrets[ref["name"]][ref["key"]]
        for source in container.get("envFrom", []):
            if ref := source.get("secretRef"):
                yield from secrets[ref["name"]].values()
    for volume in pod.get("volumes", []):
        sources = [volume, *volume.get("projected", {}).get("sources", [])]
        for source in (s["secret"] for s in sources if "secret" in s):
            held = secrets[source.get("secretName") or source["name"]]
            keys = [item["key"] for item in source.get("items", [])] or list(held)
            yield from (held[key] for key in keys)


def named(name: str) -> tuple[Hub, list[ReleasePlan]]:
    stack = example(name)
    assert stack.hub is not None
    return stack.hub, releases(stack.hub, stack.secrets_set)


@pytest.mark.parametrize("name", HUBS)
def test_the_table_names_exactly_the_pods_that_have_a_secret(helm: Path, name: str) -> None:
    hub_, plans = named(name)
    objects = rendered(helm, plans)
    secrets = {o["metadata"]["name"]: texts(o) for o in objects if o["kind"] == "Secret"}
    secrets[AUTH_SECRET] = {"auth_token": "<secret:registryHelperToken>"}  # made by the program
    found: dict[str, set[str]] = {}
    for workload, template in pod_templates(objects).items():
        held = "\n".join(taken(template["spec"], secrets))
        for used in {s for plan in plans for s in plan.secrets}:
            if f"<secret:{used}>" in held:
                found.setdefault(used, set()).add(PODS.get(workload, workload))
    assert found == {
        used: set(readers(registry_access(hub_), used)) for plan in plans for used in plan.secrets
    }


@pytest.mark.parametrize("name", HUBS)
def test_a_new_number_or_fingerprint_restarts_the_readers_and_nobody_else(
    helm: Path, name: str
) -> None:
    hub_, plans = named(name)
    secrets = example(name).secrets_set
    before = pod_templates(rendered(helm, plans))
    for used in sorted({s for plan in plans for s in plan.secrets}):
        ways = {"fingerprint": rendered(helm, plans, changed=used)}
        if used in ROTATED:
            number = dict(hub_.rotate).get(used, 0) + 1
            ways["number"] = rendered(helm, releases(hub(name, rotate={used: number}), secrets))
        for way, after in ways.items():
            pods = pod_templates(after)
            restarted = {PODS.get(pod, pod) for pod in pods if pods[pod] != before[pod]}
            assert restarted == set(readers(registry_access(hub_), used)), (used, way)
