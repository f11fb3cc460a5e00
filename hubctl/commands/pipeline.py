"""`hubctl pipeline`: a GitLab child pipeline with one job per stack."""

from __future__ import annotations

import argparse
from typing import Any, Literal

from hubctl.commands.affected import chosen
from hubctl.console.output import print_json
from hubctl.review.affected import Touch

EXAMPLES = """examples:
  hubctl pipeline preview --base origin/main > child.yml
  hubctl pipeline up --base "$CI_COMMIT_BEFORE_SHA" > child.yml    staging stacks first
  hubctl pipeline drift --all > child.yml
GitLab has no matrix from a job's output; this prints JSON, which is YAML, for `trigger: include`.
The jobs extend .preview, .up, .drift and .drift-report of .gitlab/hub.yml, and have the variables
STACK, STAGE and CLOUDS (those to log in to). Stacks of stage development are left out: they are
nobody's to deploy but their owner's. A base of zeros, as for a new branch, means every stack.
Exit status: 0 printed, 2 misuse.
"""
TEMPLATE = ".gitlab/hub.yml"
DRIFT = "drift "
"""How the names of drift's jobs start; `hubctl publish drift --jobs` looks for it."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("what", choices=("preview", "up", "drift"), help="what each job does")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--base", metavar="REF", help="the stacks that changed since this revision")
    which.add_argument("--all", action="store_true", help="every stack")


def run(arguments: argparse.Namespace) -> int:
    """0; raises Problem when git does not know the revision."""
    print_json(pipeline(arguments.what, chosen(arguments.base)))
    return 0


def pipeline(what: Literal["preview", "up", "drift"], touch: Touch) -> dict[str, Any]:
    """The pipeline for what a change touches. Pure."""
    jobs: dict[str, Any] = {
        f"{what} {stack.name}": {
            "extends": f".{what}",
            "stage": stack.stage if what == "up" else what,
            "variables": {
                "STACK": stack.name,
                "STAGE": stack.stage,
                "CLOUDS": " ".join(stack.clouds),
            },
        }
        for stack in touch.ci
    }
    if not jobs:
        # A pipeline without a job is an error to GitLab.
        jobs["nothing to do"] = {"stage": what if what != "up" else "staging", "script": ["true"]}
    elif what == "drift":
        jobs["report"] = {"extends": ".drift-report", "stage": "report"}
    stages = {"preview": ["preview"], "up": ["staging", "production"], "drift": ["drift", "report"]}
    return {"stages": stages[what], "include": [{"local": TEMPLATE}], **jobs}
