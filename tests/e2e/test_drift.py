"""What helm and kubectl change behind the engine's back: what a refresh sees of it, what it puts
right, and what else does. The official plugin decides this, and people rely on what we say about it.

The tests run in order and share one stack: what a refresh does not see is left for the one that
shows how it is repaired.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client import ApiException

from lab.cluster.control_plane import ControlPlane
from lab.engine.outcome import Outcome
from lab.engine.session import Session
from tests.e2e.conftest import Life
from tests.e2e.outside import compared, helm, values
from tests.examples import path_of
from values.releases import releases
from values.render import to_yaml

pytestmark = [pytest.mark.lab, pytest.mark.engine]

NAME = "drift"
RELEASE = "jupyterhub"


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory, control_plane: ControlPlane) -> Iterator[Life]:
    file = tmp_path_factory.mktemp(NAME) / f"Pulumi.{NAME}.yaml"
    shutil.copy(path_of("demo"), file)
    session = Session(file, control_plane)
    session.prepare()
    one = Life(session=session, kube=control_plane.client())
    one.edit("user", {"memory": {"limit": "3G"}})
    one.up()
    yield one
    session.destroy()
    one.kube.close()


def look(life: Life) -> Outcome:
    """The nightly check, with `--diff` to see what it found."""
    return life.run("preview", "--refresh", "--run-program", "--diff", "--expect-no-changes")


def up_with_refresh(life: Life) -> Outcome:
    done = life.run("up", "--yes", "--skip-preview", "--refresh", "--run-program")
    assert done.ok, done.text
    return done


def upgrade(life: Life, *words: str) -> None:
    plans = releases(life.session.hub, frozenset({"registryPassword"}))
    chart = next(plan.chart for plan in plans if plan.name == RELEASE)
    helm(life.session, "upgrade", RELEASE, chart, *words)


def singleuser(life: Life) -> dict[str, Any]:
    return dict(values(life.session, RELEASE)["singleuser"])


def deployments(life: Life, name: str, verb: str = "GET", **more: Any) -> dict[str, Any]:
    path = f"/apis/apps/v1/namespaces/{NAME}/deployments/{name}"
    return dict(life.kube.request(verb, path, **more))


def image_of_hub(life: Life) -> str:
    return str(deployments(life, "hub")["spec"]["template"]["spec"]["containers"][0]["image"])


def seen_as_no_change_and_left(life: Life) -> str:
    """What the nightly check printed, content with what it found."""
    looked = look(life)
    assert looked.ok, looked.text
    assert up_with_refresh(life).changes.keys() == {"unchanged"}
    return looked.text


def test_a_value_that_helm_changed_stays_until_an_up_with_refresh(life: Life) -> None:
    upgrade(life, "--reuse-values", "--set", "singleuser.memory.limit=7G")
    assert life.up().changes.keys() == {"unchanged"}
    assert singleuser(life)["memory"]["limit"] == "7G"
    looked = look(life)
    assert not looked.ok, "the nightly check must fail"
    assert '"7G" => "3G"' in looked.text
    assert up_with_refresh(life).changes["updated"] == 1
    assert singleuser(life)["memory"]["limit"] == "3G"
    assert look(life).ok


def test_a_value_that_helm_added_stays_and_only_hubctl_keeps_showing_it(life: Life) -> None:
    """The check is content, but prints it, in clear, until an update has taken it into the state."""
    assert compared(life.session).returncode == 0
    upgrade(life, "--reuse-values", "--set", "singleuser.extraEnv.BY_HAND=yes")
    assert '+ BY_HAND: "yes"' in seen_as_no_change_and_left(life)
    assert "BY_HAND" not in seen_as_no_change_and_left(life)
    assert singleuser(life)["extraEnv"]["BY_HAND"] == "yes"
    shown = compared(life.session)
    assert shown.returncode == 1 and "-    BY_HAND: 'yes'" in shown.stdout, shown


def test_a_value_that_helm_removed_stays_away_and_only_hubctl_shows_it(
    life: Life, tmp_path: Path
) -> None:
    left = values(life.session, RELEASE)
    del left["singleuser"]["memory"]["limit"]
    file = tmp_path / "left.yaml"
    file.write_text(to_yaml(left))
    upgrade(life, "--reset-values", "--values", str(file))
    seen_as_no_change_and_left(life)
    assert "limit" not in singleuser(life)["memory"]
    shown = compared(life.session)
    assert shown.returncode == 1 and "+    limit: 3G" in shown.stdout, shown


def test_what_kubectl_changes_inside_a_release_is_never_looked_at(life: Life) -> None:
    container = {"name": "hub", "image": "by-hand:1"}
    deployments(
        life, "hub", "PATCH",
        body={
            "metadata": {"annotations": {"by": "hand"}},
            "spec": {"template": {"spec": {"containers": [container]}}},
        },
        content_type="application/strategic-merge-patch+json",
    )  # fmt: skip
    deployments(life, "proxy", "DELETE")
    seen_as_no_change_and_left(life)
    assert image_of_hub(life) == "by-hand:1"
    with pytest.raises(ApiException, match="not found"):
        deployments(life, "proxy")


def test_any_change_of_a_value_puts_its_whole_release_right(life: Life) -> None:
    """But for what kubectl added: helm knows only of what its own manifest has or had."""
    life.edit("user", {"memory": {"limit": "4G"}})
    assert life.up().changes["updated"] == 1
    assert singleuser(life)["memory"]["limit"] == "4G"
    assert "BY_HAND" not in singleuser(life).get("extraEnv", {})
    assert image_of_hub(life) != "by-hand:1"
    assert deployments(life, "proxy")["status"]["readyReplicas"] == 1
    assert deployments(life, "hub")["metadata"]["annotations"]["by"] == "hand"
    assert compared(life.session).returncode == 0
    assert look(life).ok


def test_a_release_that_helm_uninstalled_is_made_again_by_an_up_with_refresh(life: Life) -> None:
    helm(life.session, "uninstall", RELEASE, "--wait")
    assert life.up().changes.keys() == {"unchanged"}
    looked = look(life)
    assert not looked.ok, "the nightly check must fail"
    assert looked.changes["to create"] == 1, looked.text
    assert up_with_refresh(life).changes["created"] == 1
    assert singleuser(life)["memory"]["limit"] == "4G"
    assert look(life).ok


def test_a_refresh_finds_a_cluster_that_moved_only_when_it_runs_the_program(
    life: Life, tmp_path: Path
) -> None:
    before, now = tmp_path / "before", tmp_path / "now"
    for place in (before, now):
        shutil.copy(life.session.run.kubeconfig, place)
    life.edit("cluster", {"kubeconfig": str(before)})
    life.up()
    life.edit("cluster", {"kubeconfig": str(now)})
    before.unlink()
    assert not life.run("preview", "--refresh").ok
    found = life.run("preview", "--refresh", "--run-program")
    assert found.ok, found.text
    life.up()
