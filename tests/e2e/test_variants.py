"""Hubs that no example shows: up, nothing left to change, destroyed without a rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.cluster.control_plane import ControlPlane
from lab.engine.session import Session
from tests.examples import path_of

pytestmark = [pytest.mark.lab, pytest.mark.engine]

ADDRESSES = {"hub": "203.0.113.1", "binder": "203.0.113.2"}
GATEWAY = {"gateway": {"name": "public", "namespace": "infra"}}
VARIANTS: dict[str, dict[str, Any]] = {
    "classic": {"chart": {"kind": "binderhub"}},
    "nodomains": {
        "cluster": {"provider": "kubernetes", "name": "lab", "loadBalancer": ADDRESSES},
        "domains": {},
    },
    "gateway": {
        "cluster": {"provider": "kubernetes", "name": "lab", "ingress": GATEWAY},
        "namespace": "other",
    },
}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_lives_and_ends(name: str, tmp_path: Path, control_plane: ControlPlane) -> None:
    document = yaml.safe_load(path_of("demo").read_text())
    document["config"] |= {f"binderhub:{k}": v for k, v in VARIANTS[name].items()}
    file = tmp_path / f"Pulumi.{name}.yaml"
    file.write_text(yaml.safe_dump(document))
    session = Session(file, control_plane)
    session.prepare()
    kube = control_plane.client()
    try:
        up = session.up()
        assert up.ok, up.text
        namespace = session.hub.ns
        assert all(pod.ready for pod in kube.pods(namespace))
        if name == "nodomains":
            services = kube.request("GET", f"/api/v1/namespaces/{namespace}/services")["items"]
            asked = {s["spec"].get("loadBalancerIP") for s in services}
            assert set(ADDRESSES.values()) <= asked
        again = session.preview("--expect-no-changes")
        assert again.ok, again.text
        gone = session.destroy()
        assert gone.ok, gone.text
        assert kube.namespace_contents(namespace) == []
    finally:
        kube.close()
