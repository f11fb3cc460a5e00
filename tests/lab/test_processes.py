"""Processes: nobody else's is ever ended, and ours always is."""

from __future__ import annotations

import datetime
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lab import processes
from lab.cluster.certificates import ensure_pki, write_private
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


def test_private_files_are_never_readable_by_others(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        write_private(tmp_path / "secret", b"x")
        ensure_pki(tmp_path / "pki")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "pki").stat().st_mode) == 0o700
    private = [p for p in (tmp_path / "pki").iterdir() if p.suffix not in {".crt", ".pub"}]
    assert len(private) > 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def test_certificates_stay_until_they_are_about_to_expire(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pki = ensure_pki(tmp_path)
    before = pki.ca.read_bytes()
    assert ensure_pki(tmp_path).ca.read_bytes() == before
    monkeypatch.setattr("lab.cluster.certificates._RENEW_BEFORE", datetime.timedelta(days=366))
    assert ensure_pki(tmp_path).ca.read_bytes() != before
