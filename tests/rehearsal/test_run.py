"""Which phases share the time: nothing may run beside what breaks releases and kills the engine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, cast

import pytest

from lab.progress import Progress
from rehearsal import run
from rehearsal.context import HubUnderTest
from rehearsal.phases import trouble
from rehearsal.report import Phase, judged

BRIEF = 0.05


class Stage:
    """Phases that only note when they run."""

    def __init__(self) -> None:
        self.times: dict[str, tuple[float, float]] = {}
        self.interrupted = False
        self.name = "demo"

    def phase(self, name: str) -> Callable[..., Phase]:
        def play(_: HubUnderTest, *__: Any) -> Phase:
            started = time.monotonic()
            time.sleep(BRIEF)
            self.times[name] = started, time.monotonic()
            return judged(name, [])

        return play

    def interrupt(self) -> None:
        self.interrupted = True


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    made = Stage()
    monkeypatch.setattr(run, "PHASES", {name: made.phase(name) for name in run.PHASES})
    monkeypatch.setattr(trouble, "run", made.phase("trouble"))
    over: Future[trouble.Told] = Future()
    over.set_result(trouble.Told(name="over"))
    monkeypatch.setattr(trouble, "begin", lambda _: trouble.Beside(told=(over,), disk=over))
    return made


def _context(stage: Stage, tmp_path: Path) -> HubUnderTest:
    progress = Progress((tmp_path / "said").open("w"))
    return HubUnderTest(session=cast(Any, stage), kube=cast(Any, None), progress=progress)


def test_nothing_runs_beside_the_troubles_that_break_the_stack(
    stage: Stage, tmp_path: Path
) -> None:
    wanted = list(run.PHASES)
    phases = run._phases(_context(stage, tmp_path), wanted)
    assert [phase.name for phase in phases] == wanted, "reported in the documented order"
    alone = stage.times.pop("trouble")
    assert len(stage.times) == len(wanted) - 1
    assert all(end <= alone[0] for _, end in stage.times.values())
    # The scheduler's answer to `capacity` would take the room of the launch's pod.
    assert stage.times["launch"][1] <= stage.times["build"][0]
    assert stage.times["build"][1] <= stage.times["capacity"][0]
    first, second = stage.times["launch"], stage.times["change"]
    assert max(first[0], second[0]) < min(first[1], second[1]), "these share the time"


def test_a_phase_that_is_not_asked_for_does_not_run(stage: Stage, tmp_path: Path) -> None:
    phases = run._phases(_context(stage, tmp_path), ["placement", "change"])
    assert [phase.name for phase in phases] == ["placement", "change"]
    assert set(stage.times) == {"placement", "change"}


def test_ctrl_c_ends_the_commands_of_other_threads_too(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    def long(_: HubUnderTest) -> Phase:
        released.wait(10)
        return judged("change", [])

    def interrupted(_: HubUnderTest) -> Phase:
        raise KeyboardInterrupt

    monkeypatch.setattr(stage, "interrupt", released.set)
    phases = {**run.PHASES, "launch": interrupted, "change": long}
    monkeypatch.setattr(run, "PHASES", phases)
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run._phases(_context(stage, tmp_path), list(phases))
    assert released.is_set() and time.monotonic() - started < 5
    assert not {"build", "capacity", "trouble"} & set(stage.times)


def test_troubles_that_were_cancelled_are_not_waited_for_for_ever() -> None:
    cancelled: Future[trouble.Told] = Future()
    assert cancelled.cancel()
    trouble.Beside(told=(cancelled,), disk=cancelled).wait()
