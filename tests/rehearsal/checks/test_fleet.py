"""Two hubs on one cluster, both up: they pass, and a clash that no stack file shows is caught.

The real engine, helm, controllers and scheduler; the clash is made while both are up, so that one
pair of hubs serves for both answers.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from lab.cluster.control_plane import ControlPlane
from model.derived.pools import user_pool
from rehearsal.checks import build_settings
from rehearsal.context import HubUnderTest
from rehearsal.objects import path_of
from rehearsal.phases import fleet
from rehearsal.report import Phase
from rehearsal.run import rehearse
from tests.rehearsal.edits import Edit, in_cluster
from tests.rehearsal.good import STACK

pytestmark = [pytest.mark.lab, pytest.mark.engine]

CLASHES = (
    "image prefix .*/coast- belongs to coast and inland",
    "host binder.coast.example.org belongs to coast and inland",
    "host path /var/run/coast-binderhub-service/docker-api belongs to coast and inland",
    r"Pod/hub-\S+ of inland: it runs on a node of coast",
)


def test_two_hubs_on_a_cluster_pass_and_a_clash_between_them_is_caught(
    control_plane: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clashing: list[Phase] = []
    check = fleet.run

    def twice(contexts: list[HubUnderTest]) -> Phase:
        answer = check(contexts)
        with in_cluster(contexts[1], _clash(contexts[1], contexts[0])):
            deadline = time.monotonic() + 30
            # The controllers replace pods one after the other.
            while len((found := check(contexts)).findings) != len(CLASHES):
                if time.monotonic() > deadline:
                    break
                time.sleep(0.5)
        clashing.append(found)
        return answer

    monkeypatch.setattr(fleet, "run", twice)
    files = [_hub(tmp_path, name) for name in ("coast", "inland")]
    report = rehearse(files, plane=control_plane, only=())
    told = [f.text() for hub in report.hubs for phase in hub.phases for f in phase.findings]
    assert report.ok, "\n".join(told)
    assert [(hub.hub, [p.name for p in hub.phases]) for hub in report.hubs] == [
        ("coast", ["up", "destroy"]),
        ("inland", ["up", "destroy"]),
        ("coast + inland", ["fleet"]),
    ]
    (caught,) = clashing
    texts = "\n".join(f.text() for f in caught.findings)
    for clash in CLASHES:
        assert re.search(clash, texts), f"nothing says {clash!r}:\n{texts}"
    assert len(caught.findings) == len(CLASHES), texts


def _hub(folder: Path, name: str) -> Path:
    file = folder / f"Pulumi.{name}.yaml"
    file.write_text(STACK.read_text().replace("ecology.example", f"{name}.example"))
    return file


def _clash(one: HubUnderTest, other: HubUnderTest) -> list[Edit]:
    """Edits of the objects of `one` that bring it into the way of `other`: as a setting beside the
    stack file's own, or somebody's hand, would."""
    theirs = user_pool(other.hub)
    anywhere = {"nodeSelector": dict(theirs.selector), "tolerations": [{"operator": "Exists"}]}
    prefix = build_settings.settings(other.objects).image_prefix
    daemons = one.kube.request("GET", path_of("DaemonSet", one.namespace, "docker-api"))
    pod = daemons["spec"]["template"]["spec"]
    moved = json.loads(
        json.dumps(pod).replace(f"/var/run/{one.namespace}-", f"/var/run/{other.namespace}-")
    )
    assert moved != pod, "the sabotage would test nothing"
    return [
        {
            "kind": "Secret",
            "name": "binderhub",
            "yaml": "chart-config.yaml",
            "values": {"config/BinderHub/image_prefix": prefix},
        },
        {
            "kind": "Ingress",
            "name": "binderhub*",
            "set": {"spec/rules/0/host": "binder.coast.example.org"},
        },
        {"kind": "DaemonSet", "name": "docker-api", "set": {"spec/template/spec": moved}},
        {
            "kind": "Deployment",
            "name": "hub",
            "set": {f"spec/template/spec/{key}": value for key, value in anywhere.items()},
        },
    ]
