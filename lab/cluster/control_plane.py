"""A Kubernetes control plane on loopback: start, stop and look at it.

etcd, kube-apiserver, kube-controller-manager and kube-scheduler are the real ones; kwok
simulates nodes and pods, and `lab.cluster.controllers.loop` stands in for disks and load balancers. They outlive
the command that starts them; `state.json` in the run directory records them, so that a later
command, and only of this lab, can end them. Data stays in the run directory: a stopped control
plane starts again with what it had, on the same ports where they are still free.

It does not make nodes (`lab.cluster.nodes`), nor does it remove the run directory.
"""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lab import processes
from lab.cluster import commands, kwok_stages, preinstalled
from lab.cluster.certificates import Pki, ensure_pki, kubeconfig, write_private
from lab.cluster.client import Kube
from lab.cluster.commands import ProcessCommand
from lab.errors import LabError
from lab.install.pins import CONTROL_PLANE
from lab.install.tools import ensure
from lab.paths import CHECKOUT, RunDir
from lab.processes import Started, last_lines
from lab.progress import Progress
from lab.waiting import only_one, wait_until

_NODE_LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
_READY_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Status:
    """`running` and `ended` name the processes that were started; `server` is the API's address."""

    state: Literal["running", "stopped", "broken"]
    server: str | None
    running: tuple[str, ...]
    ended: tuple[str, ...]


