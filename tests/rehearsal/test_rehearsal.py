"""The rehearsal itself on every stack of `examples/`.

The slow phases are shared out: `trouble` works on the engine and is the same for every stack, so
one stack takes it; `tests/e2e` follows each stack's changes from its first preview to its end.
"""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from lab.cluster.control_plane import ControlPlane
from lab.cluster.nodes import CORE, SimNode, apply
from rehearsal.run import PHASES, rehearse
from tests.examples import NAMES, path_of

pytestmark = [pytest.mark.lab, pytest.mark.engine]

QUICK = ("placement", "references", "manifests", "build", "capacity")
SLOW = {"demo": ("trouble",), "ecology": ("launch", "change"), "climate": ("launch", "change")}


def test_every_phase_is_rehearsed_for_some_stack() -> None:
    assert {*QUICK, *(name for names in SLOW.values() for name in names)} == set(PHASES)


@pytest.mark.parametrize("name", NAMES)
def test_no_stack_is_shipped_that_would_not_work(name: str, control_plane: ControlPlane) -> None:
    _leave_a_node(control_plane)
    wanted = [*QUICK, *SLOW[name]]
    report = rehearse([path_of(name)], plane=control_plane, only=wanted)
    (hub,) = report.hubs
    told = [f.text() for phase in hub.phases for f in phase.findings]
    assert report.ok, "\n".join(told)
    assert [p.name for p in hub.phases] == ["up", *(n for n in PHASES if n in wanted), "destroy"]
    assert all(phase.status == "ok" and phase.facts for phase in hub.phases)
    json.dumps(report.as_dict())
    assert "### Rehearsal of" in report.markdown()


def _leave_a_node(plane: ControlPlane) -> None:
    """As a stack of another cluster that could not be destroyed leaves one: it takes anybody."""
    purposes = {"hub.jupyter.org/node-purpose": "user"}
    node = SimNode(name="elsewhere-user-0", labels=purposes, cpu="64", memory="512Gi")
    folder = plane.run.root / "nodes"
    folder.mkdir(exist_ok=True)
    (folder / "elsewhere.json").write_text(json.dumps([asdict(node)]))
    client = plane.client()
    apply(client, [CORE, node])
    client.close()
