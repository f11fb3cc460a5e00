"""What the phase of a sabotaged case says of it. `good` is the hub that it starts from, `objects`
its objects before.

`<phase>.<what>.yaml`: `objects` are edits of the good hub's objects as dicts, `cluster` the same
for real (then the phase runs with the real scheduler), `state`, `plan` and `hub` are what the
phases capacity, change and fleet look at; `says` is in the finding.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from lab.install.pins import CHECKER
from lab.install.tools import ensure
from model.derived.pools import user_pool
from rehearsal.checks import build_pod as builds
from rehearsal.checks import fleet as fleets
from rehearsal.checks import manifests, placement, references, scaling
from rehearsal.checks import planned_change as changes
from rehearsal.context import HubUnderTest
from rehearsal.objects import DeployedObjects
from rehearsal.report import Trouble
from rehearsal.run import PHASES
from tests.rehearsal.edits import in_cluster, on_dicts, put

SABOTAGE = Path(__file__).parent / "sabotage"


def assert_caught(path: Path, good: HubUnderTest, objects: DeployedObjects) -> None:
    """The phase in the file's name finds what the case says."""
    case = yaml.safe_load(path.read_text())
    found = _judged(path.name.split(".")[0], case, good, objects)
    texts = [finding.text() for finding in found]
    assert any(re.search(case["says"], text) for text in texts), texts or "nothing was found"


def _judged(
    phase: str, case: dict[str, Any], good: HubUnderTest, objects: DeployedObjects
) -> list[Trouble]:
    changed = on_dicts(objects, case.get("objects", []))
    match phase:
        case "placement":
            return placement.check(changed, good.resolved, builds.daemons(changed))
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
            keeps = frozenset(case.get("keeps", ()))
            known = changes.Change(name="test", must=frozenset(case["must"]), keeps=keeps)
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
