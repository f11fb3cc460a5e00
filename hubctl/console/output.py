"""What people read: colours and progress on a terminal, plain text otherwise.

rich is imported only when standard output (or, for progress, standard error) is a terminal.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TextIO

STATES = {"ok": "green", "warning": "yellow", "error": "red", "skipped": "dim"}
"""Words that a table may colour."""


class Say(Protocol):
    """Reports what is going on now."""

    def __call__(self, text: str) -> None: ...


def colourful(stream: TextIO) -> bool:
    """Whether `stream` is a terminal that may be coloured (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_json(data: Any) -> None:
    """`data` for machines: the same bytes every time."""
    print(json.dumps(data, indent=2, ensure_ascii=False, default=str))


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table: drawn by rich on a terminal, else columns padded with spaces."""
    if colourful(sys.stdout):
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Column, Table

        # An import id or a price that is cut short is worse than one on two lines.
        columns = [Column(header, overflow="fold") for header in headers]
        table = Table(*columns, box=None, pad_edge=False)
        for row in rows:
            table.add_row(*(f"[{STATES[c]}]{c}[/]" if c in STATES else escape(c) for c in row))
        Console().print(table)
        return
    widths = [max(len(r[i]) for r in (headers, *rows)) for i in range(len(headers))]
    for row in (headers, *rows):
        print("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip())


DIFF = {"+++": "bold", "---": "bold", "@@": "cyan", "+": "green", "-": "red", "#": "bold"}
"""How lines of a difference begin, and their colour."""


def print_diff(text: str) -> None:
    """A unified difference, coloured on a terminal; no line is cut or broken."""
    if not colourful(sys.stdout):
        print(text, end="")
        return
    from rich.console import Console
    from rich.text import Text

    console = Console()
    for line in text.splitlines():
        style = next((s for start, s in DIFF.items() if line.startswith(start)), "")
        console.print(Text(line, style=style), soft_wrap=True)


@contextmanager
def progress(quiet: bool = False) -> Iterator[Say]:
    """Reports on standard error: a spinner on a terminal, a line each otherwise."""
    if quiet:
        yield lambda text: None
    elif colourful(sys.stderr):
        from rich.console import Console
        from rich.markup import escape

        with Console(stderr=True).status("starting") as status:
            yield lambda text: status.update(escape(text))
    else:
        yield lambda text: print(text, file=sys.stderr, flush=True)
