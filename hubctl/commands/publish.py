"""`hubctl publish`: what a job of a pull request or a schedule tells people, edited in place."""

from __future__ import annotations

import argparse
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from hubctl.code_hosts import drift, received
from hubctl.code_hosts.base import CodeHost
from hubctl.code_hosts.github import GitHub
from hubctl.code_hosts.gitlab import GitLab
from hubctl.console.errors import Problem
from hubctl.review import diff

EXAMPLES = """examples:
  hubctl diff --affected --base origin/main --json > diff.json
  hubctl publish diff diff.json           a comment on the pull request of this job
  hubctl publish drift --jobs 'drift '    one issue about all jobs `drift STACK` of this run
Runs in a job of GitHub Actions (with GITHUB_TOKEN) or GitLab CI (with FORGE_TOKEN: a project access
token of scope api). The file is data, whoever wrote it: nothing of it becomes markup or a mention.
Exit status: 0 written, or nothing to write to, 1 the code host or the file is at fault, 2 misuse.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("what", choices=("diff", "drift"), help="a comment, or an issue")
    parser.add_argument("file", nargs="?", metavar="FILE", help="diff: from hubctl diff --json")
    parser.add_argument("--jobs", metavar="PREFIX", help="drift: how the names of the jobs start")


def run(arguments: argparse.Namespace) -> int:
    """See EXAMPLES for the exit status."""
    if arguments.what == "diff":
        if not arguments.file or arguments.jobs:
            raise Problem("give the file that `hubctl diff --json` wrote, and no --jobs.", status=2)
        return _diff(_code_host(os.environ), Path(arguments.file))
    if arguments.file or not arguments.jobs:
        raise Problem("give --jobs PREFIX, and no file.", status=2)
    return _drift(_code_host(os.environ), arguments.jobs)


def _diff(host: CodeHost, path: Path) -> int:
    body = diff.markdown(received.read(_bytes(path)))
    number = host.pull_request()
    if number is None:
        print("the pull request is not open any more; nothing was written")
        return 0
    print(host.comment(number, body, diff.MARKER))
    return 0


def _drift(host: CodeHost, prefix: str) -> int:
    jobs = host.jobs(prefix)
    if not jobs:
        raise Problem(f"no finished job of this run has a name that starts with {prefix!r}.")
    body, wanted = drift.report(jobs, prefix)
    print(host.issue(drift.TITLE, body, drift.MARKER, wanted=wanted) or "no drift")
    return 0


def _code_host(environment: Mapping[str, str]) -> CodeHost:
    if environment.get("GITLAB_CI"):
        return GitLab(environment)
    if environment.get("GITHUB_ACTIONS"):
        return GitHub(environment)
    raise Problem("this runs in a job of GitHub Actions or GitLab CI.", status=2)


def _bytes(path: Path) -> bytes:
    """The bytes of a plain file, bounded. It came out of a fork's archive, where it may be a link to
    any file of this machine."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Problem(f"{path} is no plain file.")
            return file.read(received.LARGEST + 1)
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}.") from None
