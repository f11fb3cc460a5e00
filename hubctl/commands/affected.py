"""`hubctl affected`: which stacks a change touches, for people and for a CI matrix."""

from __future__ import annotations

import argparse
import json
import os
import sys

from hubctl.console.errors import Problem
from hubctl.console.output import print_json
from hubctl.review import affected
from hubctl.review.git import GitRepository
from hubctl.review.known_stacks import known_stacks
from hubctl.stackfile import find

EXAMPLES = """examples:
  hubctl affected --base origin/main                what this branch touches, uncommitted work too
  hubctl affected --base origin/main --head HEAD    commits only
  hubctl affected --base "$BEFORE" --head "$AFTER" --json
  hubctl affected --all --json                      every stack, for a schedule
A base of zeros or nothing, as code hosts give for a new branch, means every stack, and says so.
JSON has `affected` with the reasons, `deleted` (stacks whose file is gone and whose hub nobody has
destroyed by that), and for CI `matrix` ({"include": [{"stack", "file", "stage", "clouds",
"adopting"}]}), the same split in `stages.first` (staging) and `stages.rest` (production). Stacks of
stage development are their owner's and in no matrix. `clouds` are those to log in to: gcp, aws,
both or none, the state's (PULUMI_BACKEND_URL) and the keys' included. `adopting` is true while
`adopt.releases` stands in the file: a difference could show the old hub's secrets.
--github-output writes the lists `stacks`, `first` and `rest`, and `touched` (true or false), as
outputs of a step of GitHub Actions.
Exit status: 0 also when nothing is touched, 2 misuse.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--base", metavar="REF", help="compare with this revision")
    which.add_argument("--all", action="store_true", help="every stack, whatever changed")
    parser.add_argument("--head", metavar="REF", help="compare this one (default: the files here)")
    parser.add_argument("--only", metavar="STACK", help="leave out every other stack")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="for a CI matrix")
    form.add_argument("--github-output", action="store_true", help="write a job's outputs, too")


def run(arguments: argparse.Namespace) -> int:
    """0; raises Problem when git does not know a revision."""
    if arguments.all and arguments.head:
        raise Problem("--head goes with --base.", status=2)
    touch = chosen(arguments.base, arguments.head)
    if arguments.only:
        touch = touch.only(arguments.only)
    if arguments.json:
        print_json(touch.as_dict())
        return 0
    if arguments.github_output:
        _outputs(touch)
    for stack in touch.affected:
        print(f"{stack.name} ({stack.stage}): {', '.join(stack.reasons)}")
    for name in touch.deleted:
        print(f"{name}: its file is deleted; `pulumi destroy --stack {name}` before you merge")
    if not touch.affected and not touch.deleted:
        print("no stack is touched")
    return 0


def chosen(base: str | None, head: str | None = None) -> affected.Touch:
    """What changed since `base`; every stack when there is no base to compare with.

    A base that is no revision (zeros, as for a new branch) is said on standard error.
    """
    if base is not None and not affected.is_nothing(base):
        return since(base, head)
    if base is not None:
        said = "the base is no revision (a new branch?), so every stack is taken."
        print(f"hubctl: {said}", file=sys.stderr)
    return affected.everything(known_stacks(find.project_root()))


def _outputs(touch: affected.Touch) -> None:
    """Write the lists for a matrix where GitHub reads a step's outputs."""
    target = os.environ.get("GITHUB_OUTPUT")
    if not target:
        raise Problem(
            "--github-output is for a job of GitHub Actions: GITHUB_OUTPUT is not set.", status=2
        )
    # JSON escapes line breaks, so a stack's name cannot add an output of its own.
    found = {**touch.outputs(), "touched": touch.any}
    lines = [f"{name}={json.dumps(value)}\n" for name, value in found.items()]
    try:
        with open(target, "a", encoding="utf-8") as file:
            file.write("".join(lines))
    except OSError as error:
        raise Problem(f"{target} cannot be written: {error.strerror}.") from None


def since(base: str, head: str | None) -> affected.Touch:
    """What changed since the common ancestor of `base` and `head` (None: the files here)."""
    project = find.project_root()
    repository = GitRepository(project)
    start = repository.merge_base(base, head or "HEAD")
    changed = repository.changed(start, repository.commit(head) if head else None)
    return affected.affected(changed, known_stacks(project))
