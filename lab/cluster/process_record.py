"""The processes of one lab, in its `state.json`: so that a later command, and only one about this
lab, can end them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab import processes
from lab.cluster.certificates import write_private
from lab.cluster.commands import ProcessCommand
from lab.errors import LabError
from lab.paths import CHECKOUT, RunDir
from lab.processes import Started, last_lines
from lab.waiting import wait_until

_READY_SECONDS = 60.0


class ProcessRecord:
    """Starts, finds and ends. What `read` has read is true while the lab's lock is held."""

    def __init__(self, run: RunDir) -> None:
        self.run = run
        self.started: list[Started] = []
        self.ports: dict[str, int] = {}

    def read(self) -> None:
        try:
            state: dict[str, Any] = json.loads(self.run.state.read_text())
        except FileNotFoundError:
            state = {"processes": [], "ports": {}}
        except ValueError as error:
            raise LabError(
                f"{self.run.state} is damaged, so it is not known what runs. End the processes "
                f"whose arguments name {self.run.root} by hand and remove that folder."
            ) from error
        self.started = [Started.from_json(one) for one in state["processes"]]
        self.ports = dict(state["ports"])

    def named(self, name: str) -> Started | None:
        return next((one for one in self.started if one.name == name), None)

    def launch(self, part: ProcessCommand) -> None:
        """Start a process with a fresh log; the log before is kept for comparison."""
        log = self.run.logs / f"{part.name}.log"
        if log.is_file():
            shutil.move(log, log.with_suffix(".previous.log"))
        with processes.undisturbed():
            self.started.append(self._start(part, log))
            self._write()

    def relaunch(self, before: Started, binary: Path) -> None:
        """Start a process that was ended again: the same arguments, the same log."""
        part = ProcessCommand(name=before.name, argv=(str(binary), *before.args))
        if before not in self.started:
            raise LabError("The lab was stopped meanwhile by another command.")
        with processes.undisturbed():
            self.started[self.started.index(before)] = self._start(part, Path(before.log))
            self._write()

    def wait(self, name: str, ready: Callable[[], bool]) -> None:
        """Wait for one process, and say at once if any has ended."""

        def reached() -> bool:
            for one in self.started:
                if processes.find(one) is None:
                    raise LabError(_about(one, "ended right after its start"))
            return ready()

        if not wait_until(reached, _READY_SECONDS):
            late = next(one for one in self.started if one.name == name)
            raise LabError(_about(late, f"was not ready after {_READY_SECONDS:g} s"))

    def end(self, one: Started) -> None:
        processes.end(one)
        self.started.remove(one)
        self._write()

    def end_all(self) -> None:
        """In reverse order, so that nobody loses what it depends on before it ends."""
        while self.started:
            self.end(self.started[-1])

    def _start(self, part: ProcessCommand, log: Path) -> Started:
        env = {**processes.bare_environment(), "PYTHONPATH": str(CHECKOUT)}
        return processes.start(part.name, part.argv, log=log, env=env, cwd=self.run.root)

    def _write(self) -> None:
        state = {"ports": self.ports, "processes": [one.as_json() for one in self.started]}
        write_private(self.run.state, (json.dumps(state, indent=2) + "\n").encode())


def _about(one: Started, what: str) -> str:
    return f"{one.name} {what}. The end of its log, {one.log}:\n{last_lines(Path(one.log))}"
