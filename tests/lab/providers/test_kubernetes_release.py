"""Helm releases in the stand-in, with a helm of our own that notes how it was called."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.providers.kubernetes.access import KubeconfigAccess
from lab.providers.kubernetes.helm import Helm, HelmFailed
from lab.providers.kubernetes.helm_arguments import chart_arguments, release_arguments
from lab.providers.kubernetes.masking import Mask
from lab.providers.kubernetes.release import TYPE, ReleaseHandler
from lab.providers.kubernetes.release_state import resource_names
from lab.providers.kubernetes.settings import ProviderSettings
from lab.providers.kubernetes.trouble import describe_pod, warnings
from lab.providers.sdk.property_diff import Kind
from lab.providers.sdk.property_values import UNKNOWN, Props, SecretValue
from lab.providers.sdk.provider import InitFailed, Request, StandinError

PASSWORD = "correct-horse-battery"


def ask(inputs: Props, **more: Any) -> Request:
    """What the engine asks about release `hub`."""
    return Request(type=TYPE, name="hub", inputs=inputs, **more)


FAKE = """
import json, os, stat, sys, time
folder = os.environ["FAKE_HELM"]
plan = json.load(open(folder + "/plan.json"))
verb = sys.argv[1]
seen = {"argv": sys.argv[1:], "env": {k: v for k, v in os.environ.items() if "HELM" in k}}
if "--values" in sys.argv:
    path = sys.argv[sys.argv.index("--values") + 1]
    seen["values"] = json.load(open(path))
    seen["mode"] = stat.S_IMODE(os.stat(path).st_mode)
    seen["path"] = path
with open(folder + "/calls.jsonl", "a") as log:
    log.write(json.dumps(seen) + "\\n")
step = plan.get(verb, {})
time.sleep(step.get("sleep", 0))
if "error" in step:
    sys.exit("Error: " + step["error"].replace("VALUES", json.dumps(seen.get("values"))))
print(step.get("out", ""))
"""


def document(**more: Any) -> dict[str, Any]:
    manifest = "kind: Secret\napiVersion: v1\nmetadata: {name: s}\n"
    chart = {"metadata": {"name": "tiny", "version": "0.1.0", "appVersion": "9"}}
    return {
        "name": "hub",
        "namespace": "ns",
        "version": 3,
        "info": {"status": "deployed"},
        "chart": chart,
        "config": {"password": PASSWORD, "n": 1},
        "manifest": manifest,
        **more,
    }


class FakeCluster:
    """Where a release would go; helm is ours, so nothing is asked of it but its folder."""

    default_namespace = "ns"

    def __init__(self) -> None:
        self.settings = ProviderSettings(kubeconfig={"clusters": []})
        self.access = KubeconfigAccess(self.settings)

    def namespaced(self, api_version: str, kind: str) -> bool:
        return False

    def reachable(self) -> bool:
        return True

    def list(self, api_version: str, kind: str, namespace: str) -> list[Any]:
        return []


class Lab:
    """Releases over the fake helm; ``plan`` says what helm does for each verb."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cluster: Any = FakeCluster()
        self.helm = Helm(self.cluster)
        self.releases = ReleaseHandler(self.cluster, lambda *line: None, self.helm)
        self.plan()

    def plan(self, **verbs: Any) -> None:
        show = {"out": yaml.safe_dump({"name": "tiny", "version": "0.1.0"})}
        verbs.setdefault("show", show)
        for verb in ("install", "upgrade", "status"):
            verbs.setdefault(verb, {"out": json.dumps(document())})
        meta = {"chart": "tiny", "version": "0.1.0", "appVersion": "9"}
        verbs.setdefault("get", {"out": json.dumps(meta)})
        (self.folder / "plan.json").write_text(json.dumps(verbs))

    def calls(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "calls.jsonl").open()]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    helm = tmp_path / "helm"
    helm.write_text(f"#!{sys.executable}\n{FAKE}")
    helm.chmod(0o755)
    monkeypatch.setenv("LAB_HELM", str(helm))
    monkeypatch.setenv("FAKE_HELM", str(tmp_path))
    one = Lab(tmp_path)
    yield one
    one.cluster.access.close()


