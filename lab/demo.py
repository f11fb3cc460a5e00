"""`python -m lab.demo up|down`: a stack brought up for real in the lab, and shown.

Up may be run again: it changes nothing then. Down destroys the stack and ends every process.
Ctrl-C during up ends what runs, the control plane included; its data stays, so that the next up
continues.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from lab.cluster.control_plane import ControlPlane
from lab.engine.error_hints import explain
from lab.engine.outcome import Outcome
from lab.engine.session import Session
from lab.engine.tables import console, output_table, pod_table, resource_tree
from lab.install.pins import CONTROL_PLANE, ENGINE
from lab.install.tools import ensure
from lab.paths import CHECKOUT, run_dir
from lab.processes import as_command
from lab.progress import Progress, elapsed

_BEFORE = {
    "locked": "wait until that process has ended, then: ",
    "secret": "set it in {file}, then: ",
    "disk": "free some room, then: ",
    "chart": "give charts that you have (CHARTS=DIR), or correct `chart` in {file}, then: ",
    "rolled back": "correct that value in {file}, then: ",
    "pending": "make demo-down, then: ",
}
"""What to do before the command is repeated, by the kind of trouble."""


def _show(line: str) -> None:
    """A line of the engine, without its dots of waiting."""
    if not line.startswith("@"):
        print(f"  {line}", flush=True)


def up(stack_file: Path, charts: Path | None) -> int:
    """0 when the hub runs; 1 when the engine failed, which has then said why."""
    progress, out, started = Progress(sys.stdout), console(), time.monotonic()
    plane = ControlPlane(run_dir("demo"), progress=progress)
    session = Session(stack_file, plane, charts=charts, progress=progress)
    try:
        session.hub  # noqa: B018 - mistakes of the stack file come before any work
        ensure([*CONTROL_PLANE, *ENGINE, "helm"], progress=progress)  # one announcement for all
        plane.start()
        session.prepare()
        progress.note(f"plugins: {session.plugins}")
        for chart in session.charts.values():
            progress.note(f"using {chart}")
        if not session.charts:
            progress.note("using the charts of their repositories")
        progress.note(f"pulumi up --stack {session.name}")
        done = session.up(show=_show)
    except BaseException:
        plane.stop()
        raise
    if not done.ok:
        plane.stop()
        return _failed(done, session, "make demo")
    out.print(resource_tree(session.state()))
    with closing(plane.client()) as client:
        out.print(pod_table(client.pods(session.hub.ns)))
    out.print(output_table(session.outputs()))
    out.print(
        f"\nThe hub {session.name!r} runs in the lab: real Pulumi engine, Kubernetes API server and "
        "scheduler; simulated nodes and pods.\n"
        f"It took {elapsed(time.monotonic() - started)}. "
        f"Look around:  export KUBECONFIG={plane.kubeconfig}\n"
        "Run `make demo` again to see that nothing changes; `make demo-down` takes it away.",
        soft_wrap=True,
    )
    return 0


def down(stack_file: Path) -> int:
    """Destroys what is there and ends every process; 0 also when there is nothing."""
    progress = Progress(sys.stdout)
    plane = ControlPlane(run_dir("demo"), progress=progress)
    session = Session(stack_file, plane, progress=progress)
    if not plane.run.backend.is_dir():
        plane.stop()
        print("There is no demo to take down.")
        return 0
    try:
        plane.start()  # Destroying goes through the API server, as creating did.
        session.prepare()
        done = session.destroy(show=_show)
    finally:
        plane.stop()
    if not done.ok:
        return _failed(done, session, "make demo-down")
    shutil.rmtree(plane.run.root)
    print("The demo is gone; built tools stay in the cache.")
    return 0


def _failed(done: Outcome, session: Session, again: str) -> int:
    """Say what a failed command means and what to do next. The advice is for somebody's own
    cluster; here the control plane has ended, so the next command is the demo's."""
    command, advice = done.command.split()[0], explain(done.text, session.name)
    print(f"error: pulumi {command} failed; logs are in {session.run.logs}", file=sys.stderr)
    if advice is not None:
        before = _BEFORE.get(advice.kind, "").format(file=session.source)
        print(f"{advice.sentence}\nNext: {before}{again}", file=sys.stderr)
    return 1


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m lab.demo", description=__doc__)
    parser.add_argument("action", choices=("up", "down"))
    parser.add_argument("--stack", type=Path, default=CHECKOUT / "examples" / "Pulumi.demo.yaml")
    parser.add_argument("--charts", type=Path, help="folder with charts to use")
    arguments = parser.parse_args(argv)
    return as_command(
        lambda: (
            up(arguments.stack, arguments.charts)
            if arguments.action == "up"
            else down(arguments.stack)
        ),
        interrupted="Interrupted; nothing was left running. `make demo` continues.",
    )


if __name__ == "__main__":
    raise SystemExit(main())
