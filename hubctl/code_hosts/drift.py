"""The one issue about drift, from the jobs that looked. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hubctl.code_hosts.base import Job

MARKER = "<!-- hubctl drift -->"
"""First line of the issue: finds the one to edit."""
TITLE = "Hubs differ from their stack files"
LOOKING = "preview"
"""Name of the step that fails when something differs; any other means that nobody could look."""


def report(jobs: Sequence[Job], prefix: str) -> tuple[str, bool]:
    """The issue's text, and whether anything is to be done."""
    bad = [job for job in jobs if not job.ok]
    if not bad:
        said = f"On {len(jobs)} hubs, nothing that their programs set was found changed."
        return f"{MARKER}\n{said}\n", False
    rows = [f"| {_stack(job, prefix)} | {_what(job)} | [log]({job.url}) |" for job in bad]
    return (
        "\n".join(
            [
                MARKER,
                f"{len(bad)} of {len(jobs)} hubs need a look. For each: `pulumi preview --refresh "
                "--stack STACK` names what differs, and `hubctl diff STACK --deployed` shows the "
                "values, without credentials. Then either `pulumi up --refresh --stack STACK` to undo "
                "a change made by hand (without `--refresh` it stays), or write the change into the "
                "stack file. What was added with helm, or changed with kubectl inside a release, is "
                "not looked at here: docs/troubleshooting.md, Changed by hand.",
                "",
                "| stack | | |",
                "|---|---|---|",
                *rows,
                "",
                "This issue is edited by every check, and closed by the first that finds nothing.",
                "",
            ]
        ),
        True,
    )


def _stack(job: Job, prefix: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "", job.name.removeprefix(prefix)) or "?"


def _what(job: Job) -> str:
    if not job.step:
        return "differs, or could not be looked at"
    return "differs" if LOOKING in job.step.lower() else f"not looked at: {_step(job.step)} failed"


def _step(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9 ._-]", "", name)[:60]
