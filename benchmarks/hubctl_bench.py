"""How long hubctl takes, beside its targets: `python benchmarks/hubctl_bench.py [--quick]`.

Each figure is the best of several runs in a process of its own (wall time and peak memory), on
stack files made for it. Nothing is asserted: machines differ. The last column compares with the
target, and for many stacks with the time that one stack takes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
_STACK = """\
config:
  binderhub:cluster: {{provider: gcp, name: c, project: bench-project, location: us-west2, ingress: {{address: 203.0.113.10}}}}
  binderhub:domains: {{hub: hub.s{n}.example.net, binder: binder.s{n}.example.net}}
  binderhub:auth: {{kind: none}}
  binderhub:registry: {{kind: artifact-registry}}
  binderhub:nodes: {{machineType: n2-highmem-8, max: 20}}
  binderhub:launch: {{repositories: ["github:lab-{n}/*", "github:course/a{n}"]}}
  binderhub:user: {{memory: {{guarantee: 2G, limit: 4G}}}}
"""


def project(folder: Path, count: int) -> Path:
    """A project with `count` sound stacks."""
    root = folder / str(count)
    (root / "stacks").mkdir(parents=True)
    shutil.copy(CHECKOUT / "Pulumi.yaml", root)
    for n in range(count):
        (root / "stacks" / f"Pulumi.s{n}.yaml").write_text(_STACK.format(n=n))
    return root


def measure(words: Sequence[str], where: Path, times: int) -> tuple[float, float]:
    """(best wall seconds, peak MB) of a command in its own process."""
    best, peak = float("inf"), 0.0
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    for _ in range(times):
        started = time.perf_counter()
        child = subprocess.Popen(words, cwd=where, env=environment, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        best = min(best, time.perf_counter() - started)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{' '.join(words)} ended with status {child.returncode}")
        # Linux counts KiB, macOS bytes.
        peak = max(peak, used.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024))
    return best, peak


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="one run each, up to 100 stacks")
    quick = options.parse_args().quick
    times = 1 if quick else 3
    hubctl = [sys.executable, "-m", "hubctl"]
    rows: list[tuple[str, float, float, str]] = []

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bare, least = measure([sys.executable, "-c", "pass"], folder, times)
        rows.append(("python -c pass", bare, least, ""))
        one = project(folder, 1)
        for words, target in ((["--help"], 0.2), (["render", "s0"], 0.5)):
            seconds, memory = measure([*hubctl, *words], one, times)
            rows.append(
                (
                    f"hubctl {' '.join(words)}",
                    seconds,
                    memory,
                    f"{seconds / target:.0%} of {target} s",
                )
            )
        targets = {100: 2.0, 1000: 15.0}
        for command in ("validate", "render"):
            first = 0.0
            for count in (1, 10, 100) if quick else (1, 10, 100, 1000):
                where = one if count == 1 else folder / str(count)
                if not where.exists():
                    project(folder, count)
                seconds, memory = measure(
                    [*hubctl, command, "--all"], where, times if count < 1000 else 1
                )
                first = first or seconds
                said = f"{seconds / first:.1f} x one"
                if command == "validate" and count in targets:
                    said += f", {seconds / targets[count]:.0%} of {targets[count]:.0f} s"
                rows.append((f"hubctl {command} --all, {count} stacks", seconds, memory, said))
    width = max(len(row[0]) for row in rows)
    print(f"{'':{width}}  {'seconds':>8}  {'peak MB':>8}")
    for what, seconds, memory, said in rows:
        print(f"{what:{width}}  {seconds:8.3f}  {memory:8.0f}  {said}".rstrip())


if __name__ == "__main__":
    main()
