"""The house stays as CONTRIBUTING.md shows it."""

from __future__ import annotations

from tests import rooms


def test_the_picture_shows_todays_rooms_and_imports() -> None:
    page = rooms.PAGE.read_text(encoding="utf-8")
    assert page == rooms.drawn(page), "run `python -m tests.rooms`"
