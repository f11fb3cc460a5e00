"""A Kubernetes control plane on loopback: start, stop and look at it.

etcd, kube-apiserver, kube-controller-manager and kube-scheduler are the real ones; kwok
simulates nodes and pods, and `lab.cluster.controllers.loop` stands in for disks and load balancers.
They outlive the command that starts them (`lab.cluster.process_record`). Data stays in the run
directory: a stopped control plane starts again with what it had, on the same ports where they are
still free.

It does not make nodes (`lab.cluster.nodes`), nor does it remove the run directory.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab import processes
from lab.cluster import commands, kwok_stages, preinstalled
from lab.cluster.certificates import Pki, ensure_pki, kubeconfig, write_private
from lab.cluster.client import Kube
from lab.cluster.commands import ProcessCommand
from lab.cluster.process_record import ProcessRecord
from lab.errors import LabError
from lab.install.pins import CONTROL_PLANE
from lab.install.tools import ensure
from lab.paths import RunDir
from lab.progress import Progress
from lab.waiting import only_one

_NODE_LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"


@dataclass(frozen=True, kw_only=True)
class Status:
    """`running` and `ended` name the processes that were started; `server` is the API's address."""

    state: Literal["running", "stopped", "broken"]
    server: str | None
    running: tuple[str, ...]
    ended: tuple[str, ...]


class ControlPlane:
    """The control plane of one run directory.

    `tools` are the binaries of `lab.install.pins.CONTROL_PLANE` by name; what is left out is
    installed when it starts. `kwok_documents` are added to kwok's configuration at the next start.
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
        self._record = ProcessRecord(run)

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
        self._ensure(*CONTROL_PLANE)
        with self._locked():
            if self._record.started and all(map(processes.find, self._record.started)):
                return
            self._record.end_all()  # What a crash or a reboot left of an earlier start.
            try:
                with self._progress.task("starting the control plane"):
                    self._start_all()
            except BaseException:
                self._record.end_all()
                raise

    def stop(self) -> None:
        """Ends every process of this lab and waits until they are gone. Data and logs stay."""
        if not self.run.root.is_dir():
            return
        with self._locked():
            if self._record.started:
                with self._progress.task("stopping the control plane"):
                    self._record.end_all()

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """While the block lasts, one part (`kube-apiserver`, `kube-scheduler`, ...) of a running
        control plane is ended; then it starts again with the same arguments, on the same ports."""
        self._ensure(name)
        with self._locked():
            before = self._record.named(name)
            assert before is not None, f"{name} is no part of a running control plane"
            processes.end(before, patience=0.5)  # As in a crash: it would take its time otherwise.
        try:
            yield
        finally:
            with self._locked(), closing(self.client()) as client:
                self._record.relaunch(before, self._tools[name])
                self._record.wait(name, client.is_ready)

    def accompany(self, part: ProcessCommand, *, before: Callable[[], object]) -> None:
        """Start one more process of this lab, which ends with it, unless that very one runs. One of
        the same name with other arguments is ended first. `before` is called right before a start."""
        with self._locked():
            if one := self._record.named(part.name):
                if processes.find(one) and one.args == part.argv[1:]:
                    return
                self._record.end(one)
            before()
            self._record.launch(part)

    def await_ready(self, name: str, ready: Callable[[], bool]) -> None:
        """Wait for a process of `accompany`; raises LabError when it ended or takes too long."""
        self._record.wait(name, ready)

    def dismiss(self, name: str) -> None:
        """End a process of `accompany`, if it runs."""
        with self._locked():
            if one := self._record.named(name):
                self._record.end(one)

    def status(self) -> Status:
        self._record.read()
        alive = {one.name: processes.find(one) is not None for one in self._record.started}
        running = tuple(name for name, here in alive.items() if here)
        ended = tuple(name for name, here in alive.items() if not here)
        server = self._server() if "apiserver" in self._record.ports else None
        if not running:
            return Status(state="stopped", server=server, running=(), ended=ended)
        serving = not ended and self.client().is_ready()
        state: Literal["running", "broken"] = "running" if serving else "broken"
        return Status(state=state, server=server, running=running, ended=ended)

    def _start_all(self) -> None:
        run, record = self.run, self._record
        run.root.chmod(0o700)
        record.ports = ports = _choose_ports(record.ports)
        self._write_configuration(ensure_pki(run.pki))
        parts = commands.parts(run, self._tools, ports)
        record.launch(parts["etcd"])
        record.wait("etcd", lambda: _accepts(ports["etcd"]))
        record.launch(parts["kube-apiserver"])
        with closing(self.client()) as client:
            record.wait("kube-apiserver", client.is_ready)
            record.launch(parts["kube-controller-manager"])
            record.launch(parts["kube-scheduler"])
            # kwok has a new identity at each start, and would wait until the last one's leases end
            # (40 s) before any pod of its nodes becomes Ready. That one is gone.
            client.request("DELETE", _NODE_LEASES)
            record.launch(parts["kwok"])
            record.launch(parts["standins"])
            preinstalled.install(client)
            # Pods are refused in a namespace until its default account is there.
            record.wait("kube-controller-manager", lambda: _has_default_account(client))
            record.wait("kwok", lambda: _accepts(ports["kwok"]))
            # It has no port to ask: being alive by now means that it read its configuration.
            record.wait("kube-scheduler", lambda: True)

    def _write_configuration(self, pki: Pki) -> None:
        for identity in ("admin", "controller-manager", "scheduler", "nodes", "standins"):
            admin = identity == "admin"
            target = self.kubeconfig if admin else commands.kubeconfig_of(self.run, identity)
            write_private(target, kubeconfig(pki, identity, self._server()).encode())
        stages = kwok_stages.config(self._kwok_documents)
        write_private(commands.kwok_config_of(self.run), stages.encode())

    def _server(self) -> str:
        return f"https://127.0.0.1:{self._record.ports['apiserver']}"

    def _ensure(self, *names: str) -> None:
        missing = [name for name in names if name not in self._tools]
        self._tools.update(ensure(missing, progress=self._progress))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Nobody else starts or ends processes of this lab, and what is recorded is known."""
        with only_one(self.run.lock, self._progress, "command on this lab"):
            self._record.read()
            yield


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
    accounts = client.items("/api/v1/namespaces/default/serviceaccounts")
    return any(account["metadata"]["name"] == "default" for account in accounts)
