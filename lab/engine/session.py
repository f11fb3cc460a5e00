"""One stack in a running lab: the real Pulumi engine on a copy of the program.

The engine's state, plugins, passphrase and settings are all in the lab's run directory; the
user's own Pulumi and cloud credentials are never seen by it.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from lab.chart_choice import choose
from lab.charts import Chart
from lab.cluster.control_plane import ControlPlane
from lab.engine import environment, locks, plugins, stack_init, state_backup, surroundings
from lab.engine.error_hints import explain
from lab.engine.install_dir import in_one_folder
from lab.engine.outcome import Outcome
from lab.engine.plugins import Plugins
from lab.engine.program_copy import Copy, copy_program
from lab.errors import LabError
from lab.install.pins import ENGINE
from lab.install.tools import ensure
from lab.processes import end_group
from lab.progress import Progress
from lab.providers.aws import server_process
from model.hub import Hub
from model.stackfile.read import read_text

_SHOWN_LINES = 25
_GRACE_SECONDS = 60.0
_WRITING = ("up", "destroy", "refresh", "import", "state", "stack")
_ULIMIT_BLOCK = 512  # POSIX: the unit of `ulimit -f`.


class Session:
    """A stack file in the lab of `plane`. Call `prepare` first; it may be called again."""

    def __init__(
        self,
        stack_file: Path,
        plane: ControlPlane,
        *,
        name: str | None = None,
        charts: Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        match = re.match(r"Pulumi\.(.+)\.ya?ml\Z", stack_file.name)
        self.name = name or (match[1] if match else stack_file.name.split(".", 1)[0])
        self.source = stack_file
        self.plane = plane
        self.run = plane.run
        self._charts_from = charts
        self._progress = progress or Progress()
        self._copy: Copy | None = None
        self.plugins: Plugins | None = None
        self.charts: dict[str, Chart] = {}
        self.tools: dict[str, Path] = {}
        self._aws: str | None = None
        self._running: set[subprocess.Popen[str]] = set()

    @property
    def hub(self) -> Hub:
        """The hub as the copy of the stack file describes it; raises LabError on mistakes."""
        text = (self._copy.stack_file if self._copy else self.source).read_text(encoding="utf-8")
        document = yaml.safe_load(text)
        for key in self._copy.generated if self._copy else ():
            document["config"].setdefault(f"binderhub:{key}", {"secure": "lab"})
        stack = read_text(self.name, yaml.safe_dump(document))
        if stack.hub is None or not stack.ok:
            lines = "\n".join(f"  {f.text()}" for f in stack.findings if f.severity == "error")
            raise LabError(f"{self.source} has mistakes:\n{lines}")
        return stack.hub

    @property
    def copy(self) -> Copy:
        """The program and the stack file that the engine reads; tests change this one."""
        assert self._copy is not None, "prepare() comes first"
        return self._copy

    @property
    def stack_file(self) -> Path:
        return self.copy.stack_file

    @property
    def folder(self) -> Path:
        return self.copy.folder

    @property
    def generated(self) -> Mapping[str, str]:
        """Flat secrets by name, made up for the lab."""
        return self.copy.generated

    def prepare(self, *, nodes_per_pool: int = 2) -> None:
        """Tools, plugins, charts, nodes, cloud seed, the copy, and the stack in the backend."""
        run = self.run
        self.tools = in_one_folder(ensure([*ENGINE, "helm"], progress=self._progress))
        self.hub  # noqa: B018 - mistakes of the stack file come before any work
        self.plugins = plugins.prepare(run.pulumi, self.tools["pulumi"], self._progress)
        self.charts = choose(self._charts_from)
        self._copy = copy_program(self.source, self.name, run.work / self.name, self.charts or None)
        hub = self.hub
        nodes = surroundings.nodes(hub, per_pool=nodes_per_pool)
        stack_init.make_nodes(self.plane, self.name, nodes)
        aws = stack_init.write_seed(run, hub, self._seed_file).aws
        address = aws and server_process.begin(self.plane, self.name, self._seed_file, aws)
        run.backend.mkdir(parents=True, exist_ok=True)
        stack_init.create(self._copy, run.root / "stacks" / f"{self.name}.yaml", self.checked)
        self._aws = address() if address else None

    def up(self, *, show: Callable[[str], None] | None = None) -> Outcome:
        """`pulumi up`."""
        return self.pulumi("up", "--yes", "--skip-preview", show=show)

    def preview(self, *more: str) -> Outcome:
        """`pulumi preview`."""
        return self.pulumi("preview", *more)

    def destroy(self, *, show: Callable[[str], None] | None = None) -> Outcome:
        """`pulumi destroy`, protected resources included: nothing of the lab is worth keeping."""
        self.pulumi("state", "unprotect", "--all", "--yes")
        done = self.pulumi("destroy", "--yes", "--skip-preview", show=show)
        if done.ok:
            # Its machines go too; another stack's stay.
            stack_init.make_nodes(self.plane, self.name, [])
            server_process.end(self.plane, self.name)
            self._aws = None
        return done

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs."""
        flags = ["--json", *(["--show-secrets"] if show_secrets else [])]
        done = self.checked("stack", "output", *flags)
        return dict(json.loads(done.stdout))

    def state(self) -> dict[str, Any]:
        """The deployment as the backend has it; secrets stay encrypted."""
        return dict(json.loads(self.checked("stack", "export").stdout))

    def set_secret(self, key: str, value: str) -> None:
        """A flat secret, by standard input: never in an argument."""
        self.checked("config", "set", "--secret", key, stdin=value)

    def checked(self, *arguments: str, stdin: str | None = None) -> Outcome:
        """Like `pulumi`, but a failure is a LabError: what it means and what to do next, where
        that is known, and what the engine said."""
        done = self.pulumi(*arguments, stdin=stdin)
        if not done.ok:
            advice = explain(done.text, self.name)
            lines = "\n".join(done.text.strip().splitlines()[-_SHOWN_LINES:])
            known = f" {advice}" if advice else ""
            raise LabError(f"pulumi {done.command} failed:{known}\n{lines}")
        return done

    def pulumi(
        self,
        *arguments: str,
        stdin: str | None = None,
        show: Callable[[str], None] | None = None,
        env: Mapping[str, str] | None = None,
        largest_file: int | None = None,
    ) -> Outcome:
        """Run the engine on this stack. `show` gets each line of its output as it comes.
        `largest_file` (bytes) is a disk with that little room left: no file of the engine or of
        what it starts can become larger.

        Ctrl-C is passed on once, so that the engine stops after the step it is in; after a grace
        period it is ended with everything it started.
        """
        if arguments[0] not in ("version", "plugin", "stack"):
            locks.free_dead(self.run, self.name, self._seed_file)
        if state_backup.repair(self.run.backend, self.name, self._kept_states):
            self._progress.note(
                f"The state of {self.name} was cut off (a full disk?); put back what the last "
                "command that succeeded had left."
            )
        command = [str(self.tools["pulumi"]), *arguments, "--non-interactive", "--color=never"]
        if arguments[:2] != ("stack", "init"):
            command += ["--stack", self.name]
        if largest_file is not None:
            blocks = str(largest_file // _ULIMIT_BLOCK)
            command = ["sh", "-c", 'ulimit -f "$0" && exec "$@"', blocks, *command]
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env={**self.environment(), **(env or {})},
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if show else subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._running.add(process)
        try:
            with locks.noted(self.run, self.name, process.pid):
                out, err = _read(process, stdin, show)
        except BaseException:
            _stop(process)
            raise
        finally:
            self._running.discard(process)
        if process.returncode == 0 and arguments[0] in _WRITING:
            state_backup.keep(self.run.backend, self.name, self._kept_states)
        return Outcome(
            command=" ".join(arguments),
            status=process.returncode,
            stdout=out,
            stderr=err,
            seconds=time.monotonic() - started,
        )

    def interrupt(self) -> None:
        """End the commands that other threads run; one that is told twice ends at once."""
        for process in list(self._running):
            _stop(process)

    def environment(self) -> dict[str, str]:
        """The engine's environment: the lab's tools, shims and stand-ins, and nothing of the user's."""
        return environment.of_engine(self.run, self.tools, seed_file=self._seed_file, aws=self._aws)

    @property
    def _kept_states(self) -> Path:
        return self.run.root / "states"

    @property
    def _seed_file(self) -> Path:
        return self.run.root / "clouds" / f"{self.name}.json"


def _read(
    process: subprocess.Popen[str], stdin: str | None, show: Callable[[str], None] | None
) -> tuple[str, str]:
    """Everything that the process prints until it ends."""
    if show is None:
        out, err = process.communicate(stdin)
        return out, err or ""
    assert process.stdout is not None  # asked for where it was started
    lines = []
    for line in process.stdout:
        lines.append(line)
        show(line.rstrip("\n"))
    process.wait()
    return "".join(lines), ""


def _stop(process: subprocess.Popen[str]) -> None:
    end_group(process, ask=signal.SIGINT, patience=_GRACE_SECONDS)
