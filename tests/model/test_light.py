"""Validation of many stacks stays light: it runs in an editor, a hook and every PR."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path

from model.rules.fleet import check_fleet
from model.stackfile.read import read_text
from values.guards.extra_values import check_values

count, example = int(sys.argv[1]), Path("tests/model/examples/members-eks.yaml").read_text()
extra = "  binderhub:extraValues: {jupyterhub: {singleuser: {startTimeout: 60}}}\\n"
stacks = [
    read_text(f"hub-{i}", example.replace("climate.sciencehubs", f"h{i}.sciencehubs") + extra)
    for i in range(count)
]
assert all(s.ok for s in stacks), [f.text() for s in stacks for f in s.findings]
assert all(len(check_values(s.hub, s.secrets_set)) == 1 for s in stacks)
assert not any(check_fleet(stacks).values())
wrong = {m.partition(".")[0] for m in sys.modules} & {"pulumi", "pulumi_aws", "pulumi_gcp", "rich"}
assert not wrong, wrong
"""


def test_a_hundred_stacks_are_checked_without_any_cloud_sdk() -> None:
    # How long it takes is measured by benchmarks/hubctl_bench.py, not here.
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "100"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
