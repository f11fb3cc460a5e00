"""The house stays as CONTRIBUTING.md shows it, and its files stay small."""

from __future__ import annotations

from collections import defaultdict

from tests import rooms

MOST_LINES, MOST_OF_A_CLASS = 350, 200
LONG: dict[str, str] = {}
"""Files and classes that are longer, and why."""


def test_the_picture_shows_todays_rooms_and_imports() -> None:
    page = rooms.PAGE.read_text(encoding="utf-8")
    assert page == rooms.drawn(page), "run `python -m tests.rooms`"


def test_no_class_has_the_name_of_another_rooms() -> None:
    """A reader who looks for `Access` must not find two that mean different things."""
    where: dict[str, set[str]] = defaultdict(set)
    for name, path, _ in rooms.classes():
        if not name.startswith("_"):
            where[name].add(path.relative_to(rooms.ROOT).as_posix())
    twice = {name: files for name, files in where.items() if len(files) > 1}
    assert twice == {}


def test_a_file_or_class_that_grows_long_says_why() -> None:
    long = {
        path.relative_to(rooms.ROOT).as_posix()
        for path in rooms.sources()
        if len(path.read_text(encoding="utf-8").splitlines()) > MOST_LINES
    } | {
        path.relative_to(rooms.ROOT).as_posix()
        for _, path, lines in rooms.classes()
        if lines > MOST_OF_A_CLASS
    }
    assert long == LONG.keys()
