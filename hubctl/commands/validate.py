"""`hubctl validate`: check stack files against the model and every rule."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from hubctl.console.errors import Problem
from hubctl.console.output import print_json
from hubctl.stackfile import find
from model.findings import Finding, errors, in_order
from model.rules.fleet import check_fleet
from model.stackfile.read import Stack
from values.guards.extra_values import check_values

EXAMPLES = """examples:
  hubctl validate ecology
  hubctl validate --all
  hubctl validate stacks/Pulumi.ecology.yaml --json
Hosts, namespaces and image prefixes are compared among the stacks named; --all compares all.
Exit status: 0 no errors (warnings alone are fine), 1 errors, 2 misuse.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("stacks", nargs="*", metavar="STACK|FILE", help="which stacks")
    parser.add_argument("--all", action="store_true", help="every file in stacks/")
    parser.add_argument("--json", action="store_true", help="findings as JSON")


def run(arguments: argparse.Namespace) -> int:
    """0 without errors, 1 with errors, 2 (Problem) on misuse."""
    if arguments.all == bool(arguments.stacks):
        raise Problem("name stacks, or give --all.", status=2)
    paths = (
        find.all_files()
        if arguments.all
        else list(dict.fromkeys(find.find(s) for s in arguments.stacks))
    )
    if not paths:
        folder = find.project_root() / "stacks"
        print(f"hubctl: no stack file is in {folder}; `hubctl new` makes one.", file=sys.stderr)
    found = check(paths)
    failed = any(errors(f) for _, f in found)
    if arguments.json:
        print_json(
            [
                {
                    "stack": find.name_of(path),
                    "file": str(path),
                    "ok": not errors(findings),
                    "findings": [f.as_dict() for f in findings],
                }
                for path, findings in found
            ]
        )
    else:
        for path, findings in found:
            _print(path, findings)
    return 1 if failed else 0


def check(paths: list[Path]) -> list[tuple[Path, list[Finding]]]:
    """Findings of each file: its own, those about its values, and those of the fleet."""
    stacks: list[tuple[Path, Stack]] = [(path, find.read(path)) for path in paths]
    fleet = check_fleet([stack for _, stack in stacks])
    out: list[tuple[Path, list[Finding]]] = []
    for path, stack in stacks:
        findings = [*stack.findings, *fleet.get(stack.name, [])]
        if stack.hub is not None and stack.ok:
            findings += check_values(stack.hub, stack.secrets_set)
        out.append((path, in_order(findings)))
    return out


def _print(path: Path, findings: list[Finding]) -> None:
    bad = len(errors(findings))
    warnings = len(findings) - bad
    said = [f"{bad} error{'s' * (bad != 1)}"] * bool(bad)
    said += [f"{warnings} warning{'s' * (warnings != 1)}"] * bool(warnings)
    print(f"{path}: {', '.join(said) or 'ok'}")
    for finding in findings:
        print(f"  {finding.text()}")
