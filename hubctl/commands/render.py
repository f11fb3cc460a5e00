"""`hubctl render`: the Helm values that a stack's releases get; the same bytes every time."""

from __future__ import annotations

import argparse
import sys

from hubctl import stackfiles
from hubctl.problem import Problem
from spec.findings import errors
from values.releases import releases
from values.render import to_yaml

EXAMPLES = """examples:
  hubctl render ecology
  hubctl render ecology --release jupyterhub
Secrets are printed as <secret:NAME>; what only the cloud knows as <aws-account> or <gcp-project>.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.epilog = EXAMPLES
    parser.add_argument("stack", metavar="STACK|FILE", help="which stack")
    parser.add_argument("--release", metavar="NAME", help="only this release")


def run(arguments: argparse.Namespace) -> int:
    """0 and the values on stdout; 1 and the findings on stderr when the file has errors."""
    stack = stackfiles.read(stackfiles.find(arguments.stack))
    if stack.hub is None or errors(stack.findings):
        for finding in errors(stack.findings):
            print(finding.text(), file=sys.stderr)
        return 1
    plans = releases(stack.hub, stack.given_secrets)
    if arguments.release:
        names = [p.name for p in plans]
        if arguments.release not in names:
            raise Problem(
                f"there is no release {arguments.release!r}; this hub has {', '.join(names)}.",
                status=2,
            )
        plans = [p for p in plans if p.name == arguments.release]
    for plan in plans:
        where = f"{plan.repository} " if plan.repository else ""
        print(f"---\n# {plan.name}: {where}{plan.chart} {plan.version or '(own version)'}")
        print(to_yaml(plan.values), end="")
    return 0