def inputs(**more: Any) -> dict[str, Any]:
    return {
        "name": "hub",
        "namespace": "ns",
        "chart": "./tiny",
        "version": "0.1.0",
        "timeout": 60,
        "atomic": True,
        "values": {"password": SecretValue(PASSWORD), "n": 1, "off": None},
        **more,
    }


def test_a_secret_value_is_in_a_private_file_only_and_the_file_goes_away(lab: Lab) -> None:
    id, outputs = lab.releases.create(ask(inputs()))
    call = lab.calls()[-1]
    assert id == "ns/hub"
    assert call["values"] == {"password": PASSWORD, "n": 1, "off": None}
    assert call["mode"] == 0o600
    assert not Path(call["path"]).exists()
    assert PASSWORD not in json.dumps(call["argv"]) and PASSWORD not in json.dumps(call["env"])
    assert outputs["values"]["password"] == SecretValue(PASSWORD)
    assert "manifest" not in outputs
    assert outputs["status"]["revision"] == 3
    assert outputs["resourceNames"] == {"Secret/v1": ["s"]}


def test_the_private_file_goes_away_after_a_failure_too(lab: Lab) -> None:
    lab.plan(install={"error": "boom"}, status={"error": "release: not found"})
    with pytest.raises(StandinError, match="helm install of release ns/hub failed: boom"):
        lab.releases.create(ask(inputs()))
    assert not Path(next(c for c in lab.calls() if "path" in c)["path"]).exists()


def test_helms_message_does_not_show_a_secret(lab: Lab) -> None:
    lab.plan(install={"error": "bad values VALUES"}, status={"error": "release: not found"})
    with pytest.raises(StandinError) as caught:
        lab.releases.create(ask(inputs()))
    assert PASSWORD not in str(caught.value)
    assert "bad values" in str(caught.value)


def test_a_release_left_failed_is_kept_in_state(lab: Lab) -> None:
    now = datetime.now(UTC).isoformat()
    failed = document(info={"status": "failed", "last_deployed": now})
    lab.plan(install={"error": "timed out"}, status={"out": json.dumps(failed)})
    with pytest.raises(InitFailed) as caught:
        lab.releases.create(ask(inputs(atomic=False)))
    assert caught.value.id == "ns/hub"
    assert caught.value.outputs["status"]["status"] == "failed"


@pytest.mark.parametrize("status", ["deployed", "failed"])
def test_an_install_that_never_began_does_not_adopt_an_old_release(lab: Lab, status: str) -> None:
    old = document(info={"status": status, "last_deployed": "2026-01-01T00:00:00.123456789Z"})
    lab.plan(install={"error": "chart not found"}, status={"out": json.dumps(old)})
    with pytest.raises(StandinError, match="chart not found") as caught:
        lab.releases.create(ask(inputs()))
    assert not isinstance(caught.value, InitFailed)


def test_a_name_in_use_is_not_recorded_as_ours(lab: Lab) -> None:
    lab.plan(install={"error": "INSTALLATION FAILED: cannot re-use a name that is still in use"})
    with pytest.raises(StandinError, match=r"import_='ns/hub'.*helm uninstall hub") as caught:
        lab.releases.create(ask(inputs()))
    assert not isinstance(caught.value, InitFailed)


