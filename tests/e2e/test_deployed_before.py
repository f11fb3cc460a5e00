"""A hub that an earlier program deployed: today's has nothing to change about it.

Each state in `deployed_before/` was exported by `pulumi stack export` after `up` in the lab, with
the passphrase below; where charts and cluster are on this machine is filled in. A state is never
made again to please this test: what it finds restarts or replaces something on every hub, and
belongs into docs/upgrading.md first.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest
import yaml

from lab.charts import STANDINS
from lab.cluster.certificates import write_private
from lab.cluster.control_plane import ControlPlane
from lab.engine.session import Session
from lab.paths import CHECKOUT

pytestmark = [
    pytest.mark.lab,
    pytest.mark.engine,
    pytest.mark.standin("the providers whose state this is"),
]

STATES = sorted((Path(__file__).parent / "deployed_before").glob("*.json"))
PASSPHRASE = b"before the move"


@pytest.fixture(autouse=True)
def standin_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The states hold their paths."""
    monkeypatch.setenv("LAB_CHARTS", "standin")


@pytest.mark.parametrize("state", STATES, ids=lambda path: path.stem)
def test_a_hub_deployed_before_does_not_change(state: Path, control_plane: ControlPlane) -> None:
    write_private(control_plane.run.root / "passphrase", PASSPHRASE)
    session = Session(CHECKOUT / f"tests/model/examples/{state.stem}.yaml", control_plane)
    session.prepare()
    for name in session.generated:
        session.set_secret(name, f"made-up {name} of the exported state")
    text = state.read_text().replace("@CHARTS@", str(STANDINS))
    session.checked("stack", "import", stdin=text)
    plain = session.checked("stack", "export", "--show-secrets").stdout
    session.checked("stack", "import", stdin=_on_this_cluster(plain, control_plane))

    steps = json.loads(session.checked("preview", "--json").stdout)["steps"]
    assert [(s["urn"], s["op"], s.get("detailedDiff")) for s in steps if s["op"] != "same"] == []
    assert len(json.loads(plain)["deployment"]["resources"]) > 15


def _on_this_cluster(state: str, plane: ControlPlane) -> str:
    """The state with the address and the authority of this control plane in its kubeconfig."""
    here = yaml.safe_load(plane.kubeconfig.read_text())["clusters"][0]["cluster"]
    ca = here.get("certificate-authority-data")
    if ca is None:
        pem = (plane.run.root / here["certificate-authority"]).read_bytes()
        ca = base64.b64encode(pem).decode()
    state = re.sub(r"https://127\.0\.0\.1:\d+", here["server"], state)
    return re.sub(r"(certificate-authority-data: )[\w+/=]+", rf"\g<1>{ca}", state)
