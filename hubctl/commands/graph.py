"""`hubctl graph`: what a stack makes, and in which order."""

from __future__ import annotations

import argparse
from pathlib import Path

from hubctl.console.errors import Problem
from hubctl.console.output import print_json
from hubctl.diagram.draw import mermaid, svg
from hubctl.diagram.model import graph
from hubctl.stackfile import find

EXAMPLES = """examples:
  hubctl graph ecology                        Mermaid, for a page on GitHub or GitLab
  hubctl graph ecology --format svg --output ecology.svg
An arrow leads from what must be there first. Derived from the stack file; nothing is asked.
Exit status: 0 drawn, 1 the file has errors, 2 misuse.
"""


_FORMS = {".svg": "svg", ".mmd": "mermaid", ".mermaid": "mermaid", ".md": "mermaid"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("stack", metavar="STACK|FILE", help="which stack")
    parser.add_argument("--format", choices=("mermaid", "svg"), default=None, help="default: by the "
                        "name of --output, else mermaid")  # fmt: skip
    parser.add_argument("--output", metavar="FILE", help="write there")
    parser.add_argument("--json", action="store_true", help="nodes and edges as JSON")


def run(arguments: argparse.Namespace) -> int:
    """0 and the picture."""
    stack, hub = find.usable(find.find(arguments.stack), secrets=False)
    drawn = graph(hub, stack.secrets_set)
    if arguments.json:
        print_json({"stack": stack.name, "nodes": [vars(n) for n in drawn.nodes],
                    "edges": [list(e) for e in drawn.edges]})  # fmt: skip
        return 0
    form = arguments.format or _FORMS.get(Path(arguments.output or "x.mmd").suffix.lower())
    if form is None:
        raise Problem(
            f"{arguments.output}: its name does not tell the format; end it in .svg or .mmd, or give "
            "--format.",
            status=2,
        )
    text = svg(drawn) if form == "svg" else mermaid(drawn)
    if not arguments.output:
        print(text, end="")
        return 0
    try:
        Path(arguments.output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Problem(
            f"{arguments.output} cannot be written: {error.strerror}.", status=2
        ) from None
    print(f"wrote {arguments.output}")
    return 0
