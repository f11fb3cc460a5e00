"""`hubctl rehearse`: prove stacks in the lab before money is spent."""

from __future__ import annotations

import argparse
from pathlib import Path

from hubctl.console.errors import Problem
from hubctl.console.output import print_json
from hubctl.stackfile import find

EXAMPLES = """examples:
  hubctl rehearse ecology
  hubctl rehearse ecology --only placement --only build
  hubctl rehearse ecology forestry          two hubs on one cluster, up together
  hubctl rehearse ecology --markdown        for a comment on a pull request
Nothing outside this machine is changed, and no cloud account is used. The first run builds or
downloads the lab's programs, which can take minutes.
Exit status: 0 everything is as it should be, 1 a phase failed, 2 misuse.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("stacks", nargs="+", metavar="STACK|FILE", help="which stacks")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    parser.add_argument("--markdown", action="store_true", help="the report as Markdown")
    parser.add_argument("--charts", metavar="DIR", help="folder with the charts to install")
    parser.add_argument(
        "--only", metavar="PHASE", action="append", help="only this phase (and up); repeatable"
    )
    parser.add_argument("--keep", action="store_true", help="leave hub and lab running")


def run(arguments: argparse.Namespace) -> int:
    """0 when every phase passed, 1 when one failed; raises Problem when there is no lab."""
    if arguments.json and arguments.markdown:
        raise Problem("--json and --markdown exclude each other.", status=2)
    files = [find.find(stack) for stack in dict.fromkeys(arguments.stacks)]
    for file in files:
        find.usable(file)  # Mistakes are said before anything starts.
    try:
        from lab.errors import LabError
        from lab.processes import interrupted_by_signals
        from rehearsal.run import PHASES, rehearse
    except ImportError as error:
        raise Problem(
            f"the lab needs the package {error.name!r}, which is not installed here; install "
            "requirements-dev.txt (`make venv`)."
        ) from None
    if wrong := sorted(set(arguments.only or ()) - set(PHASES)):
        known = ", ".join(PHASES)
        raise Problem(f"there is no phase {wrong[0]!r}; they are {known}.", status=2)
    try:
        with interrupted_by_signals():
            report = rehearse(
                [Path(file) for file in files],
                charts=Path(arguments.charts) if arguments.charts else None,
                only=arguments.only,
                keep=arguments.keep,
            )
    except LabError as error:
        raise Problem(str(error)) from None
    if arguments.json:
        print_json(report.as_dict())
    elif arguments.markdown:
        print(report.markdown(), end="")
    else:
        from lab.engine.tables import console

        report.print(console())
    return 0 if report.ok else 1
