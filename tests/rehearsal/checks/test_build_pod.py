"""The rehearsal's build pod against those that the real BinderHub of each chart made."""

from __future__ import annotations

import base64
import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from model.derived.pools import build_pool, quantity_bytes
from rehearsal.checks import build_pod, build_settings
from rehearsal.objects import DeployedObjects, Object
from tests.values.hubs import hub
from values.merge import merge
from values.releases import releases
from values.render import to_yaml

REAL = {path.stem: path for path in (Path(__file__).parent / "real_build_pods").glob("*.yaml")}
SNIPPETS = {
    "binderhub-service-01-build-pods-docker-config": "the chart's",
    "binderhub-service-02-set-docker-api": "the chart's",
}


def settings(name: str, **changes: Any) -> build_settings.BuildSettings:
    """Of the objects that the last release of an example makes, as far as builds look at them."""
    stack = hub(name, **changes)
    plan = releases(stack)[-1]
    values = yaml.safe_load(to_yaml(plan.values))
    env = {"HELM_RELEASE_NAME": plan.name, "PUSH_SECRET_NAME": "build-pods-docker-config"}
    secret, key = "binder-secret", "values.yaml"
    if plan.name == "binderhub-service":
        secret, key = "binderhub", "chart-config.yaml"
        values = merge(values, {"extraConfig": SNIPPETS})
    container = {"env": [{"name": k, "value": v} for k, v in env.items()]}
    items: dict[tuple[str, str], Object] = {
        ("Secret", secret): {"data": {key: base64.b64encode(to_yaml(values).encode()).decode()}},
        ("Deployment", "binderhub"): {
            "spec": {"template": {"spec": {"containers": [container]}}},
        },
    }
    return build_settings.settings(DeployedObjects(namespace=stack.ns, items=items))


def told(pod: Object) -> Object:
    """A pod as far as it says something: sizes in bytes, secrets' values and empty lists left out."""
    out = copy.deepcopy({k: pod[k] for k in ("metadata", "spec")})
    del_empty = [k for k, v in out["spec"].items() if v in ([], {})]
    for key in ("nodeSelector", *del_empty):
        out["spec"].pop(key, None)
    for one in out["spec"]["containers"]:
        one["env"] = [entry["name"] for entry in one.get("env") or []]
        one["resources"] = {
            kind: {what: quantity_bytes(size) for what, size in asked.items()}
            for kind, asked in one["resources"].items()
        }
    return out


@pytest.mark.parametrize("name", REAL)
def test_the_rehearsal_builds_in_another_pod_than_binderhub(name: str) -> None:
    made = build_pod.pod(settings(name))
    assert told(made) == told(yaml.safe_load(REAL[name].read_text()))
    assert made["spec"]["nodeSelector"] == build_pool(hub(name)).selector


@pytest.mark.parametrize(
    ("image", "ends"),
    [
        ("quay.io/jupyterhub/repo2docker:2024.07.0", False),
        ("quay.io/jupyterhub/repo2docker:2023.06.0", False),
        ("quay.io/jupyterhub/repo2docker:2024.07.0-161.g0e2f8d5", True),
        ("quay.io/jupyterhub/repo2docker:2025.08.0", True),
        ("quay.io/jupyterhub/repo2docker:2026.4.0", True),
        ("registry.lab.net:5000/repo2docker:main", True),
    ],
)
def test_a_chosen_repo2docker_is_told_what_it_ends_at(image: str, ends: bool) -> None:
    chosen = settings("open-gke", build={"repo2dockerImage": image})
    assert (
        build_pod.MEMORY_FLAG in build_pod.pod(chosen)["spec"]["containers"][0]["args"]
    ) is not ends
    assert list(build_pod.check_command(chosen)) == []
    forced = replace(chosen, memory_flag=True)
    assert bool(list(build_pod.check_command(forced))) is ends
