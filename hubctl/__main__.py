"""Entry point of `hubctl`.

Exit status: 0 success (warnings alone count as success), 1 a stack file has errors, a check found
something, or the command failed, 2 the command was misused, 130 interrupted, 141 nobody read the
output to its end (as other programs say of a closed pipe). Each command is a module of
`hubctl.commands`, imported when it is called, so that `--help` is quick and `publish` runs in a job
that installs nothing: this file needs only the standard library.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import sys
from collections.abc import Sequence

COMMANDS: dict[str, tuple[str, str]] = {
    "new": ("new", "write the stack file of a new hub, from answers or flags"),
    "import": ("import_values", "turn existing Helm values into a stack file"),
    "adopt": ("adopt", "the import ids with which a stack takes over what exists already"),
    "validate": ("validate", "check stack files against the model and every rule"),
    "render": ("render", "print the Helm values that a stack's releases get"),
    "diff": ("diff", "show what changes: revisions, two stacks, or what is deployed"),
    "affected": ("affected", "name the stacks that a change touches"),
    "graph": ("graph", "draw the resources of a stack as Mermaid or SVG"),
    "cost": ("cost", "estimate what a stack's nodes cost"),
    "doctor": ("doctor", "check tools, cluster, DNS, certificates and registry of a stack"),
    "smoke": ("smoke", "build and launch a small repository on a running hub"),
    "rotate": ("rotate", "renew a generated secret"),
    "rehearse": ("rehearse", "prove stacks in the lab before money is spent"),
    "pipeline": ("pipeline", "print a GitLab child pipeline with one job per stack"),
    "publish": ("publish", "write a pull request's comment or the issue about drift"),
    "completion": ("completion", "print the completion script of a shell"),
}
"""Command -> its module in `hubctl.commands`, and one line of help."""

EPILOG = """\
examples:
  hubctl new ecology                        answers become stacks/Pulumi.ecology.yaml
  hubctl validate --all                     every stack file, every rule
  hubctl diff ecology --base origin/main    what this branch changes for one hub
  hubctl smoke ecology                      a real build and launch on the running hub

A stack is named (ecology) or given as a path (stacks/Pulumi.ecology.yaml).
`hubctl COMMAND --help` has examples of each.
Exit status: 0 success, 1 errors found or the command failed, 2 misuse, 130 interrupted, 141 nobody
read the output to its end.
Set HUBCTL_DEBUG=1 for the traceback of an internal error.
"""


def parser(*filled: str) -> argparse.ArgumentParser:
    """The command line. Only the commands in `filled` get their options: each costs an import."""
    top = argparse.ArgumentParser(
        prog="hubctl",
        description="Make, check, compare and try Binder hubs: one stack file each.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module_name, text) in COMMANDS.items():
        sub = commands.add_parser(
            name,
            help=text,
            description=text[:1].upper() + text[1:] + ".",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        if name in filled:
            module = importlib.import_module(f"hubctl.commands.{module_name}")
            module.arguments(sub)
            sub.epilog = module.EXAMPLES
            sub.set_defaults(run=module.run)
    return top


class _Version(argparse.Action):
    def __call__(self, *_: object) -> None:
        print(f"hubctl {version()}")
        raise SystemExit(0)


def version() -> str:
    """The installed package's version, else that of the checkout."""
    from importlib import metadata

    try:
        return metadata.version("binderhub-pulumi")
    except metadata.PackageNotFoundError:
        import tomllib
        from pathlib import Path

        text = (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
        return str(tomllib.loads(text)["project"]["version"])


def unknown(command: str) -> str:
    """The answer to a misspelt command: the nearest real one, or where all are listed."""
    import difflib

    near = difflib.get_close_matches(command, COMMANDS, n=1)
    hint = f"did you mean {near[0]}?" if near else "`hubctl --help` lists them."
    return f"there is no command {command!r}; {hint}"


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def main(argv: Sequence[str] | None = None) -> int:
    """Run `hubctl`; returns the exit status."""
    from hubctl.console.errors import Problem

    words = list(sys.argv[1:] if argv is None else argv)
    command = next((w for w in words if not w.startswith("-")), None)
    if sys.stdout is None:  # it was closed before we began
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    try:
        if not words:
            parser().print_help(sys.stderr)
            return 2
        if command is not None and command not in COMMANDS:
            raise Problem(unknown(command), status=2)
        arguments = parser(command or "").parse_args(words)
        status: int = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except Problem as problem:
        print(f"hubctl: {problem}", file=sys.stderr)
        return problem.status
    except BrokenPipeError:
        _drop_output()
        return 141
    except KeyboardInterrupt:
        print("hubctl: interrupted.", file=sys.stderr)
        return 130
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM and error.filename is None:
            _drop_output()
            print(f"hubctl: the output cannot be written: {error.strerror}.", file=sys.stderr)
            return 1
        if os.environ.get("HUBCTL_DEBUG"):
            raise
        # The message of an unforeseen error may carry a value; its kind and place do not.
        frame = error.__traceback__
        while frame and frame.tb_next:
            frame = frame.tb_next
        place = f"{frame.tb_frame.f_code.co_name}, line {frame.tb_lineno}" if frame else "unknown"
        print(
            f"hubctl: internal error: {type(error).__name__} in {place}. This is a mistake in "
            "hubctl, not yours; please report it. HUBCTL_DEBUG=1 shows the traceback.",
            file=sys.stderr,
        )
        return 1


def _drop_output() -> None:
    """Discard what is still buffered; flushing it at exit would fail again, with a traceback."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    raise SystemExit(main())
