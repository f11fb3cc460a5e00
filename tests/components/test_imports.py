"""A stack loads the SDK of its own clouds only."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.components.program import ROOT

_SCRIPT = """
import sys
sys.path.insert(0, {root!r})
from tests.components.program import run
from tests.examples import path_of
recorded = run({name!r}, path_of({name!r}).read_text())
assert recorded.error is None, recorded.error
print(*sorted(m for m in sys.modules if m in ("pulumi_aws", "pulumi_gcp")))
"""


@pytest.mark.parametrize(
    ("name", "expected"), [("demo", ""), ("ecology", "pulumi_gcp"), ("climate", "pulumi_aws")]
)
def test_no_stack_pays_for_another_cloud(name: str, expected: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(root=str(ROOT), name=name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == expected
