"""`hubctl affected`: which stacks a change touches, for people and for a CI matrix."""

from __future__ import annotations

import argparse

from hubctl import changes, stackfiles
from hubctl.output import print_json
from hubctl.problem import Problem
from hubctl.revisions import Repository, known_stacks

EXAMPLES = """examples:
  hubctl affected --base origin/main                what this branch touches, uncommitted work too
  hubctl affected --base origin/main --head HEAD    commits only
  hubctl affected --base "$BEFORE" --head "$AFTER" --json
  hubctl affected --all --json                      every stack, for a schedule
JSON has `any`, `matrix` ({"include": [{"stack", "file", "stage"}]}), the same split in
`stages.first` (staging and development) and `stages.rest`, `affected` with the reasons, and
`deleted`: stacks whose file is gone and whose hub nobody has destroyed by that.
Exit status: 0 also when nothing is touched, 2 misuse.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.epilog = EXAMPLES
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--base", metavar="REF", help="compare with this revision")
    which.add_argument("--all", action="store_true", help="every stack, whatever changed")
    parser.add_argument("--head", metavar="REF", help="compare this one (default: the files here)")
    parser.add_argument("--json", action="store_true", help="for a CI matrix")


def run(arguments: argparse.Namespace) -> int:
    """0; raises Problem when git does not know a revision."""
    if arguments.all and arguments.head:
        raise Problem("--head goes with --base.", status=2)
    touch = (
        changes.everything(known_stacks(stackfiles.project_root()))
        if arguments.all
        else since(arguments.base, arguments.head)
    )
    if arguments.json:
        print_json(touch.as_dict())
        return 0
    for stack in touch.affected:
        print(f"{stack.name} ({stack.stage}): {', '.join(stack.reasons)}")
    for name in touch.deleted:
        print(f"{name}: its file is deleted; `pulumi destroy --stack {name}` before you merge")
    if not touch.affected and not touch.deleted:
        print("no stack is touched")
    return 0


def since(base: str, head: str | None) -> changes.Touch:
    """What changed since the common ancestor of `base` and `head` (None: the files here)."""
    project = stackfiles.project_root()
    repository = Repository(project)
    start = repository.merge_base(base, head or "HEAD")
    changed = repository.changed(start, repository.commit(head) if head else None)
    return changes.affected(changed, known_stacks(project))
