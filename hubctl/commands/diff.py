"""`hubctl diff`: what changes, before anybody runs `pulumi up`."""

from __future__ import annotations

import argparse
from pathlib import Path

from hubctl.commands.affected import since
from hubctl.console.errors import Problem
from hubctl.console.output import print_diff, print_json
from hubctl.review import diff, snapshots
from hubctl.review.diff import StackDiff, compare, state_of
from hubctl.review.git import GitRepository
from hubctl.review.manifests import Charts
from hubctl.stackfile import find
from model.findings import errors

EXAMPLES = """examples:
  hubctl diff ecology --base origin/main            this branch against where it left main
  hubctl diff ecology --against stacks/Pulumi.climate.yaml
  hubctl diff ecology --deployed                    against what Helm holds in the cluster
  hubctl diff ecology --base HEAD --manifests       Kubernetes objects too (needs helm)
  hubctl diff --affected --base origin/main --markdown > comment.md
Secrets are shown as <secret:NAME> or <hidden>; a change of their value is not shown.
Exit status: 0 compared (with --exit-code: no difference), 1 with --exit-code: a difference; or a
stack file has errors, 2 misuse.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("stacks", nargs="*", metavar="STACK|FILE", help="which stacks")
    parser.add_argument("--affected", action="store_true", help="all that --base touches")
    other = parser.add_mutually_exclusive_group(required=True)
    other.add_argument("--base", metavar="REF", help="compare with this revision")
    other.add_argument("--against", metavar="STACK|FILE", help="compare with this stack")
    other.add_argument("--deployed", action="store_true", help="compare with the cluster")
    parser.add_argument("--manifests", action="store_true", help="compare Kubernetes objects too")
    parser.add_argument("--charts", metavar="DIR", help="charts or archives for --manifests")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="a pull-request comment")
    form.add_argument("--json", action="store_true", help="states and differences as JSON")
    parser.add_argument("--limit", type=int, default=diff.LIMIT, metavar="N",
                        help="most characters of --markdown (default %(default)s)")  # fmt: skip
    parser.add_argument("--exit-code", action="store_true", help="1 when something differs")


def run(arguments: argparse.Namespace) -> int:
    """See EXAMPLES for the exit status."""
    if arguments.affected == bool(arguments.stacks) or (arguments.affected and not arguments.base):
        raise Problem("name stacks, or give --affected together with --base.", status=2)
    if arguments.limit < 1000:
        raise Problem("--limit is too small for a comment; give 1000 or more.", status=2)
    folder = Path(arguments.charts) if arguments.charts else None
    charts = Charts(folder=folder) if arguments.manifests or folder else None
    if arguments.base:
        found = _revisions(arguments, charts)
    else:
        found = [_other(find.find(name), arguments, charts) for name in arguments.stacks]
    if arguments.markdown:
        print(diff.markdown(found, limit=arguments.limit), end="")
    elif arguments.json:
        print_json([d.as_dict() for d in found])
    else:
        print_diff("".join(d.text() for d in found) or "# no stack is touched\n")
    if any(d.state == "errors" for d in found):
        return 1
    return int(arguments.exit_code and any(d.state != "same" for d in found))


def _revisions(arguments: argparse.Namespace, charts: Charts | None) -> list[StackDiff]:
    project = find.project_root()
    repository = GitRepository(project)
    start = repository.merge_base(arguments.base)
    changed = repository.changed(start)
    out: list[StackDiff] = []
    if arguments.affected:
        touch = since(arguments.base, None)
        paths = [project / stack.file for stack in touch.affected]
        note = "the hub runs on; `pulumi destroy` it before the file goes"
        out = [StackDiff(name=n, state="deleted", notes=(note,)) for n in touch.deleted]
    else:
        paths = [find.find(name) for name in arguments.stacks]
    with snapshots.Revision(repository, start, changed) as before:
        out += [_since(path, before, charts) for path in paths]
    return sorted(out, key=lambda d: d.name)


def _since(path: Path, before: snapshots.Revision, charts: Charts | None) -> StackDiff:
    """One stack against an older revision; errors in its file are part of the answer."""
    stack = find.read(path)
    bad = errors(stack.findings)
    if stack.hub is None or bad:
        notes = tuple(finding.text() for finding in bad)
        return StackDiff(name=stack.name, state="errors", notes=notes)
    new = snapshots.of_hub(stack.hub, stack.secrets_set, charts)
    try:
        old = before.snapshot(stack.name, charts, stack.hub.ns)
    except snapshots.CannotRender as error:
        note = "the base revision cannot be rendered, so all of it is shown as new:"
        parts = tuple(compare({}, new, ("before", "after")))
        notes = (note, *str(error).splitlines()[:20])
        return StackDiff(name=stack.name, state="changed", parts=parts, notes=notes)
    parts = tuple(compare(old or {}, new, ("before", "after")))
    return StackDiff(name=stack.name, state="new" if old is None else state_of(parts), parts=parts)


def _other(path: Path, arguments: argparse.Namespace, charts: Charts | None) -> StackDiff:
    """One stack against another one, or against what is deployed."""
    stack, hub = find.usable(path)
    new = snapshots.of_hub(hub, stack.secrets_set, charts)
    if arguments.deployed:
        old, labels = snapshots.deployed(hub, stack.secrets_set, charts), ("deployed", "file")
        notes = () if old else ("none of its releases is deployed in this namespace",)
    else:
        other_stack, other = find.usable(find.find(arguments.against))
        old = snapshots.of_hub(other, other_stack.secrets_set, charts)
        labels, notes = (other.name, hub.name), ()
    parts = tuple(compare(old, new, labels))
    return StackDiff(name=stack.name, state=state_of(parts), parts=parts, notes=notes)
