"""One stack in a running lab: the real Pulumi engine on a copy of the program.

The engine's state, plugins, passphrase and settings are all in the lab's run directory; the
user's own Pulumi and cloud credentials are never seen by it.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

from lab.chart_choice import choose
from lab.charts import Chart
from lab.cluster.certificates import write_private
from lab.cluster.control_plane import ControlPlane
from lab.cluster.nodes import SimNode, apply
from lab.engine import plugins, state_backup, surroundings
from lab.engine.error_hints import explain
from lab.engine.install_dir import own_plugins_only, together
from lab.engine.plugins import Plugins
from lab.engine.program_copy import Copy, copy_program
from lab.errors import LabError
from lab.install.pins import ENGINE
from lab.install.tools import ensure
from lab.processes import bare_environment
from lab.progress import Progress
from lab.providers.aws import server_process
from lab.providers.sdk.seed import CloudSeed
from model.hub import Hub
from model.stackfile.read import read_text

_SHIMS = Path(__file__).parent / "shims"
_SHOWN_LINES = 25
_GRACE_SECONDS = 60.0
_WRITING = ("up", "destroy", "refresh", "import", "state", "stack")
_ULIMIT_BLOCK = 512  # POSIX: the unit of `ulimit -f`.


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the engine said. `seconds` is wall time."""

    command: str
    status: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def ok(self) -> bool:
        return self.status == 0

    @property
    def text(self) -> str:
        return self.stdout + self.stderr

    @property
    def changes(self) -> dict[str, int]:
        """Resources by what happened to them, as the engine's summary counts them."""
        found: dict[str, int] = {}
        summary = self.stdout.rpartition("Resources:")[2]
        for count, what in re.findall(r"^\s+[+\-~=]*\s*(\d+) ([\w ]+?)\s*$", summary, re.MULTILINE):
            found[what] = int(count)
        for what, count in re.findall(r"(?<![\w])(unchanged)[ ]*(\d+)", summary):
            found[what] = int(count)
        return found


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
        generated = self._copy.generated if self._copy else {}
        text = (self._copy.stack_file if self._copy else self.source).read_text(encoding="utf-8")
        document = yaml.safe_load(text)
        for key in generated:
            document["config"].setdefault(f"binderhub:{key}", {"secure": "lab"})
        stack = read_text(self.name, yaml.safe_dump(document))
        if stack.hub is None or not stack.ok:
            lines = "\n".join(f"  {f.text()}" for f in stack.findings if f.severity == "error")
            raise LabError(f"{self.source} has mistakes:\n{lines}")
        return stack.hub

    @property
    def stack_file(self) -> Path:
        """The copy that the engine reads; tests change this one."""
        assert self._copy is not None, "prepare() comes first"
        return self._copy.stack_file

    @property
    def folder(self) -> Path:
        """The copy of the program."""
        assert self._copy is not None, "prepare() comes first"
        return self._copy.folder

    @property
    def generated(self) -> Mapping[str, str]:
        """Flat secrets by name, made up for the lab."""
        assert self._copy is not None, "prepare() comes first"
        return self._copy.generated

    def prepare(self, *, nodes_per_pool: int = 2) -> None:
        """Tools, plugins, charts, nodes, cloud seed, the copy, and the stack in the backend."""
        self.tools = together(ensure([*ENGINE, "helm"], progress=self._progress))
        self.hub  # noqa: B018 - mistakes of the stack file come before any work
        self.plugins = plugins.prepare(self.run.pulumi, self.tools["pulumi"], self._progress)
        self.charts = choose(self._charts_from)
        self._copy = copy_program(
            self.source, self.name, self.run.work / self.name, self.charts or None
        )
        hub = self.hub
        self._make_nodes(surroundings.nodes(hub, per_pool=nodes_per_pool))
        seed = self._write_seed(hub)
        aws = (
            server_process.begin(self.plane, self.name, self._seed_file, seed.aws)
            if seed.aws
            else None
        )
        for folder in (self.run.backend, self.run.pulumi):
            folder.mkdir(parents=True, exist_ok=True)
        self._passphrase()
        self._create_stack()
        self._aws = aws() if aws else None

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
            self._make_nodes([])  # Its machines go too; another stack's stay.
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
            self._free_dead_lock()
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
        self._remember(process.pid)
        self._running.add(process)
        try:
            if show is None:
                out, err = process.communicate(stdin)
            else:
                assert process.stdout is not None  # asked for above
                lines = []
                for line in process.stdout:
                    lines.append(line)
                    show(line.rstrip("\n"))
                process.wait()
                out, err = "".join(lines), ""
        except BaseException:
            _stop(process)
            raise
        finally:
            self._running.discard(process)
            self._remember(None)
        if process.returncode == 0 and arguments[0] in _WRITING:
            state_backup.keep(self.run.backend, self.name, self._kept_states)
        return Outcome(
            command=" ".join(arguments),
            status=process.returncode,
            stdout=out,
            stderr=err or "",
            seconds=time.monotonic() - started,
        )

    def interrupt(self) -> None:
        """End the commands that other threads run; one that is told twice ends at once."""
        for process in list(self._running):
            _stop(process)

    def environment(self) -> dict[str, str]:
        """The engine's environment: the lab's tools, shims and stand-ins, and nothing of the user's."""
        folders = [Path(sys.prefix) / "bin", *{p.parent for p in self.tools.values()}, _SHIMS]
        path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")])
        return {
            **bare_environment(),
            "PATH": path,
            "PULUMI_HOME": str(self.run.pulumi),
            "PULUMI_BACKEND_URL": self.run.backend.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self._passphrase()),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            **own_plugins_only(self.tools),
            "KUBECONFIG": str(self.run.kubeconfig),
            "PULUMI_PYTHON_CMD": str(_SHIMS / "python-of-the-engine"),
            "LAB_PYTHON": str(Path(sys.prefix) / "bin" / "python3"),
            "LAB_HELM": str(self.tools["helm"]),
            "LAB_CLOUD_SEED": str(self._seed_file),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LAB_RUN_DIR": str(self.run.root),
            **({server_process.ENDPOINT: self._aws} if self._aws else {}),
        }

    @property
    def _kept_states(self) -> Path:
        return self.run.root / "states"

    @property
    def _seed_file(self) -> Path:
        return self.run.root / "clouds" / f"{self.name}.json"

    def _write_seed(self, hub: Hub) -> CloudSeed:
        config = yaml.safe_load(self.run.kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        ca = cluster.get("certificate-authority-data")
        if ca is None:
            pem = (self.run.root / cluster["certificate-authority"]).read_bytes()
            ca = base64.b64encode(pem).decode()
        seed = surroundings.seed(hub, endpoint=cluster["server"], ca=ca)
        self._seed_file.parent.mkdir(parents=True, exist_ok=True)
        write_private(self._seed_file, seed.to_json().encode())
        return seed

    def _make_nodes(self, nodes: list[SimNode]) -> None:
        """The nodes of every stack of this lab; another stack's stay."""
        folder = self.run.root / "nodes"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}.json").write_text(json.dumps([asdict(n) for n in nodes], indent=2))
        wanted: dict[str, SimNode] = {}
        for file in sorted(folder.glob("*.json")):
            for one in json.loads(file.read_text()):
                node = SimNode(**one)
                if (other := wanted.get(node.name)) is not None:
                    node = SimNode(**{**one, "labels": {**other.labels, **node.labels}})
                wanted[node.name] = node
        client = self.plane.client()
        try:
            apply(client, wanted.values())
        finally:
            client.close()

    def _passphrase(self) -> Path:
        file = self.run.root / "passphrase"
        if not file.is_file():
            write_private(file, secrets.token_hex(16).encode())
        return file

    def _create_stack(self) -> None:
        """Make the stack, or find it; then set the made-up secrets that it does not have yet."""
        assert self._copy is not None
        kept = self.run.root / "stacks" / f"{self.name}.yaml"
        # The salt and the encrypted secrets of an earlier run, so that nothing changes.
        before = yaml.safe_load(kept.read_text()) if kept.is_file() else None
        if before:
            document = yaml.safe_load(self.stack_file.read_text())
            document["encryptionsalt"] = before["salt"]
            document["config"].update(
                {
                    k: v
                    for k, v in before["secrets"].items()
                    if k.partition(":")[2] in self._copy.generated
                }
            )
            self.stack_file.write_text(yaml.safe_dump(document, sort_keys=False))
        listed = self.pulumi("stack", "ls", "--json")
        if not any(s["name"] == self.name for s in json.loads(listed.stdout or "[]")):
            done = self.pulumi("stack", "init", self.name)
            if not done.ok:
                raise LabError(f"the stack {self.name} could not be made:\n{done.text.strip()}")
        document = yaml.safe_load(self.stack_file.read_text())
        for key, value in self._copy.generated.items():
            if f"binderhub:{key}" not in document["config"]:
                self.set_secret(key, value)
        document = yaml.safe_load(self.stack_file.read_text())
        keep = {
            "salt": document.get("encryptionsalt"),
            "secrets": {
                k: v
                for k, v in document["config"].items()
                if isinstance(v, dict) and set(v) == {"secure"}
            },
        }
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_private(kept, yaml.safe_dump(keep).encode())

    def _remember(self, pid: int | None) -> None:
        """Which engine runs, so that a lock it leaves behind can be told from a live one."""
        file = self.run.root / f"engine-{self.name}.json"
        if pid is None:
            file.unlink(missing_ok=True)
            return
        try:
            created = psutil.Process(pid).create_time()
        except psutil.Error:
            return
        file.write_text(json.dumps({"pid": pid, "created": created}))

    def _free_dead_lock(self) -> None:
        """A killed engine leaves its lock; another live one's is left alone."""
        locks = list((self.run.backend / ".pulumi" / "locks").rglob(f"*/{self.name}/*.json"))
        for lock in locks:
            try:
                pid = int(json.loads(lock.read_text())["pid"])
                alive = psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
                alive = alive and "pulumi" in psutil.Process(pid).name()
            except (OSError, ValueError, KeyError):
                continue
            except psutil.Error:
                alive = False
            if not alive:
                lock.unlink(missing_ok=True)
                self._end_orphans()

    def _end_orphans(self) -> None:
        """What a killed engine left running: its language host looks for it every few minutes
        only, and the program would wait as long."""
        seed = str(self._seed_file)  # In the environment of everything that a session starts.
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.environ().get("LAB_CLOUD_SEED") != seed:
                    continue
                parents = [process, *process.parents()]
                if not any(one.name() == "pulumi" for one in parents):
                    process.kill()


def _stop(process: subprocess.Popen[str]) -> None:
    """Ask the engine to stop, then end it and whatever it started."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            process.wait(_GRACE_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
