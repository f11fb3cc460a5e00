"""`hubctl render`: the Helm values that a stack's releases get; the same bytes every time."""

from __future__ import annotations

import argparse
from pathlib import Path

from hubctl.console.errors import Problem
from hubctl.console.output import print_json
from hubctl.review import render
from hubctl.stackfile import find
from model.findings import Finding
from values.guards.extra_values import check_values

EXAMPLES = """examples:
  hubctl render ecology
  hubctl render ecology --release jupyterhub
  hubctl render --all --output rendered     one file for each release of each stack
Secrets are printed as <secret:NAME>; what only the cloud knows as <aws-account> or <gcp-project>.
Exit status: 0 rendered, 1 a stack file has errors, 2 misuse.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("stack", nargs="?", metavar="STACK|FILE", help="which stack")
    parser.add_argument("--all", action="store_true", help="every file in stacks/")
    parser.add_argument("--release", metavar="NAME", help="only this release")
    parser.add_argument("--output", metavar="DIR", help="write DIR/STACK/RELEASE.yaml instead")
    parser.add_argument("--json", action="store_true", help="values and charts as JSON")


def run(arguments: argparse.Namespace) -> int:
    """0 and the values on stdout (or in files); raises Problem when a file has errors."""
    if arguments.all == bool(arguments.stack):
        raise Problem("name a stack, or give --all.", status=2)
    paths = find.all_files() if arguments.all else [find.find(arguments.stack)]
    found = []
    for path in paths:
        stack, hub = find.usable(path)
        _refuse_credentials(path, check_values(hub, stack.secrets_set))
        rendered = render.render(hub, stack.secrets_set)
        if arguments.release:
            names = [r.name for r in rendered]
            rendered = [r for r in rendered if r.name == arguments.release]
            if not rendered and not arguments.all:
                raise Problem(
                    f"there is no release {arguments.release!r}; this hub has {', '.join(names)}.",
                    status=2,
                )
        found.append((stack.name, rendered))
    if arguments.output:
        _write(Path(arguments.output), found)
    if arguments.json:
        print_json([{"stack": n, "releases": [r.as_dict() for r in rs]} for n, rs in found])
    elif not arguments.output:
        for name, rendered in found:
            if arguments.all:
                print(f"---\n# stack: {name}")
            print("".join(r.text() for r in rendered), end="")
    return 0


def _refuse_credentials(path: Path, findings: list[Finding]) -> None:
    """Plain credentials of `extraValues` stop a deployment, and would be printed here."""
    bad = [f for f in findings if f.rule == "BH069"]
    if bad:
        lines = "".join(f"\n  {finding.text()}" for finding in bad)
        raise Problem(f"{path} has {len(bad)} error{'s' * (len(bad) != 1)}:{lines}")


def _write(folder: Path, found: list[tuple[str, list[render.Rendered]]]) -> None:
    try:
        for name, rendered in found:
            (folder / name).mkdir(parents=True, exist_ok=True)
            for release in rendered:
                path = folder / name / f"{release.name}.yaml"
                path.write_text(release.text(), encoding="utf-8")
    except OSError as error:
        raise Problem(f"{folder} cannot be written: {error.strerror}.") from None
