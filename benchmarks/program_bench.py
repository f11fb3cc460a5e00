"""How long a preview takes beside what it cannot be quicker than:
`python benchmarks/program_bench.py [--stack demo] [--runs 3] [--charts DIR]`.

One run, one table, all in the lab: `pulumi preview` of a hub that is not there yet; of an empty
program that imports the same SDKs; of a bare program with the same resources, their inputs read
from a file; and of the hub once it is up. Beside them `helm template` of the hub's releases, and
the start of hubctl. Each figure is the best of several runs. Nothing is asserted: machines differ.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "benchmarks")]

from hubctl_bench import measure  # noqa: E402

from hubctl.review.render import render  # noqa: E402
from lab.cluster.control_plane import ControlPlane  # noqa: E402
from lab.engine.session import Session  # noqa: E402
from lab.paths import run_dir  # noqa: E402
from model.stackfile.read import read_text  # noqa: E402
from values.render import to_yaml  # noqa: E402

_EMPTY = "import pulumi\nIMPORTS\n"
# Like the hub's own state: every resource, in its order, with its parent and provider.
_BARE = (
    _EMPTY
    + """
import json
made, SECRET = {}, "4dabf18193072939515e22adb298388d"
def plain(value):
    if isinstance(value, dict):
        if SECRET in value:
            return pulumi.Output.secret(json.loads(value["plaintext"]))
        return {k: plain(v) for k, v in value.items() if not k.startswith("__")}
    return [plain(v) for v in value] if isinstance(value, list) else value
for r in json.load(open("resources.json")):
    name, inputs = r["urn"].rsplit("::", 1)[1], plain(r.get("inputs", {}))
    opts = pulumi.ResourceOptions(parent=made.get(r.get("parent")))
    if r["type"].startswith("pulumi:providers:"):
        opts.version = inputs.pop("version", None)
        package = r["type"].rsplit(":", 1)[1]
        made[r["urn"]] = pulumi.ProviderResource(package, name, inputs, opts)
    elif r.get("custom"):
        opts.provider = made[r["provider"].rsplit("::", 1)[0]]
        made[r["urn"]] = pulumi.CustomResource(r["type"], name, inputs, opts)
    else:
        made[r["urn"]] = pulumi.ComponentResource(r["type"], name, None, opts)
"""
)


class Bench:
    """Previews of one lab session, and of programs beside its own."""

    def __init__(self, session: Session, runs: int) -> None:
        self.session, self.runs = session, runs
        self.rows: list[tuple[str, float, str]] = []

    def best(self, what: str, run: Callable[[], Any], note: str = "") -> float:
        """Adds a row with the best time of `run`."""
        seconds = []
        for _ in range(self.runs):
            started = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - started)
        self.rows.append((what, min(seconds), note))
        return min(seconds)

    def hub(self, what: str) -> float:
        return self.best(what, lambda: self.session.checked("preview", "--suppress-progress"))

    def program(self, what: str, text: str, resources: Sequence[dict[str, Any]] = ()) -> float:
        """Preview of another program, with the hub's plugins and backend."""
        folder = self.session.run.work / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "Pulumi.yaml").write_text(
            "name: bench\nruntime: {name: python, options: {toolchain: pip, virtualenv: .venv}}\n"
        )
        if not (folder / ".venv").exists():
            (folder / ".venv").symlink_to(sys.prefix)
        (folder / "__main__.py").write_text(text)
        file = os.open(folder / "resources.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "w") as kept:
            json.dump(list(resources), kept)
        self._pulumi(folder, "stack", "init", "bench")
        seconds = self.best(
            what, lambda: self._pulumi(folder, "preview", "--stack", "bench", "--suppress-progress")
        )
        self._pulumi(folder, "stack", "rm", "--yes", "--stack", "bench")
        return seconds

    def _pulumi(self, folder: Path, *words: str) -> None:
        done = subprocess.run(
            [self.session.tools["pulumi"], *words, "--non-interactive", "--color=never"],
            cwd=folder, env=self.session.environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"pulumi {words[0]} failed:\n{done.stdout}{done.stderr}")


def sdks(resources: Sequence[dict[str, Any]]) -> str:
    """The import lines of the SDKs that these resources come from."""
    packages = {r["type"].split(":")[0] for r in resources if r.get("custom")}
    return "\n".join(f"import pulumi_{name}" for name in sorted(packages - {"pulumi"}))


def template(session: Session, folder: Path) -> Callable[[], None]:
    """`helm template` of every release of the hub."""
    commands: list[list[str | Path]] = []
    secrets_set = read_text(session.name, session.source.read_text()).secrets_set
    for release in render(session.hub, secrets_set):
        assert release.plan
        values = folder / f"{release.name}.yaml"
        values.write_text(to_yaml(release.plan.values))
        # In the lab's copy of the stack file a chart is named by its path.
        chart = release.plan.chart
        if not Path(chart).exists():
            raise SystemExit("the charts come from their repositories; give --charts DIR.")
        commands.append(
            [session.tools["helm"], "template", release.name, chart,
             "--namespace", session.hub.ns, "--values", values]
        )  # fmt: skip

    def run() -> None:
        for command in commands:
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)

    return run


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--stack", default="demo", help="one of examples/ (default: demo)")
    options.add_argument("--runs", type=int, default=3, help="runs for each figure (default: 3)")
    options.add_argument("--charts", type=Path, help="charts to use instead of the stand-ins")
    said = options.parse_args()
    os.environ.setdefault("LAB_CHARTS", "standin")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plane = ControlPlane(run_dir("bench", base=folder))
        file = CHECKOUT / "examples" / f"Pulumi.{said.stack}.yaml"
        session = Session(file, plane, charts=said.charts)
        try:
            plane.start()
            session.prepare()
            bench = Bench(session, said.runs)
            measured(bench, folder)
            session.destroy()
        finally:
            plane.stop()
        hubctl = [sys.executable, "-m", "hubctl"]
        for words in (["--help"], ["render", str(file.relative_to(CHECKOUT))]):
            seconds, _ = measure([*hubctl, *words], CHECKOUT, said.runs)
            bench.rows.append((f"hubctl {' '.join(words)}", seconds, ""))
    width = max(len(what) for what, _, _ in bench.rows)
    print(f"stack {said.stack}; plugins: {session.plugins}\n\n{'':{width}}  seconds")
    for what, seconds, note in bench.rows:
        print(f"{what:{width}}  {seconds:7.2f}  {note}".rstrip())


def measured(bench: Bench, folder: Path) -> None:
    """The rows that need the lab. The hub is up when they are done."""
    session = bench.session
    first = bench.hub("pulumi preview, the hub")
    done = session.up()
    if not done.ok:
        raise SystemExit(done.text)
    exported = json.loads(session.checked("stack", "export", "--show-secrets").stdout)
    resources = exported["deployment"]["resources"][1:]
    bench.hub("pulumi preview, the hub when it is up")
    imports = sdks(resources)
    empty = bench.program("pulumi preview, empty, same SDKs", _EMPTY.replace("IMPORTS", imports))
    bare = bench.program(
        f"pulumi preview, bare, same {len(resources)} resources",
        _BARE.replace("IMPORTS", imports),
        resources,
    )
    bench.best("helm template, the same releases", template(session, folder))
    bench.rows[0] = (
        bench.rows[0][0],
        first,
        f"{first / bare:.2f} x the bare program (target: at most 1.5), {first / empty:.2f} x empty",
    )


if __name__ == "__main__":
    main()
