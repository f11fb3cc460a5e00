"""A hub that is as it should be, brought up once; sabotaged cases start from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.controlplane import ControlPlane
from lab.paths import CHECKOUT
from lab.progress import Progress
from lab.session import Session
from rehearsal.context import Context

STACK = CHECKOUT / "stacks" / "Pulumi.ecology.yaml"


@contextmanager
def good_hub(plane: ControlPlane, folder: Path) -> Iterator[Context]:
    """The ecology stack under a name and domains of its own."""
    file = folder / "Pulumi.sabotage.yaml"
    file.write_text(STACK.read_text().replace("ecology.example", "sabotage.example"))
    session = Session(file, plane)
    session.prepare()
    client = plane.client()
    context = Context(session=session, kube=client, progress=Progress())
    try:
        done = session.up()
        assert done.ok, done.text
        yield context
    finally:
        session.destroy()
        (plane.run.root / "nodes" / "sabotage.json").unlink(missing_ok=True)
        client.close()
