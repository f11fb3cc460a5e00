"""How long each phase of a rehearsal takes: `python -m benchmarks.rehearsal_bench [STACK...]`.

Prints a line for each phase, the whole, the processor time of everything that the rehearsal
started, and how much of the machine others used: with other work on it, seconds of wall time are
not comparable, those of processor time nearly are. Target, warm and on two idle cores: under 90 s
for one hub.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
from pathlib import Path

import psutil

from lab.errors import LabError
from lab.paths import CHECKOUT
from rehearsal.run import rehearse

TARGET_SECONDS = 90


def _processor() -> float:
    """Seconds of this process and of all that it started and has ended."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def _machine() -> float:
    """Seconds that all processors together were busy."""
    times = psutil.cpu_times()
    return float(times.user + times.system + times.nice)


def _measure(stack: str, charts: Path | None) -> bool:
    """Rehearse one stack and print; whether every phase passed."""
    own, whole, load = _processor(), _machine(), os.getloadavg()[0]
    report = rehearse([CHECKOUT / "examples" / f"Pulumi.{stack}.yaml"], charts=charts)
    own, whole = _processor() - own, _machine() - whole
    print(f"{stack}: {'passed' if report.ok else 'FAILED'}")
    for phase in (phase for hub in report.hubs for phase in hub.phases):
        print(f"  {phase.name:12} {phase.status:8} {phase.seconds:6.1f} s")
        for finding in phase.findings:
            print(f"    {finding.text()}")
    cores = os.cpu_count() or 1
    print(f"  {'whole':21} {report.seconds:6.1f} s (target on two idle cores: {TARGET_SECONDS} s)")
    print(f"  {'of processors':21} {own:6.1f} s, at best {own / cores:.0f} s on {cores} cores")
    print(f"  {'of others meanwhile':21} {max(whole - own, 0):6.1f} s (load before {load:.1f})")
    return report.ok


def main() -> int:
    """0 when every phase passed; the time does not change the status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stacks", nargs="*", default=["climate"], metavar="STACK")
    parser.add_argument("--charts", type=Path)
    arguments = parser.parse_args()
    try:
        passed = [_measure(stack, arguments.charts) for stack in arguments.stacks]
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0 if all(passed) else 1


if __name__ == "__main__":
    raise SystemExit(main())
