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
CLASSIC = CHECKOUT / "tests" / "spec" / "examples" / "classic-open.yaml"


@contextmanager
def good_hub(
    plane: ControlPlane, folder: Path, *, stack: Path = STACK, name: str = "sabotage"
) -> Iterator[Context]:
    """A stack under a name of its own; the ecology stack under domains of its own, too."""
    file = folder / f"Pulumi.{name}.yaml"
    file.write_text(stack.read_text().replace("ecology.example", "sabotage.example"))
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
        (plane.run.root / "nodes" / f"{name}.json").unlink(missing_ok=True)
        client.close()
