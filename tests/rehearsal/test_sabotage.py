"""Every file of `sabotage/` breaks one thing of a good hub; the phase in its name must catch it.

`<phase>.<what>.yaml`: `objects` are edits of the good hub's objects as dicts, `cluster` the same
for real (then the phase runs with the real scheduler), `state`, `plan` and `hubs` are what the
phases capacity, change and fleet look at; `says` is in the finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.controlplane import ControlPlane
from lab.pins import CHECKER
from lab.tools import ensure
from rehearsal import build as builds
from rehearsal import change as changes
from rehearsal import fleet as fleets
from rehearsal import manifests, placement, references, scaling
from rehearsal.context import Context
from rehearsal.objects import Objects
from rehearsal.report import Finding
from rehearsal.run import PHASES
from spec.pool import user_pool
from tests.rehearsal.edits import in_cluster, on_dicts, put
from tests.rehearsal.good import good_hub

pytestmark = [pytest.mark.lab, pytest.mark.engine]

CASES = sorted((Path(__file__).parent / "sabotage").glob("*.yaml"))
PURE = ("fleet", "manifests", "placement", "references")


@pytest.fixture(scope="module")
def good(
    control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Context]:
    with good_hub(control_plane, tmp_path_factory.mktemp("sabotage")) as context:
        yield context


@pytest.fixture(scope="module")
def plain(good: Context) -> Objects:
    """The objects as `up` left them; no case changes them."""
    return good.fresh()


def _judged(phase: str, case: dict[str, Any], good: Context, objects: Objects) -> list[Finding]:
    changed = on_dicts(objects, case.get("objects", []))
    match phase:
        case "placement":
            return placement.check(changed, good.hub, builds.daemons(changed))
        case "references":
            return references.check(changed)
        case "manifests":
            said = manifests.comments(changed, ensure([CHECKER])[CHECKER])
            return manifests.unexpected(said, manifests.waivers())
        case "capacity" if "state" in case:
            state = good.session.state()
            for edit in case["state"]:
                one = next(r for r in state["deployment"]["resources"] if r["type"] == edit["type"])
                for path, value in edit["set"].items():
                    put(one, path, value)
            return scaling.check(user_pool(good.hub), state)
        case "change":
            rows = [changes.Row(**{"protected": False, **row}) for row in case["plan"]]
            known = changes.Change(name="test", must=frozenset(case["must"]))
            return list(changes.judge(known, rows))
        case "fleet":
            other = good.hub.model_copy(update={"name": "other", **case.get("hub", {})})
            members = [
                fleets.Member(hub=good.hub, objects=objects),
                fleets.Member(hub=other, objects=changed),
            ]
            return fleets.check(members)
    with in_cluster(good, case["cluster"]):
        return list(PHASES[phase](good).findings)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_sabotage_is_caught_by_its_phase(path: Path, good: Context, plain: Objects) -> None:
    case = yaml.safe_load(path.read_text())
    found = _judged(path.name.split(".")[0], case, good, plain)
    texts = [finding.text() for finding in found]
    assert any(re.search(case["says"], text) for text in texts), texts or "nothing was found"


@pytest.mark.parametrize("phase", ["placement", "references", "manifests", "build", "capacity"])
def test_a_good_hub_is_not_blamed(phase: str, good: Context, plain: Objects) -> None:
    assert plain.items
    assert PHASES[phase](good).findings == ()
