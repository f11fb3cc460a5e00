"""The server behind the AWS stand-in plugin: one for each stack, beside the control plane.

Its plugin could start one in each of its processes, that is for each command of the engine, which
costs seconds of processor time every time. Every stack has a server and a journal of its own, since
two stacks of one lab may be of different accounts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from lab.cluster.commands import ProcessCommand
from lab.cluster.control_plane import ControlPlane
from lab.providers.sdk.seed import AwsSeed

ENDPOINT = "LAB_AWS_ENDPOINT"
"""The variable that tells the plugin (`lab.providers.aws.cloud`); not imported from there: that
loads the AWS libraries."""


def begin(plane: ControlPlane, name: str, seed_file: Path, seed: AwsSeed) -> Callable[[], str]:
    """Start the server of stack `name`, unless it runs; the answer waits for its address.

    Raises LabError, with the end of its log, when it does not start.
    """
    address = seed_file.with_suffix(".address")
    argv = (sys.executable, "-m", "lab.providers.aws.server", str(seed_file), str(address))
    # Of another account or region than before it would be another AWS.
    part = ProcessCommand(name=_part(name), argv=(*argv, seed.account, seed.region))
    plane.accompany(part, before=lambda: address.unlink(missing_ok=True))

    def wait() -> str:
        plane.await_ready(part.name, address.is_file)
        return address.read_text()

    return wait


def end(plane: ControlPlane, name: str) -> None:
    """End the server of stack `name`; what it knows stays in its journal."""
    plane.dismiss(_part(name))


def _part(name: str) -> str:
    return f"aws-{name}"
