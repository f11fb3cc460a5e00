"""`hubctl rotate`: a new generated secret at the next `pulumi up`, and what restarts then."""

from __future__ import annotations

import argparse
import shlex

from hubctl.console.errors import Problem
from hubctl.console.output import print_json
from hubctl.stackfile import edit, find
from hubctl.stackfile.replace import write
from model.derived.registry_access import registry_access
from model.derived.secret_readers import said
from model.secrets import OPERATOR_SECRETS, ROTATED
from values.releases import releases
from values.wanted_secrets import wanted_secrets

EXAMPLES = """examples:
  hubctl rotate ecology proxyToken
  hubctl rotate ecology cookieSecret --dry-run
  hubctl rotate ecology registryKey         the key that pushes to Artifact Registry
Raises the number under `rotate` in the stack file by one and changes nothing else of it; the secret
itself is made by the next `pulumi up`, and never shown. Secrets that you give are renewed with
`pulumi config set --secret NAME`, or with `sops FILE` when they stand in the stack's secretsFile.
Exit status: 0 written, 1 the file has errors or cannot be edited, 2 misuse.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("stack", metavar="STACK|FILE", help="which stack")
    parser.add_argument("secret", metavar="SECRET", help=", ".join(ROTATED))
    parser.add_argument("--dry-run", action="store_true", help="say what would happen only")
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def run(arguments: argparse.Namespace) -> int:
    """See EXAMPLES for the exit status."""
    name, path = arguments.secret, find.find(arguments.stack)
    stack, hub = find.usable(path)
    if name in OPERATOR_SECRETS or name in stack.secrets_set:
        filed = find.secrets_file(path, path.read_text(encoding="utf-8"))
        change = f"run `pulumi config set --secret {name} --stack {hub.name}`"
        if hub.secrets_file and filed and name in filed.names:
            change = (
                f"change it in the stack's secretsFile (`sops {shlex.quote(hub.secrets_file)}`)"
            )
        raise Problem(
            f"{name} is a secret that you give: renew it where it comes from, then {change} and run "
            f"`pulumi up`, at which {said(registry_access(hub), name)}.",
            status=2,
        )
    known = sorted(wanted_secrets(hub, releases(hub, stack.secrets_set)).rotated)
    if name not in known:
        raise Problem(f"this hub makes no secret {name!r}; it makes {', '.join(known)}.", status=2)
    number = dict(hub.rotate).get(name, 0) + 1
    text = path.read_text(encoding="utf-8")
    edited = edit.set_key(text, "rotate", name, number)
    if not arguments.dry_run:
        write(path, edited)
    effect = f"{said(registry_access(hub), name)}; {ROTATED[name].effect}"
    if arguments.json:
        print_json({"stack": hub.name, "secret": name, "number": number, "effect": effect,
                    "written": not arguments.dry_run})  # fmt: skip
        return 0
    print(f"{path}: rotate.{name} {'would become' if arguments.dry_run else 'is now'} {number}")
    print(f"At the next `pulumi up --stack {hub.name}`: {effect}.")
    return 0
