"""The kubernetes stand-in for real: Pulumi engine, API server and helm, one small program.

Numbered steps on one stack, in order: each starts from what the one before left.
"""

from __future__ import annotations

import base64
import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
from pulumi import automation as auto

from lab.cluster.client import Kube
from lab.cluster.control_plane import ControlPlane
from lab.install.tools import ensure
from lab.providers.install import install

pytestmark = [
    pytest.mark.lab,
    pytest.mark.engine,
    pytest.mark.standin("the stand-in for kubernetes"),
    # The SDK drops a coroutine of its inline program when an update fails.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

FIRST, SECOND = "first-secret-value-4711", "second-secret-value-0815"
NAMESPACE = "standin-test"

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: tiny\nversion: 0.1.0\n",
    "values.yaml": "password: none\ngreeting: hello\noptional: {a: 1}\nstuck: false\n",
    "templates/all.yaml": """
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {greeting: {{ .Values.greeting | quote }}, optional: {{ .Values.optional | toJson | quote }}}
---
apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}}
stringData: {password: {{ .Values.password | quote }}}
{{- if .Values.stuck }}
---
apiVersion: v1
kind: Pod
metadata: {name: {{ .Release.Name }}, labels: {release: {{ .Release.Name }}}}
spec: {nodeSelector: {no-such: node}, containers: [{name: c, image: "busybox:1"}]}
{{- end }}
""",
}


@dataclass
class Wish:
    """What the program asks for; the steps change it."""

    greeting: str = "hi"
    password: str = FIRST
    stuck: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


class Bench:
    """One stack on the lab, with everything that the engine printed."""

    def __init__(self, folder: Path, plane: ControlPlane, tools: dict[str, Path]) -> None:
        self.folder, self.plane, self.wish, self.log = folder, plane, Wish(), ""
        install(folder / "home", Path(sys.executable), ["kubernetes"])
        for name, text in CHART.items():
            path = folder / "tiny" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.env = {
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{folder}",
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "LAB_HELM": str(tools["helm"]),
            "PATH": f"{tools['pulumi'].parent}:{os.environ['PATH']}",
        }

    def program(self) -> None:
        wish, text = self.wish, self.plane.kubeconfig.read_text()
        provider = k8s.Provider("k", kubeconfig=pulumi.Output.secret(text))
        mine = pulumi.ResourceOptions(provider=provider)
        space = k8s.core.v1.Namespace("space", metadata={"name": NAMESPACE}, opts=mine)
        inside = pulumi.ResourceOptions(provider=provider, depends_on=[space])
        secret = k8s.core.v1.Secret(
            "token",
            metadata={"namespace": NAMESPACE, "name": "token"},
            string_data={"token": wish.password},
            opts=inside,
        )
        release = k8s.helm.v3.Release(
            "tiny",
            name="tiny",
            namespace=NAMESPACE,
            chart=str(self.folder / "tiny"),
            atomic=True,
            cleanup_on_fail=True,
            timeout=4 if wish.stuck else 60,
            values={
                "password": pulumi.Output.secret(wish.password),
                "greeting": wish.greeting,
                "optional": None,
                "stuck": wish.stuck,
                "uid": space.metadata.apply(lambda meta: meta.uid),
                **wish.extra,
            },
            opts=inside,
        )
        service = k8s.core.v1.Service.get("api", "default/kubernetes", opts=mine)
        pulumi.export("revision", release.status.revision)
        pulumi.export("resources", release.resource_names)
        pulumi.export("address", service.spec.cluster_ip)
        pulumi.export("token", secret.data["token"])

    def stack(self, program: Callable[[], None] | None = None, name: str = "t") -> auto.Stack:
        options = auto.LocalWorkspaceOptions(env_vars=self.env)
        return auto.create_or_select_stack(
            name, "standin", program=program or self.program, opts=options
        )

    def note(self, line: str) -> None:
        self.log += line + "\n"

    def state(self, name: str = "t") -> str:
        return (self.folder / ".pulumi" / "stacks" / "standin" / f"{name}.json").read_text()


@pytest.fixture(scope="module")
def bench(
    tmp_path_factory: pytest.TempPathFactory,
    control_plane: ControlPlane,
    lab_tools: dict[str, Path],
) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("standin")
    # The stack's variables reach the plugin through the engine; PATH finds the engine itself.
    with pytest.MonkeyPatch.context() as patch:
        one = Bench(folder, control_plane, {**lab_tools, **ensure(["pulumi"])})
        patch.setenv("PATH", one.env["PATH"])
        patch.delenv("KUBECONFIG", raising=False)
        yield one
    gc.collect()  # while the warning about it is still filtered


def changes(result: Any) -> dict[str, int]:
    return {k: v for k, v in (result.summary.resource_changes or {}).items() if k != "same"}


