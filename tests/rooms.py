"""Draws the rooms of the house into CONTRIBUTING.md, from the code's own imports:
`python -m tests.rooms`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "CONTRIBUTING.md"
ROOMS = ("model", "values", "components", "hubctl", "lab", "rehearsal")
_BEGIN, _END = "<!-- rooms: drawn by `python -m tests.rooms` -->\n", "<!-- end of rooms -->\n"


def picture() -> str:
    """A Mermaid flowchart: each room with its folders, an arrow to each room that it imports."""
    arrows = set()
    graph = grimp.build_graph(*ROOMS, include_external_packages=False, cache_dir=None)
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            arrows.add((module.split(".")[0], imported.split(".")[0]))
    lines = [f'  {room}["<b>{room}</b><br/>{_folders(room)}"]' for room in ROOMS]
    lines += [f"  {one} --> {other}" for one, other in sorted(arrows) if one != other]
    return "\n".join(["```mermaid", "flowchart TD", *lines, "```", ""])


def drawn(page: str) -> str:
    """The page with today's picture in it."""
    before, _, rest = page.partition(_BEGIN)
    return f"{before}{_BEGIN}{picture()}{_END}{rest.partition(_END)[2]}"


def classes() -> Iterator[tuple[str, Path, int]]:
    """Name, file and length in lines of every class outside tests and charts."""
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield node.name, path, (node.end_lineno or node.lineno) - node.lineno + 1


def sources() -> list[Path]:
    """Python files of the rooms; the stand-in charts are not ours to shape."""
    found = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return sorted(
        path for path in found if "charts/" not in path.as_posix() or "values" in path.parts
    )


def _folders(room: str) -> str:
    names = sorted(path.parent.name for path in (ROOT / room).glob("*/__init__.py"))
    return " · ".join(names)


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
