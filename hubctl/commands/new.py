"""`hubctl new`: a stack file from answers or flags."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

from hubctl.__main__ import COMMANDS, main
from hubctl.console.errors import Problem
from hubctl.console.output import print_json
from hubctl.create import answers as answered
from hubctl.create import interview
from hubctl.create.questions import QUESTIONS, Answers, is_open
from hubctl.stackfile import draft, find
from hubctl.stackfile.replace import write_new
from model.derived import names
from model.derived.example_repository import launchable
from model.findings import errors
from model.hub import Hub
from model.stackfile.read import read_text
from values.guards.extra_values import check_values
from values.wanted_secrets import secrets_to_set

EXAMPLES = """examples:
  hubctl new ecology                         asks what cannot be derived
  hubctl new ecology --provider gcp --cluster research --project research-123 --location us-west2 \\
    --ingress 203.0.113.10 --hub-domain hub.ecology.example.org --repositories 'github:ecology/*'
Without a terminal (or with --no-input) nothing is asked: what is missing is named.
An existing file is never overwritten.
Exit status: 0 written, 1 the hub would break a rule (nothing is written), 2 misuse.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("name", metavar="NAME", help="the hub's name: a-z, 0-9 and '-'")
    for question in QUESTIONS:
        choices = f" ({', '.join(question.choices)})" if question.choices else ""
        parser.add_argument(f"--{question.flag}", metavar="TEXT", help=question.text + choices)
    parser.add_argument("--output", metavar="FILE", help="default: stacks/Pulumi.NAME.yaml")
    parser.add_argument("--no-input", action="store_true", help="never ask")
    if "rehearse" in COMMANDS:
        parser.add_argument("--rehearse", action="store_true", help="then prove it in the lab")
    parser.add_argument("--json", action="store_true", help="file, secrets and next steps as JSON")


def run(arguments: argparse.Namespace) -> int:
    """See EXAMPLES for the exit status."""
    default = find.project_root() / "stacks" / f"Pulumi.{arguments.name}.yaml"
    path = Path(arguments.output) if arguments.output else default
    if find.name_of(path) != arguments.name:
        raise Problem(
            f"{path.name} would be stack {find.name_of(path)!r}: a stack is named by its "
            f"file. Write Pulumi.{arguments.name}.yaml.",
            status=2,
        )
    if path.exists():
        raise Problem(f"{path} exists; edit it, or choose another name.", status=2)
    flags = {q.flag: getattr(arguments, q.flag.replace("-", "_")) for q in QUESTIONS}
    ask = None if arguments.no_input or not sys.stdin.isatty() else _ask
    answers = interview.interview(flags, ask)
    sections = answered.sections(answers)
    title = f"{arguments.name}: {_said(answers)}"
    text = draft.text(sections, title=title, comments=answered.comments(answers))
    hub = _checked(arguments.name, text)
    if path == default:
        path.parent.mkdir(exist_ok=True)  # git keeps no empty folder
    write_new(path, text)
    secrets = secrets_to_set(hub, ())
    if arguments.json:
        print_json({"file": str(path), "secrets": secrets, "next": _next(hub)})
    else:
        print(f"wrote {path}:\n\n{text}")
        print(instructions(hub, secrets), end="")
    if getattr(arguments, "rehearse", False):
        return main(["rehearse", str(path)])
    return 0


def _ask(text: str) -> str:
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - lets people edit what they type
    try:
        return input(text)
    except EOFError:
        raise Problem("the answers ended; nothing was written.", status=2) from None


def _said(answers: Answers) -> str:
    kind = "an open hub" if is_open(answers) else "a members-only hub"
    where = {"gcp": "GKE", "aws": "EKS", "kubernetes": "Kubernetes"}[answers["provider"]]
    return f"{kind} on {where}."


def _checked(name: str, text: str) -> Hub:
    """The hub; raises Problem with every error except secrets, which are set afterwards."""
    first = read_text(name, text)
    wanted = secrets_to_set(first.hub, ()) if first.hub and first.hub.domains else []
    stack = read_text(name, text + "".join(f"  binderhub:{s}: {{secure: set}}\n" for s in wanted))
    found = list(stack.findings)
    if stack.hub is not None and stack.ok:
        found += check_values(stack.hub, stack.secrets_set)
    bad = errors(found)
    if stack.hub is None or bad:
        raise Problem(
            "this hub would break rules; nothing was written:"
            + "".join(f"\n  {finding.text()}" for finding in bad)
        )
    return stack.hub


def instructions(hub: Hub, secrets: list[str]) -> str:
    """What to do next, as commands in order."""
    first, *rest = _next(hub)
    out = f"Next:\n  {first}\n"
    for name in secrets:
        how = draft.HOW.get(name, "").format(callback=names.hub_callback(hub))
        out += f"  pulumi config set --secret {name} --stack {hub.name}"
        out += f"    # {how}\n" if how else "\n"
    out += "".join(f"  {line}\n" for line in rest)
    if secrets:
        out += "Each secret is asked for and encrypted; it is never in the file in clear.\n"
    return out


def _next(hub: Hub) -> list[str]:
    return [
        f"pulumi stack init {hub.name}",
        f"hubctl validate {hub.name}",
        f"pulumi preview --stack {hub.name}",
        f"pulumi up --stack {hub.name}",
        f"hubctl smoke {hub.name}{_to_launch(hub)}",
    ]


def _to_launch(hub: Hub) -> str:
    """The option that smoke needs where the patterns name no single repository."""
    return "" if launchable(hub) else " --repo OWNER/REPO"
