"""`hubctl pipeline`: a GitLab child pipeline with one job per stack."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from hubctl import stackfiles
from hubctl.output import print_json
from hubctl.problem import Problem

EXAMPLES = """examples:
  hubctl pipeline preview --base origin/main > child.yml
  hubctl pipeline up --base "$CI_COMMIT_BEFORE_SHA" > child.yml    staging stacks first
  hubctl pipeline drift --all > child.yml
GitLab has no matrix from a job's output; this prints JSON, which is YAML, for `trigger: include`.
The jobs extend .preview, .up, .drift and .drift-report of .gitlab/hub.yml. Stacks of stage
development are nobody's to deploy but their owner's: `up` and `drift` leave them out.
Exit status: 0 printed, 2 misuse.
"""
TEMPLATE = ".gitlab/hub.yml"
DRIFT = "drift "
"""How the names of drift's jobs start; `hubctl publish drift --jobs` looks for it."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.epilog = EXAMPLES
    parser.add_argument("what", choices=("preview", "up", "drift"), help="what each job does")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--base", metavar="REF", help="the stacks that changed since this revision")
    which.add_argument("--all", action="store_true", help="every stack")


def run(arguments: argparse.Namespace) -> int:
    """0; raises Problem when git does not know the revision."""
    from hubctl.commands.affected import since
    from hubctl.revisions import known_stacks

    if arguments.all:
        stacks = [(s.name, s.stage) for s in known_stacks(stackfiles.project_root())]
    else:
        stacks = [(s.name, s.stage) for s in since(arguments.base, None).affected]
    print_json(pipeline(arguments.what, stacks))
    return 0


def pipeline(what: str, stacks: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The pipeline for stacks given as (name, stage). Pure."""
    if what not in ("preview", "up", "drift"):
        raise Problem(f"{what!r} is no pipeline.", status=2)
    deployed = [(n, s) for n, s in stacks if what == "preview" or s != "development"]
    jobs: dict[str, Any] = {
        f"{what} {name}": {
            "extends": f".{what}",
            "stage": stage if what == "up" else what,
            "variables": {"STACK": name, "STAGE": stage},
        }
        for name, stage in deployed
    }
    if not jobs:
        # A pipeline without a job is an error to GitLab.
        jobs["nothing to do"] = {"stage": what if what != "up" else "staging", "script": ["true"]}
    elif what == "drift":
        jobs["report"] = {"extends": ".drift-report", "stage": "report"}
    stages = {"preview": ["preview"], "up": ["staging", "production"], "drift": ["drift", "report"]}
    return {"stages": stages[what], "include": [{"local": TEMPLATE}], **jobs}