@pytest.mark.parametrize(
    ("history", "command"),
    [
        ([(1, "superseded"), (2, "deployed"), (3, "pending-upgrade")], "helm rollback hub 2 "),
        ([(1, "pending-install")], "helm uninstall hub "),
    ],
)
def test_a_locked_release_says_the_command_that_frees_it(
    lab: Lab, history: list[tuple[int, str]], command: str
) -> None:
    state = history[-1][1]
    lab.plan(
        upgrade={"error": "another operation (install/upgrade/rollback) is in progress"},
        status={"out": json.dumps(document(info={"status": state}))},
        history={"out": json.dumps([{"revision": r, "status": s} for r, s in history])},
    )
    with pytest.raises(StandinError, match=f"in state {state}.*{command}--namespace ns"):
        lab.releases.update(ask(inputs()))


def test_an_upgrade_that_never_began_leaves_the_state_as_it_was(lab: Lab) -> None:
    """Or the state would have the new values, and after an import not the old hub's secrets."""
    old = document(info={"status": "deployed", "last_deployed": "2026-01-01T00:00:00Z"})
    lab.plan(upgrade={"error": "values don't meet the schema"}, status={"out": json.dumps(old)})
    with pytest.raises(StandinError, match="the schema") as caught:
        lab.releases.update(ask(inputs()))
    assert not isinstance(caught.value, InitFailed)


def test_a_cancel_ends_helm_and_still_reads_what_is_left(lab: Lab) -> None:
    now = datetime.now(UTC).isoformat()
    left = document(info={"status": "failed", "last_deployed": now})
    lab.plan(upgrade={"sleep": 30}, status={"out": json.dumps(left)})
    threading.Timer(0.7, lab.helm.cancel).start()
    began = time.monotonic()
    with pytest.raises(InitFailed, match="cancelled"):
        lab.releases.update(ask(inputs()))
    assert time.monotonic() - began < 10
    with pytest.raises(HelmFailed, match="not started"):
        lab.helm.run(["upgrade"], Mask())


def test_a_preview_runs_nothing_and_leaves_unknown_what_only_helm_knows(lab: Lab) -> None:
    _, outputs = lab.releases.create(ask(inputs(), preview=True))
    assert outputs["status"] is UNKNOWN and outputs["resourceNames"] is UNKNOWN
    assert not (lab.folder / "calls.jsonl").exists()


def test_the_exact_version_is_resolved_even_when_a_value_is_unknown(lab: Lab) -> None:
    given = {"chart": "./tiny", "version": "~0.1", "values": {"a": UNKNOWN}}
    checked, failures = lab.releases.check(ask(given))
    assert not failures
    assert checked["version"] == "0.1.0"
    assert checked["values"] == {"a": UNKNOWN}
    assert checked["namespace"] == "ns" and checked["timeout"] == 300
    assert checked["name"].startswith("hub-")


def test_a_wrong_chart_is_found_in_the_preview(lab: Lab) -> None:
    lab.plan(show={"error": 'path "./nope" not found'})
    _, failures = lab.releases.check(ask({"chart": "./nope"}))
    assert failures[0].property == "chart" and '"./nope" not found' in failures[0].reason


def test_an_input_that_would_be_ignored_is_refused(lab: Lab) -> None:
    _, failures = lab.releases.check(ask({"chart": "c", "valueYamlFiles": ["x"]}))
    assert [f.property for f in failures] == ["valueYamlFiles"]


def changed(lab: Lab, old: dict[str, Any], new: dict[str, Any], *ignore: str) -> Any:
    """What a program that says `new` changes of a release installed with `old`."""
    return lab.releases.diff(ask(new, old_inputs=old, state=old, ignore=ignore))


def test_a_null_value_is_a_change_of_its_own(lab: Lab) -> None:
    old, new = inputs(values={"a": {"b": 1}}), inputs(values={"a": {"b": None}})
    assert changed(lab, old, new).detailed == {"values.a.b": Kind.UPDATE}
    assert changed(lab, new, inputs(values={"a": {}})).detailed == {"values.a.b": Kind.DELETE}