def data(kube: Kube, kind: str) -> dict[str, Any]:
    path = f"/api/v1/namespaces/{NAMESPACE}/{kind}/tiny"
    found: dict[str, Any] = kube.request("GET", path)["data"]
    return found


def test_1_a_preview_of_something_new_works_before_anything_exists(bench: Bench) -> None:
    result = bench.stack().preview(on_output=bench.note)
    assert result.change_summary["create"] == 5


def test_2_everything_comes_up_and_nulls_reach_the_chart(bench: Bench, kube: Kube) -> None:
    result = bench.stack().up(on_output=bench.note)
    assert result.outputs["revision"].value == 1
    assert result.outputs["resources"].value == {"ConfigMap/v1": ["tiny"], "Secret/v1": ["tiny"]}
    assert result.outputs["address"].value
    assert result.outputs["token"].secret
    assert data(kube, "configmaps") == {"greeting": "hi", "optional": "null"}
    assert "stand-in for pulumi-resource-kubernetes" in bench.log


def test_3_a_second_preview_and_a_refresh_change_nothing(bench: Bench) -> None:
    bench.stack().preview(expect_no_changes=True)
    bench.stack().refresh(expect_no_changes=True)


def test_4_one_changed_value_updates_the_release_only(bench: Bench, kube: Kube) -> None:
    bench.wish.greeting = "changed"
    result = bench.stack().up(on_output=bench.note)
    assert changes(result) == {"update": 1}
    assert result.outputs["revision"].value == 2
    assert data(kube, "configmaps")["greeting"] == "changed"


def test_5_a_changed_secret_arrives_and_is_seen_nowhere(bench: Bench, kube: Kube) -> None:
    bench.wish.password = SECOND
    assert changes(bench.stack().up(on_output=bench.note)) == {"update": 1, "replace": 1}
    assert base64.b64decode(data(kube, "secrets")["password"]).decode() == SECOND
    for secret in (FIRST, SECOND):
        for form in (secret, base64.b64encode(secret.encode()).decode()):
            assert form not in bench.state()
            assert form not in bench.log


def test_6_values_changed_by_hand_are_seen_by_a_refresh_only(bench: Bench, kube: Kube) -> None:
    helm = [bench.env["LAB_HELM"], "upgrade", "tiny", str(bench.folder / "tiny")]
    flags = ["--namespace", NAMESPACE, "--reuse-values", "--set", "greeting=by-hand"]
    env = {**os.environ, "KUBECONFIG": str(bench.plane.kubeconfig)}
    subprocess.run([*helm, *flags], env=env, check=True, capture_output=True)
    assert changes(bench.stack().up(on_output=bench.note)) == {}
    assert data(kube, "configmaps")["greeting"] == "by-hand"
    bench.stack().preview(refresh=True, diff=True, on_output=bench.note)
    assert 'greeting: "by-hand" => "changed"' in bench.log
    assert changes(bench.stack().up(refresh=True, on_output=bench.note)) == {"update": 1}
    assert data(kube, "configmaps")["greeting"] == "changed"


def test_7_a_failing_upgrade_rolls_back_and_names_the_pod(bench: Bench, kube: Kube) -> None:
    bench.wish.stuck = True
    with pytest.raises(auto.CommandError) as caught:
        bench.stack().up()
    told = str(caught.value)
    assert "rolled back" in told
    assert "pod tiny: phase Pending" in told
    assert SECOND not in told
    bench.wish.stuck = False
    bench.stack().up()
    bench.stack().preview(expect_no_changes=True)


def test_8_what_exists_is_not_taken_over_but_can_be_imported(bench: Bench) -> None:
    stack = bench.stack(name="other")
    with pytest.raises(auto.CommandError, match=f"Namespace {NAMESPACE} already exists"):
        stack.up()

    def importing() -> None:
        text = bench.plane.kubeconfig.read_text()
        provider = k8s.Provider("k", kubeconfig=pulumi.Output.secret(text))
        k8s.helm.v3.Release(
            "tiny",
            name="tiny",
            namespace=NAMESPACE,
            chart=str(bench.folder / "tiny"),
            values={"password": pulumi.Output.secret(SECOND)},
            opts=pulumi.ResourceOptions(
                provider=provider, import_=f"{NAMESPACE}/tiny", retain_on_delete=True
            ),
        )

    stack = bench.stack(importing, "other")
    done = changes(stack.up())
    assert done["import"] == done["update"] == 1, "options cannot be read back from the cluster"
    stack.preview(expect_no_changes=True)
    assert SECOND not in bench.state("other")
    stack.destroy()


def test_9_destroy_leaves_nothing(bench: Bench, kube: Kube) -> None:
    bench.stack().destroy(on_output=bench.note)
    names = [n["metadata"]["name"] for n in kube.request("GET", "/api/v1/namespaces")["items"]]
    assert NAMESPACE not in names
    resources = json.loads(bench.state())["checkpoint"]["latest"].get("resources") or []
    assert not resources
