"""A hub that is as it should be, brought up once; sabotaged cases start from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.cluster.control_plane import ControlPlane
from lab.engine.session import Session
from lab.progress import Progress
from rehearsal.context import HubUnderTest
from tests.examples import CHECKOUT, path_of

STACK = path_of("ecology")
CLASSIC = CHECKOUT / "tests" / "model" / "examples" / "classic-open.yaml"


@contextmanager
def good_hub(
    plane: ControlPlane, folder: Path, *, stack: Path = STACK, name: str = "sabotage"
) -> Iterator[HubUnderTest]:
    """A stack under a name of its own; the ecology stack under domains of its own, too."""
    file = folder / f"Pulumi.{name}.yaml"
    file.write_text(stack.read_text().replace("ecology.example", "sabotage.example"))
    session = Session(file, plane)
    session.prepare()
    client = plane.client()
    context = HubUnderTest(session=session, kube=client, progress=Progress())
    try:
        done = session.up()
        assert done.ok, done.text
        yield context
    finally:
        session.destroy()
        (plane.run.root / "nodes" / f"{name}.json").unlink(missing_ok=True)
        client.close()