def test_one_changed_value_is_one_path_and_no_replacement(lab: Lab) -> None:
    new = inputs(values={**inputs()["values"], "files": {"01-x.py": "pass"}})
    result = changed(lab, inputs(), new)
    assert result.detailed == {"values.files": Kind.ADD} and not result.replaces
    assert changed(lab, inputs(), inputs(namespace="other")).replaces == ["namespace"]
    assert not changed(lab, inputs(), new, "values").changes
    assert not changed(lab, inputs(), inputs(skipAwait=False, description="")).changes


def test_values_changed_by_hand_are_in_the_state_only_and_are_put_right(lab: Lab) -> None:
    """What is secret stays so; what helm has beside it is in clear, as officially."""
    by_hand = {"password": "changed-by-hand", "n": 1, "new": "x"}
    lab.plan(
        status={"out": json.dumps(document(config=by_hand))},
        get={"out": json.dumps({"chart": "tiny", "version": "0.2.0"})},
    )
    assert not changed(lab, inputs(), inputs()).changes
    found = lab.releases.read(ask(inputs(), id="ns/hub", state=inputs()))
    assert found is not None and found.inputs == inputs()
    assert found.outputs["values"] == {
        "password": SecretValue("changed-by-hand"), "n": 1, "off": None, "new": "x"
    }  # fmt: skip
    changes = lab.releases.diff(ask(inputs(), old_inputs=found.inputs, state=found.outputs))
    assert changes.detailed == {"values.password": Kind.UPDATE, "version": Kind.UPDATE}
    assert changes.of_state, "the engine must show the value that helm has"


def test_a_value_that_helm_lost_is_no_difference_and_stays_as_last_seen(lab: Lab) -> None:
    lab.plan(status={"out": json.dumps(document(config={"password": PASSWORD}))})
    found = lab.releases.read(ask(inputs(), id="ns/hub", state=inputs()))
    assert found is not None and found.outputs["values"]["n"] == 1
    assert not lab.releases.diff(
        ask(inputs(), old_inputs=found.inputs, state=found.outputs)
    ).changes
    seen = inputs(values={"password": SecretValue(PASSWORD), "n": 7})
    found = lab.releases.read(ask(inputs(), id="ns/hub", state=seen))
    assert found is not None
    changes = lab.releases.diff(ask(inputs(), old_inputs=found.inputs, state=found.outputs))
    assert changes.detailed["values.n"] == Kind.UPDATE


def test_a_refresh_without_drift_changes_nothing(lab: Lab) -> None:
    lab.plan(
        status={"out": json.dumps(document(config={"password": PASSWORD, "n": 1, "off": None}))}
    )
    found = lab.releases.read(ask(inputs(), id="ns/hub", state=inputs()))
    assert found is not None and found.inputs == inputs()
    assert not lab.releases.diff(
        ask(inputs(), old_inputs=found.inputs, state=found.outputs)
    ).changes


def test_an_import_hides_nothing_and_is_an_update_of_every_option(lab: Lab) -> None:
    """As officially: whoever shows the difference of an import shows the old hub's secrets."""
    found = lab.releases.read(ask({}, id="ns/hub", state={}))
    assert found is not None
    assert found.inputs["values"] == found.outputs["values"] == {"password": PASSWORD, "n": 1}
    program = inputs(cleanupOnFail=True, maxHistory=10, values={"password": PASSWORD, "n": 2})
    changes = lab.releases.diff(ask(program, old_inputs=found.inputs, state=found.outputs))
    options = ("atomic", "cleanupOnFail", "timeout", "maxHistory")
    assert changes.detailed == {
        **dict.fromkeys(options, Kind.ADD), "chart": Kind.UPDATE, "values.n": Kind.UPDATE
    }  # fmt: skip
    assert not changes.replaces


def test_a_release_that_is_gone_is_gone(lab: Lab) -> None:
    lab.plan(status={"error": "release: not found"})
    assert lab.releases.read(ask(inputs(), id="ns/hub", state=inputs())) is None


