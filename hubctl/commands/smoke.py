"""`hubctl smoke`: does a running hub do what it is for?"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from hubctl.console.checks import failed, show
from hubctl.console.errors import Problem
from hubctl.console.output import print_json, progress
from hubctl.live.smoke.plan import plan
from hubctl.stackfile import find
from model.derived.example_repository import EXAMPLE

EXAMPLES = """examples:
  hubctl smoke ecology
  hubctl smoke ecology --repo ecology-lab/course@main --json
  HUBCTL_TOKEN=... hubctl smoke climate       a members-only hub
  hubctl smoke ecology --no-launch            hosts, health and versions only
A members-only hub needs a member's token: on the hub's page, Token, with the scopes
access:services!service=binder, servers!user, access:servers!user, read:users!user (or none chosen:
all of the member's own). It is read from HUBCTL_TOKEN or --token-file, never from the command line.
Exit status: 0 all is well, 1 something is not, 2 misuse.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("stack", metavar="STACK|FILE", help="which stack")
    parser.add_argument("--repo", metavar="OWNER/REPO[@REF]", help="what to launch")
    parser.add_argument("--no-launch", action="store_true", help="look only, launch nothing")
    parser.add_argument("--token-file", metavar="FILE", help="file with a member's token")
    parser.add_argument("--timeout", type=float, default=1800, metavar="SECONDS",
                        help="for build and launch (default %(default)s)")  # fmt: skip
    parser.add_argument("--ca", metavar="FILE", help="trust these authorities (a staging issuer's)")
    parser.add_argument("--hub-url", metavar="URL", help="ask the hub here instead")
    parser.add_argument("--binder-url", metavar="URL", help="ask BinderHub here instead")
    parser.add_argument("--json", action="store_true", help="checks as JSON")


def run(arguments: argparse.Namespace) -> int:
    """See EXAMPLES for the exit status."""
    from hubctl.live.smoke.client import Client  # requests: half a second that --help does not need
    from hubctl.live.smoke.run import Smoke

    stack, hub = find.usable(find.find(arguments.stack))
    # Nothing is launched, so nobody needs to say what: any repository stands in.
    repo = arguments.repo or (EXAMPLE if arguments.no_launch else None)
    todo = plan(hub, repo=repo, hub_url=arguments.hub_url, binder_url=arguments.binder_url)
    token = _token(arguments.token_file)
    if todo.members_only and not token and not arguments.no_launch:
        raise Problem(
            f"{hub.name} is for members only: put a member's token in HUBCTL_TOKEN or --token-file "
            "(`hubctl smoke --help` says how to get one), or give --no-launch.",
            status=2,
        )
    if arguments.ca and not Path(arguments.ca).is_file():
        raise Problem(f"--ca {arguments.ca}: there is no such file.", status=2)
    client = Client(token=token if todo.members_only else None, ca=arguments.ca)
    with progress(quiet=arguments.json) as say:
        smoke = Smoke(todo, client, say, timeout=arguments.timeout)
        checks = smoke.run(launch=not arguments.no_launch)
    if arguments.json:
        print_json(
            {
                "stack": stack.name,
                "ok": not failed(checks),
                "checks": [check.as_dict() for check in checks],
                "spec": None if arguments.no_launch else todo.spec,
                "image": smoke.launch.image,
                "phases": smoke.launch.phases,
            }
        )
    else:
        show(checks)
    return int(failed(checks))


def _token(path: str | None) -> str | None:
    if path is None:
        return os.environ.get("HUBCTL_TOKEN", "").strip() or None
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise Problem(f"--token-file {path} cannot be read.", status=2) from None
    if not text or not text.isascii() or any(c.isspace() for c in text):
        raise Problem(f"--token-file {path} does not hold one token.", status=2)
    return text
