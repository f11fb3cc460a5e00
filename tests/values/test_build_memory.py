"""A newer repo2docker ends when it is told how much memory a build may use: every build would fail."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from model.derived.resolved import ResolvedHub
from tests.values.hubs import at, hub
from values.releases import releases
from values.sections.binderhub_config import BUILD_MEMORY, extra_config
from values.sections.fragments import fragment

NEWER = "quay.io/jupyterhub/repo2docker:2025.08.0"


class Executor:
    """BinderHub's, as far as the fragment sees it."""

    def __init__(self, *options: str) -> None:
        self.options = list(options)

    def get_r2d_cmd_options(self) -> list[str]:
        return list(self.options)


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The class that the fragment gives to BinderHub."""
    module = ModuleType("binderhub.build")
    module.KubernetesBuildExecutor = Executor  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "binderhub", ModuleType("binderhub"))
    monkeypatch.setitem(sys.modules, "binderhub.build", module)
    config = SimpleNamespace(BinderHub=SimpleNamespace())
    exec(fragment("build_memory"), {"c": config})
    return config.BinderHub.build_class


def test_the_option_and_its_value_go_and_nothing_else(executor: Any) -> None:
    assert issubclass(executor, Executor), "settings of KubernetesBuildExecutor must stay in force"
    before = ["--push", "--build-memory-limit", "4294967296", "--debug"]
    assert executor(*before).get_r2d_cmd_options() == ["--push", "--debug"]
    assert executor("--push").get_r2d_cmd_options() == ["--push"]


@pytest.mark.parametrize(
    ("name", "image", "there"),
    [
        ("open-gke", NEWER, True),
        ("open-gke", "quay.io/jupyterhub/repo2docker:2024.07.0", False),
        ("open-gke", None, False),
        ("classic-open", NEWER, False),
    ],
)
def test_it_is_there_where_builds_would_end_at_once(
    name: str, image: str | None, there: bool
) -> None:
    changed = hub(name, build={"repo2dockerImage": image})
    assert (BUILD_MEMORY in extra_config(ResolvedHub(changed))) is there


def test_no_build_pod_asks_for_memory_above_a_limit_of_nothing() -> None:
    """Kubernetes refuses it; BinderHub writes a limit that it was not given as 0."""
    build = at(releases(hub("open-gke"))[-1].values, "config.KubernetesBuildExecutor")
    assert build["memory_request"] and build["memory_limit"]


def test_the_newer_binderhub_is_not_given_what_it_calls_deprecated() -> None:
    build = at(releases(hub("classic-open"))[-1].values, "config.KubernetesBuildExecutor")
    assert build["resources"] == {"requests": {"memory": "1Gi"}, "limits": {"memory": "4Gi"}}
    assert not {"memory_request", "memory_limit"} & set(build)


def test_without_a_rate_limit_there_is_none() -> None:
    config = releases(hub("open-gke", launch={"rateLimit": None}))[-1].values["config"]
    assert config["RateLimiter"] == {"limit": 0}