def test_an_unreadable_release_is_not_taken_for_gone(lab: Lab) -> None:
    lab.plan(status={"error": "Kubernetes cluster unreachable"})
    with pytest.raises(StandinError, match="could not read release ns/hub"):
        lab.releases.read(ask(inputs(), id="ns/hub", state=inputs()))


def test_options_become_helms_flags(tmp_path: Path) -> None:
    release = {
        "name": "hub",
        "namespace": "ns",
        "chart": "oci://registry.example.org/tiny",
        "version": "1.0.0",
        "atomic": True,
        "cleanupOnFail": True,
        "createNamespace": True,
        "skipCrds": True,
        "waitForJobs": True,
        "maxHistory": 5,
    }
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    install, _ = release_arguments("install", release, tmp_path / "a")
    assert install[:3] == ["install", "hub", "oci://registry.example.org/tiny"]
    wanted = {"--atomic", "--wait", "--wait-for-jobs", "--create-namespace", "--skip-crds"}
    assert wanted <= set(install)
    assert "--cleanup-on-fail" not in install  # helm install does not know it
    upgrade, _ = release_arguments("upgrade", {**release, "skipAwait": True}, tmp_path / "b")
    assert "--cleanup-on-fail" in upgrade and "--wait" not in upgrade
    assert upgrade[upgrade.index("--history-max") + 1] == "5"


@pytest.mark.parametrize(
    ("chart", "repo"),
    [("oci://registry.example.org/tiny", ""), ("tiny", "https://charts.example.org")],
)
def test_a_repository_password_is_never_an_argument(tmp_path: Path, chart: str, repo: str) -> None:
    options = {"repo": repo, "username": "robot", "password": PASSWORD}
    _, arguments, env = chart_arguments({"chart": chart, "repositoryOpts": options}, tmp_path)
    assert PASSWORD not in " ".join(arguments) + " ".join(env.values())
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    assert [path.stat().st_mode & 0o777 for path in files] == [0o600]


def test_a_missing_helm_says_where_it_was_looked_for(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_HELM", "/nonexistent/helm")
    with pytest.raises(StandinError, match="LAB_HELM=/nonexistent/helm"):
        lab.helm.run(["version"], Mask())


def test_names_of_a_manifest_are_grouped_by_kind() -> None:
    manifest = """
---
kind: ClusterRole
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: r}
---
# only a comment
---
kind: Service
apiVersion: v1
metadata: {name: proxy, namespace: other}
"""
    assert resource_names(manifest) == {
        "ClusterRole.rbac.authorization.k8s.io/rbac.authorization.k8s.io/v1": ["r"],
        "Service/v1": ["other/proxy"],
    }


def test_an_unready_pod_is_one_line_with_its_reason() -> None:
    waiting = {"reason": "ImagePullBackOff", "message": "not found"}
    pod = {
        "metadata": {"name": "hub-1"},
        "status": {
            "phase": "Pending",
            "containerStatuses": [{"name": "hub", "state": {"waiting": waiting}}],
        },
    }
    assert describe_pod(pod) == "  pod hub-1: phase Pending, hub: ImagePullBackOff not found"
    pod["status"]["conditions"] = [{"type": "Ready", "status": "True"}]  # type: ignore[index]
    assert describe_pod(pod) is None


def test_old_warnings_are_not_blamed_on_this_install() -> None:
    def event(stamp: str, reason: str, type: str = "Warning") -> dict[str, Any]:
        about = {"kind": "Pod", "name": "p"}
        return {
            "type": type,
            "reason": reason,
            "message": "m\nn",
            "lastTimestamp": stamp,
            "involvedObject": about,
            "metadata": {},
        }

    events = [
        event("2026-01-01T00:00:00Z", "Old"),
        event("2026-01-02T00:00:00Z", "FailedScheduling"),
        event("2026-01-02T00:00:00Z", "Fine", "Normal"),
    ]
    since = 1767300000.0  # 2026-01-01T20:40:00Z
    assert warnings(events, since) == ["  Pod p: FailedScheduling: m n"]
