"""What a page of docs/ asks its reader to do: files to write, edits to make, commands to run."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
DOCS = CHECKOUT / "docs"
GENERATED = {"reference.md", "rules.md", "coverage.md", "rehearsal.md"}
PAGES = sorted(p for p in DOCS.glob("*.md") if p.name not in GENERATED)
NEEDED = re.compile(r"needs a (cloud account|cluster|running hub)|the hub runs")
_FENCE = re.compile(r"^(`{3,})([\w-]*)(?: title=\"([^\"]*)\")?$")
_LAB = re.compile(r"^<!-- lab: ([\w-]+) -->$")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block. `lab` is the stack whose commands the lab can run."""

    page: str
    line: int
    language: str
    title: str
    lab: str
    text: str

    @property
    def runs(self) -> bool:
        """Whether any machine can run it."""
        return self.language == "console" and not self.title

    def commands(self) -> list[tuple[str, str]]:
        """(command, what it prints) of a console block."""
        found: list[tuple[list[str], list[str]]] = []
        document = ""
        for line in self.text.splitlines():
            if found and (document or found[-1][0][-1].endswith("\\")):
                found[-1][0].append(line)
                document = "" if line == document else document
            elif line.startswith("$ "):
                found.append(([line[2:]], []))
                here = re.search(r"<<'(\w+)'$", line)
                document = here[1] if here else ""
            else:
                assert found, f"{self.page}:{self.line}: output before the first command"
                found[-1][1].append(line)
        return [("\n".join(c), "".join(f"{x}\n" for x in out)) for c, out in found]


def blocks(page: Path) -> list[Block]:
    """Every block of a page, in order. A block inside a console block (Markdown that a command
    prints) is part of it: the outer one ends at the last fence before the next marker or text."""
    lines = page.read_text(encoding="utf-8").splitlines()
    out: list[Block] = []
    i = 0
    while i < len(lines):
        match = _FENCE.match(lines[i])
        if not match:
            i += 1
            continue
        end = next(k for k in range(i + 1, len(lines)) if lines[k] == match[1])
        before = _LAB.match(lines[i - 1]) if i else None
        out.append(
            Block(
                page=page.name,
                line=i + 1,
                language=match[2],
                title=match[3] or "",
                lab=before[1] if before else "",
                text="\n".join(lines[i + 1 : end]),
            )
        )
        i = end + 1
    return out


def edited(text: str, diff: str, where: str) -> str:
    """`text` with the lines of a diff block changed; they must be there, once and in a row."""
    old = "".join(f"{x[1:]}\n" for x in diff.splitlines() if x[:1] in (" ", "-"))
    new = "".join(f"{x[1:]}\n" for x in diff.splitlines() if x[:1] in (" ", "+"))
    assert text.count(old) == 1, f"{where}: these lines are not in the file:\n{old}\nbut:\n{text}"
    return text.replace(old, new)


def same(expected: str, printed: str) -> bool:
    """Whether what was printed is what the page shows. `...` alone stands for any lines, at a
    line's end for the rest of it; runs of blanks are one."""
    if not expected.strip():
        return True
    pattern = ""
    for line in expected.splitlines():
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        else:
            words = " ".join(line.split())
            rest = words.endswith("...")
            pattern += (
                re.escape(words.removesuffix("...").rstrip()) + (".*" if rest else "") + r"\n"
            )
    flat = "".join(f"{' '.join(line.split())}\n" for line in printed.splitlines())
    return re.fullmatch(pattern, flat) is not None


class Reader:
    """Does in `folder` what the page says, as far as this machine can."""

    def __init__(self, folder: Path, bin_folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "PATH": f"{bin_folder}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(folder.parent),
            "LANG": "C.UTF-8",
            "COLUMNS": "120",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "reader", "GIT_AUTHOR_EMAIL": "reader@example.org",
            "GIT_COMMITTER_NAME": "reader", "GIT_COMMITTER_EMAIL": "reader@example.org",
        }  # fmt: skip

    def prepare(self, block: Block) -> None:
        """Write or edit the file that the block's title names."""
        path, where = self.folder / block.title, f"{block.page}:{block.line}"
        if block.language == "diff":
            path.write_text(edited(path.read_text(), block.text, where))
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.text + "\n")

    def run(self, block: Block) -> Iterator[tuple[str, str, str]]:
        """(command, expected, printed) of each command that was run."""
        for command, expected in block.commands():
            done = subprocess.run(
                ["bash", "-c", command], cwd=self.folder, env=self.environment,
                capture_output=True, text=True, check=False, timeout=60,
            )  # fmt: skip
            printed = (done.stdout + done.stderr).replace(f"{self.folder}/", "")
            assert done.returncode == 0, f"{block.page}:{block.line}: {command}\n{printed}"
            yield command, expected, printed
