"""Processes: nobody else's is ever ended, and ours always is."""

from __future__ import annotations

import signal
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from lab import processes
from lab.errors import LabError
from lab.processes import Started

SLEEP = [sys.executable, "-c", "import time; time.sleep(300)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(300)",
]


def test_a_process_is_ended_by_a_record_read_from_disk(tmp_path: Path) -> None:
    started = processes.start("sleeper", SLEEP, log=tmp_path / "log")
    read = Started.from_json(started.as_json())
    assert processes.find(read) is not None
    processes.end(read)
    assert processes.find(started) is None


def test_a_process_that_was_given_an_old_id_is_never_ended(tmp_path: Path) -> None:
    other = processes.start("other", SLEEP, log=tmp_path / "log")
    while not psutil.Process(other.pid).cmdline():
        pass  # For a moment after its start a process has no arguments to tell it by.
    try:
        for stale in (
            replace(other, created=other.created - 60),
            replace(other, args=("--another", "command")),
        ):
            processes.end(stale)
            assert processes.find(other) is not None
    finally:
        processes.end(other)


def test_a_process_that_ignores_requests_is_ended_all_the_same(tmp_path: Path) -> None:
    log = tmp_path / "log"
    started = processes.start("stubborn", STUBBORN, log=log)
    while not log.read_text():
        assert processes.find(started)
    processes.end(started, patience=0.3)
    assert processes.find(started) is None


def test_cloud_credentials_do_not_reach_the_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    log = tmp_path / "log"
    started = processes.start("env", ["/usr/bin/env"], log=log)
    while processes.find(started):
        pass
    assert "PATH=" in log.read_text()
    assert "AWS_" not in log.read_text()


def test_a_missing_binary_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="etcd could not be started from /nowhere/etcd: No such"):
        processes.start("etcd", ["/nowhere/etcd"], log=tmp_path / "log")


def test_ctrl_c_waits_until_a_started_process_is_recorded() -> None:
    recorded = []
    with pytest.raises(KeyboardInterrupt), processes.undisturbed():
        signal.raise_signal(signal.SIGINT)
        recorded.append("process")
    assert recorded == ["process"]
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_is_not_lost_when_the_start_fails() -> None:
    with pytest.raises(KeyboardInterrupt), processes.undisturbed():
        signal.raise_signal(signal.SIGINT)
        raise RuntimeError("no such program")
