"""Fixtures that more than one room's tests use, and a list of what has passed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.labfixtures import control_plane, kube, lab_tools

__all__ = ["control_plane", "kube", "lab_tools"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--passed", type=Path, help="write the ids of the tests that passed here")


def pytest_configure(config: pytest.Config) -> None:
    # A shell's background job ignores Ctrl-C, and so would everything that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    file = config.getoption("--passed")
    if file is not None and "PYTEST_XDIST_WORKER" not in os.environ:
        config.pluginmanager.register(Passed(file))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("LAB_PLUGINS") != "official":
        return
    for item in items:
        if mark := item.get_closest_marker("standin"):
            item.add_marker(pytest.mark.skip(f"LAB_PLUGINS=official; this is about {mark.args[0]}"))


class Passed:
    """Keeps the ids of tests that ran and passed, one a line; a skipped one is not among them."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ids: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self._ids.append(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text("".join(f"{one}\n" for one in sorted(self._ids)))
