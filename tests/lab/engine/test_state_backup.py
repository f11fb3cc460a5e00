"""A state that a full disk cut off is put back; a whole one is never touched."""

from __future__ import annotations

from pathlib import Path

from lab.engine.state_backup import keep, repair, state_of


def _state(backend: Path, text: str) -> Path:
    file = state_of(backend, "demo")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_a_state_that_was_cut_off_is_put_back(tmp_path: Path) -> None:
    file = _state(tmp_path, '{"good": 1}')
    keep(tmp_path, "demo", tmp_path / "kept")
    file.write_text('{"good": 1, "ne')
    keep(tmp_path, "demo", tmp_path / "kept")  # A cut one never replaces the copy.
    assert repair(tmp_path, "demo", tmp_path / "kept")
    assert file.read_text() == '{"good": 1}'


def test_a_newer_whole_state_is_left_alone(tmp_path: Path) -> None:
    file = _state(tmp_path, '{"good": 1}')
    keep(tmp_path, "demo", tmp_path / "kept")
    file.write_text('{"good": 2}')
    assert not repair(tmp_path, "demo", tmp_path / "kept")
    assert file.read_text() == '{"good": 2}'


def test_a_stack_that_was_removed_does_not_come_back(tmp_path: Path) -> None:
    file = _state(tmp_path, '{"good": 1}')
    keep(tmp_path, "demo", tmp_path / "kept")
    file.unlink()
    assert not repair(tmp_path, "demo", tmp_path / "kept")
    assert not file.exists()
