"""`python -m lab start|stop|status [--name demo]`: a control plane for trying things by hand."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from lab.cluster.control_plane import ControlPlane
from lab.cluster.nodes import CORE, apply
from lab.paths import run_dir
from lab.processes import as_command


def start(plane: ControlPlane) -> int:
    """Starts it, with one core node if it has no node at all."""
    plane.start()
    client = plane.client()
    if not client.nodes():
        apply(client, [CORE])
    print(f"Running. To look at it:\n  export KUBECONFIG={plane.kubeconfig}")
    return 0


def stop(plane: ControlPlane) -> int:
    plane.stop()
    print("Stopped.")
    return 0


def status(plane: ControlPlane) -> int:
    """Exit status 0 if it runs, 3 if it does not, 1 if only a part of it does."""
    found = plane.status()
    print(f"{found.state}: {plane.run.root}")
    if found.running:
        print(f"  running: {', '.join(found.running)}")
        print(f"  server: {found.server}")
    if found.ended:
        print(f"  ended: {', '.join(found.ended)}; logs in {plane.run.logs}")
    return {"running": 0, "stopped": 3, "broken": 1}[found.state]


COMMANDS = {"start": start, "stop": stop, "status": status}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--name", default="demo", help="which lab (default: demo)")
    arguments = parser.parse_args(argv)
    return as_command(
        lambda: COMMANDS[arguments.command](ControlPlane(run_dir(arguments.name))),
        interrupted="Interrupted; a start that was under way has been undone.",
    )


if __name__ == "__main__":
    raise SystemExit(main())