class ControlPlane:
    """The control plane of one run directory.

    `tools` are the binaries of `lab.install.pins.CONTROL_PLANE` by name; what is left out is installed
    when it starts. `kwok_documents` are added to kwok's configuration
    at the next start.
    """

    def __init__(
        self,
        run: RunDir,
        *,
        tools: Mapping[str, Path] | None = None,
        kwok_documents: Iterable[kwok_stages.Document] = (),
        progress: Progress | None = None,
    ) -> None:
        self.run = run
        self._tools = dict(tools or {})
        self._kwok_documents = tuple(kwok_documents)
        self._progress = progress or Progress()
        self._started: list[Started] = []
        self._ports: dict[str, int] = {}

    @property
    def kubeconfig(self) -> Path:
        """Administrator access. Exists once the control plane has been started."""
        return self.run.kubeconfig

    def client(self) -> Kube:
        """A new client of a started control plane."""
        if not self.kubeconfig.is_file():
            raise LabError(f"There is no control plane in {self.run.root}; start it first.")
        return Kube(self.kubeconfig)

    def start(self) -> None:
        """Starts everything and returns when it serves; does nothing if it does already.

        If any part fails, or this is interrupted, what was started is ended again.
        """
        missing = [name for name in CONTROL_PLANE if name not in self._tools]
        self._tools.update(ensure(missing, progress=self._progress))
        with self._locked():
            self._read_state()
            if self._started and all(map(processes.find, self._started)):
                return
            self._end_all()  # What a crash or a reboot left of an earlier start.
            try:
                with self._progress.task("starting the control plane"):
                    self._start_all()
            except BaseException:
                self._end_all()
                raise

    def stop(self) -> None:
        """Ends every process of this lab and waits until they are gone. Data and logs stay."""
        if not self.run.root.is_dir():
            return
        with self._locked():
            self._read_state()
            if self._started:
                with self._progress.task("stopping the control plane"):
                    self._end_all()

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """While the block lasts, one part (`kube-apiserver`, `kube-scheduler`, ...) of a running
        control plane is ended; then it starts again with the same arguments, on the same ports."""
        if name not in self._tools:
            self._tools.update(ensure([name], progress=self._progress))
        with self._locked():
            self._read_state()
            place = next(i for i, one in enumerate(self._started) if one.name == name)
            before = self._started[place]
            processes.end(before, patience=0.5)  # As in a crash: it would take its time otherwise.
        try:
            yield
        finally:
            with self._locked():
                argv = (str(self._tools[name]), *before.args)
                env = {**processes.bare_environment(), "PYTHONPATH": str(CHECKOUT)}
                again = processes.start(
                    name, argv, log=Path(before.log), env=env, cwd=self.run.root
                )
                self._started[place] = again
                self._write_state()
                client = self.client()
                try:
                    self._wait(name, client.is_ready)
                finally:
                    client.close()

    def accompany(self, part: ProcessCommand, *, before: Callable[[], object]) -> None:
        """Start one more process of this lab, which ends with it, unless that very one runs. One of
        the same name with other arguments is ended first. `before` is called right before a start."""
        with self._locked():
            self._read_state()
            for one in [one for one in self._started if one.name == part.name]:
                if processes.find(one) and one.args == part.argv[1:]:
                    return
                self._end_one(one)
            before()
            self._launch(part)

    def await_ready(self, name: str, ready: Callable[[], bool]) -> None:
        """Wait for a process of `accompany`; raises LabError when it ended or takes too long."""
        self._wait(name, ready)

    def dismiss(self, name: str) -> None:
        """End a process of `accompany`, if it runs."""
        with self._locked():
            self._read_state()
            for one in [one for one in self._started if one.name == name]:
                self._end_one(one)

    def status(self) -> Status:
        self._read_state()
        alive = {one.name: processes.find(one) is not None for one in self._started}
        running = tuple(name for name, here in alive.items() if here)
        ended = tuple(name for name, here in alive.items() if not here)
        server = self._server() if "apiserver" in self._ports else None
        if not running:
            return Status(state="stopped", server=server, running=(), ended=ended)
        serving = not ended and self.client().is_ready()
        state: Literal["running", "broken"] = "running" if serving else "broken"
        return Status(state=state, server=server, running=running, ended=ended)

    def _start_all(self) -> None:
        run, tools = self.run, self._tools
        run.root.mkdir(parents=True, exist_ok=True)
        run.root.chmod(0o700)
        pki = ensure_pki(run.pki)
        self._ports = _choose_ports(self._ports)
        ports = self._ports
        self._write_configuration(pki)
        self._launch(commands.etcd(run, tools, pki, ports))
        self._wait("etcd", lambda: _accepts(ports["etcd"]))
        self._launch(commands.apiserver(run, tools, pki, ports))
        client = self.client()
        try:
            self._wait("kube-apiserver", client.is_ready)
            self._launch(commands.controller_manager(run, tools, pki))
            self._launch(commands.scheduler(run, tools))
            # kwok has a new identity at each start, and would wait until the last one's leases end
            # (40 s) before any pod of its nodes becomes Ready. That one is gone.
            client.request("DELETE", _NODE_LEASES)
            self._launch(commands.kwok(run, tools, pki, ports))
            self._launch(commands.standins(run))
            preinstalled.install(client)
            # Pods are refused in a namespace until its default account is there.
            self._wait("kube-controller-manager", lambda: _has_default_account(client))
            self._wait("kwok", lambda: _accepts(ports["kwok"]))
            # It has no port to ask: being alive by now means that it read its configuration.
            self._wait("kube-scheduler", lambda: True)
        finally:
            client.close()

    def _write_configuration(self, pki: Pki) -> None:
        for identity in ("admin", "controller-manager", "scheduler", "nodes", "standins"):
            text = kubeconfig(pki, identity, self._server())
            target = commands.kubeconfig_of(self.run, identity)
            if identity == "admin":
                target = self.run.kubeconfig
            write_private(target, text.encode())
        write_private(
            commands.kwok_config_of(self.run), kwok_stages.config(self._kwok_documents).encode()
        )

    def _server(self) -> str:
        return f"https://127.0.0.1:{self._ports['apiserver']}"

    def _launch(self, part: ProcessCommand) -> None:
        log = self.run.logs / f"{part.name}.log"
        _keep_previous(log)
        env = {**processes.bare_environment(), "PYTHONPATH": str(CHECKOUT)}
        started = processes.start(part.name, part.argv, log=log, env=env, cwd=self.run.root)
        self._started.append(started)
        self._write_state()

    def _wait(self, name: str, ready: Callable[[], bool]) -> None:
        """Waits for one part, and says at once if any part has ended."""

        def reached() -> bool:
            for one in self._started:
                if processes.find(one) is None:
                    raise LabError(_about(one, "ended right after its start"))
            return ready()

        if not wait_until(reached, _READY_SECONDS):
            late = next(one for one in self._started if one.name == name)
            raise LabError(_about(late, f"was not ready after {_READY_SECONDS:g} s"))

    def _end_all(self) -> None:
        """In reverse order, so that nobody loses what it depends on before it ends."""
        while self._started:
            self._end_one(self._started[-1])

    def _end_one(self, one: Started) -> None:
        processes.end(one)
        self._started.remove(one)
        self._write_state()

    def _read_state(self) -> None:
        try:
            state: dict[str, Any] = json.loads(self.run.state.read_text())
        except FileNotFoundError:
            self._started, self._ports = [], {}
            return
        except ValueError as error:
            raise LabError(
                f"{self.run.state} is damaged, so it is not known what runs. End the processes "
                f"whose arguments name {self.run.root} by hand and remove that folder."
            ) from error
        self._started = [Started.from_json(one) for one in state["processes"]]
        self._ports = dict(state["ports"])

    def _write_state(self) -> None:
        state = {"ports": self._ports, "processes": [one.as_json() for one in self._started]}
        write_private(self.run.state, (json.dumps(state, indent=2) + "\n").encode())

    def _locked(self) -> AbstractContextManager[None]:
        return only_one(self.run.lock, self._progress, "command on this lab")


def _about(one: Started, what: str) -> str:
    return f"{one.name} {what}. The end of its log, {one.log}:\n{last_lines(Path(one.log))}"


def _keep_previous(log: Path) -> None:
    """A new start gets a fresh log; the one before is kept for comparison."""
    if log.is_file():
        shutil.move(log, log.with_suffix(".previous.log"))


def _choose_ports(before: Mapping[str, int]) -> dict[str, int]:
    """The ports of the last start where they are free, so that addresses stay; else new ones."""
    held: list[socket.socket] = []
    chosen: dict[str, int] = {}
    try:
        for name in commands.PORTS:
            listener = _listen(before.get(name, 0)) or _listen(0)
            assert listener is not None  # Port 0 means any free one.
            held.append(listener)
            chosen[name] = listener.getsockname()[1]
    finally:
        for listener in held:
            listener.close()
    return chosen


def _listen(port: int) -> socket.socket | None:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        return None
    return listener


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _has_default_account(client: Kube) -> bool:
    accounts = client.request("GET", "/api/v1/namespaces/default/serviceaccounts")["items"]
    return any(account["metadata"]["name"] == "default" for account in accounts)
