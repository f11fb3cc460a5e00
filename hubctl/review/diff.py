"""Differences of what stacks render, as text, Markdown and JSON. Pure.

Everything compared here is masked already (hubctl.review.masking).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["changed", "same", "new", "deleted", "errors"]
MARKER = "<!-- hubctl diff -->"
"""First line of the Markdown: finds the comment to edit in place."""
LIMIT = 60_000
"""Characters of a comment; GitHub takes 65,536."""


@dataclass(frozen=True, kw_only=True)
class ReleaseDiff:
    """The difference of one release (or of its manifests); `text` is empty when there is none."""

    name: str
    text: str

    @property
    def counts(self) -> tuple[int, int]:
        """Lines added and removed."""
        lines = self.text.splitlines()[2:]
        return sum(x.startswith("+") for x in lines), sum(x.startswith("-") for x in lines)


@dataclass(frozen=True, kw_only=True)
class StackDiff:
    """What becomes of one stack. `notes` are sentences for people (errors, reservations)."""

    name: str
    state: State
    parts: tuple[ReleaseDiff, ...] = ()
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "stack": self.name,
            "state": self.state,
            "notes": list(self.notes),
            "releases": [
                {"name": p.name, "added": p.counts[0], "removed": p.counts[1], "diff": p.text}
                for p in self.parts
                if p.text
            ],
        }

    def text(self) -> str:
        """For a terminal."""
        head = f"# {self.name}: {_SAID[self.state]}\n"
        return head + "".join(f"# {n}\n" for n in self.notes) + "".join(p.text for p in self.parts)


_SAID: dict[State, str] = {
    "changed": "values change",
    "same": "no difference",
    "new": "a new stack",
    "deleted": "its file is deleted",
    "errors": "it has errors",
}


def compare(
    old: Mapping[str, str], new: Mapping[str, str], labels: tuple[str, str]
) -> list[ReleaseDiff]:
    """Unified differences of two sets of named texts."""
    out = []
    for name in sorted({*old, *new}):
        lines = difflib.unified_diff(
            old.get(name, "").splitlines(),
            new.get(name, "").splitlines(),
            f"{labels[0]}/{name}",
            f"{labels[1]}/{name}",
            lineterm="",
        )
        out.append(ReleaseDiff(name=name, text="".join(f"{line}\n" for line in lines)))
    return out


def state_of(parts: Sequence[ReleaseDiff]) -> State:
    """Whether anything differs."""
    return "changed" if any(p.text for p in parts) else "same"


def markdown(stacks: Sequence[StackDiff], *, limit: int = LIMIT, title: str = "Hubs") -> str:
    """A pull-request comment of at most `limit` characters: a table of all stacks, then the
    differences; when they are too long each is cut, so that every stack is seen."""
    head = [MARKER, f"### {_plain(title)}: what this change does", ""]
    if not stacks:
        return "\n".join([*head, "No stack is touched.", ""])
    head += ["| stack | | lines |", "|---|---|---|"]
    rows = [f"| {_cell(s.name)} | {_SAID[s.state]} | {_lines(s)} |" for s in stacks]
    while len("\n".join([*head, *rows])) > limit // 2 and len(rows) > 1:
        rows = rows[: len(rows) // 2]
    if len(rows) < len(stacks):
        rows.append(f"| and {len(stacks) - len(rows)} more | | |")
    out = "\n".join([*head, *rows, ""])
    shown = [s for s in stacks if s.state != "same"]
    for i, stack in enumerate(shown):
        left = limit - len(out) - 200
        section = _section(stack, max(left // (len(shown) - i), 0))
        if len(section) > left:
            more = f"\n{len(shown) - i} more stacks do not fit here; see the job's log.\n"
            return out + more
        out += section
    return out


def _lines(stack: StackDiff) -> str:
    added = sum(p.counts[0] for p in stack.parts)
    removed = sum(p.counts[1] for p in stack.parts)
    return f"+{added} −{removed}" if added or removed else ""


def _section(stack: StackDiff, room: int) -> str:
    parts = [p for p in stack.parts if p.text]
    out = f"\n#### {_plain(stack.name)}: {_SAID[stack.state]}\n"
    if stack.notes:
        out += "\n" + _fenced("\n".join(stack.notes), "text", max(room // 2, 400))
    for i, part in enumerate(parts):
        added, removed = part.counts
        opened = " open" if len(parts) == 1 and added + removed < 40 else ""
        summary = f"<summary>{_plain(part.name)}: +{added} −{removed} lines</summary>"
        left = (room - len(out)) // (len(parts) - i) - 120
        out += f"\n<details{opened}>{summary}\n\n{_fenced(part.text, 'diff', left)}\n</details>\n"
    return out


def _fenced(text: str, language: str, room: int) -> str:
    """A code block that its own content cannot end; whole lines only."""
    ticks = max((len(run) for run in re.findall(r"`{3,}", text)), default=2) + 1
    fence = "`" * max(ticks, 3)
    kept, size = [], 0
    lines = text.splitlines()
    for line in lines:
        size += len(line) + 1
        if size > room:
            break
        kept.append(line)
    body = "\n".join(kept)
    said = f"\n*{len(lines) - len(kept)} more lines; see the job's log.*" if kept != lines else ""
    return f"{fence}{language}\n{body}\n{fence}\n{said}"


def _plain(text: str) -> str:
    """A name as text: no markup, no mention of a person."""
    return re.sub(r"[^A-Za-z0-9 ._:/-]", "?", text)


def _cell(text: str) -> str:
    return _plain(text).replace("|", "?")
