"""docs/coverage.md names a test for every step of both how-tos; each of them exists, runs and passes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PASSED = ROOT / ".pytest_cache" / "passed"
ROW = re.compile(r"^\| (?P<step>.+?) \| .* \| `(?P<test>tests/[^`]+)` \|$")
# Every numbered step of both how-tos; the first has no III.4.
STEPS = [
    *(f"I.{i}" for i in range(1, 9)),
    *(f"II.{i}" for i in range(1, 7)),
    *(f"III.{i}" for i in (1, 2, 3, 5, 6, 7, 8)),
    *(f"Registry {i}" for i in range(1, 5)),
    *("3.1", "3.2", "3.2.1", "3.2.2", "3.2.3", "3.3.1", "3.3.2", "3.3.3", "3.3.4", "3.4", "3.5", "3.6"),
    *("3.7.1", "3.7.2", "3.7.2.2", "3.7.3"),
]  # fmt: skip


def rows() -> list[tuple[str, str]]:
    lines = (ROOT / "docs/coverage.md").read_text().splitlines()
    table = [x for x in lines if x.startswith("| ") and not x.startswith("| step ")]
    matches = [ROW.match(line) for line in table]
    assert all(matches), [t for t, m in zip(table, matches, strict=True) if not m]
    return [(m["step"], m["test"]) for m in matches if m]


def test_every_step_has_a_row() -> None:
    text = " ".join(step for step, _ in rows())
    missing = [s for s in STEPS if not re.search(rf"(^|[ ,]){re.escape(s)}($|[ ,])", text)]
    assert missing == []


def test_every_test_that_a_row_names_exists() -> None:
    wanted = {test for _, test in rows()}
    files = sorted({test.split("::")[0] for test in wanted})
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    collected = set(done.stdout.splitlines())
    assert collected, done.stderr
    assert wanted - collected == set()


@pytest.mark.last
def test_every_test_that_a_row_names_has_run_and_passed() -> None:
    """Of the runs before this one, whose lists `make test` leaves in `PASSED`."""
    lists = sorted(PASSED.glob("*.txt"))
    assert lists, "no list of passed tests: this test is the last step of `make test`"
    passed = {line for file in lists for line in file.read_text().splitlines()}
    assert {test for _, test in rows()} - passed == set()
