"""Entry point of `hubctl`.

Exit status: 0 success (warnings alone count as success), 1 the stack file has errors or the
command failed, 2 the command was misused. Each command is a module of `hubctl.commands`, imported
when it is called, so that `--help` needs nothing but the standard library.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

COMMANDS: dict[str, str] = {
    "validate": "check stack files against the model and every rule",
    "render": "print the Helm values that a stack's releases get",
}
"""Command -> one line of help. The module is `hubctl.commands.<command>`."""


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """The command line. `only` fills in the options of one command (the others stay names)."""
    top = argparse.ArgumentParser(
        prog="hubctl",
        description="Check, render and rehearse Binder hubs: one stack file each.",
        epilog="A stack is named (ecology) or given as a path (stacks/Pulumi.ecology.yaml). "
        "Exit status: 0 success, 1 errors found or the command failed, 2 misuse.",
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, text in COMMANDS.items():
        sub = commands.add_parser(
            name,
            help=text,
            description=text[:1].upper() + text[1:] + ".",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name == only:
            module = importlib.import_module(f"hubctl.commands.{name}")
            module.arguments(sub)
            sub.set_defaults(run=module.run)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run `hubctl`; returns the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    command = next((w for w in words if not w.startswith("-")), None)
    arguments = parser(command if command in COMMANDS else None).parse_args(words)
    from hubctl.problem import Problem

    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except Problem as problem:
        print(f"hubctl: {problem}", file=sys.stderr)
        return problem.status
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        print("hubctl: interrupted.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
