"""How long each phase of a rehearsal takes: `python -m benchmarks.rehearsal_bench [STACK]`.

Prints a line for each phase, the whole, and how busy the machine was: with other work on it the
numbers are not comparable. Target, warm and on two idle cores: under 90 s for one hub.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from lab.errors import LabError
from lab.paths import CHECKOUT
from rehearsal.run import rehearse

TARGET_SECONDS = 90


def main() -> int:
    """0 when every phase passed; the time does not change the status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stack", nargs="?", default="climate")
    parser.add_argument("--charts", type=Path)
    arguments = parser.parse_args()
    busy, cpu = os.getloadavg()[0], time.process_time()
    file = CHECKOUT / "stacks" / f"Pulumi.{arguments.stack}.yaml"
    try:
        report = rehearse([file], charts=arguments.charts)
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    phases = [phase for hub in report.hubs for phase in hub.phases]
    for phase in phases:
        print(f"{phase.name:12} {phase.status:8} {phase.seconds:6.1f} s")
    rest = report.seconds - sum(p.seconds for p in phases)
    print(f"{'lab, overlap':21} {rest:6.1f} s  (start of the lab, less what ran side by side)")
    print(f"{'whole':21} {report.seconds:6.1f} s  (target on two idle cores: {TARGET_SECONDS} s)")
    print(
        f"load before {busy:.1f}, after {os.getloadavg()[0]:.1f}, on {os.cpu_count()} cores; "
        f"this process used {time.process_time() - cpu:.1f} s of CPU"
    )
    return 0 if report.ok else 1


if __name__ == "__main__":
    raise SystemExit(main())
