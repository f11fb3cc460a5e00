"""Phase `trouble`: what goes wrong in practice ends with one clear sentence and the next command,
and the stack is usable afterwards.

Real failures of the real engine, helm and API server. A full disk is a limit on the size of a
file (no file can grow past it), since an ordinary user cannot make a small disk.
Those that end before anything is changed may run beside other phases (`begin`); the others share
their updates, alone: what repairs one trouble is the start of the next.
"""

from __future__ import annotations

import copy
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from lab.engine.error_hints import Advice, explain
from lab.engine.outcome import Outcome
from lab.errors import LabError
from lab.install.jupyterhub_env import ensure_hub_env
from rehearsal.context import HubUnderTest
from rehearsal.jupyterhub.process import running_hub
from rehearsal.jupyterhub.source import HubSource
from rehearsal.report import Phase, Trouble, judged
from rehearsal.trial_changes import edited, pin_of_hub

NAME = "trouble"
_AWAY_SECONDS = 3.0
_PATIENCE = 60.0
_LITTLE = 20 * 1024
"""Bytes that a file may have on the "full" disk: less than any state file of a hub."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """How a trouble ended: `wrong` says what was not as it should be."""

    name: str
    sentence: str = ""
    wrong: str = ""


@dataclass(frozen=True, kw_only=True)
class Beside:
    """The troubles that touch neither the stack nor the cluster, at work. `started` is of the
    monotonic clock."""

    told: tuple[Future[Told], ...]
    disk: Future[Told]
    started: float = field(default_factory=time.monotonic)

    def wait(self) -> None:
        """Until none of them runs any more, however it ended."""
        for one in (*self.told, self.disk):
            with suppress(CancelledError):
                one.exception()


def begin(context: HubUnderTest) -> Beside:
    """Start them. They end as previews, or on a stack of their own."""
    # The engine tries for half a minute to write to a full disk, and needs no processor for it.
    aside = ThreadPoolExecutor(1)
    disk = aside.submit(_disk, context)
    aside.shutdown(wait=False)
    steps = (_passphrase, _secret, _chart, _port)
    return Beside(told=tuple(context.engines.submit(s, context) for s in steps), disk=disk)


def run(context: HubUnderTest, beside: Beside | None = None) -> Phase:
    """`beside`: what `begin` started earlier; all of it but the disk is over before this goes on."""
    beside = beside or begin(context)
    told = [one.result() for one in beside.told]
    told.append(_release(context))
    told += _killed(context)
    told.append(_recovered(context))
    told.append(beside.disk.result())
    found = [_finding(one) for one in told if one.wrong]
    return judged(NAME, found, [f"{one.name}: {one.sentence}" for one in told if one.sentence])


def _finding(one: Told) -> Trouble:
    return Trouble(
        what=f"{one.name}: {one.wrong}",
        where="pulumi",
        why="A person in trouble needs one sentence and a usable stack.",
        fix="see lab/engine/error_hints.py for the sentence, and the engine's own words in this report.",
    )


def _expected(name: str, kind: str, done: Outcome, stack: str) -> Told:
    """A command that has to fail with a known trouble."""
    if done.ok:
        return Told(name=name, wrong="the command succeeded; it should have failed.")
    advice = explain(done.text, stack)
    if advice is None or advice.kind != kind:
        seen = f"It was taken for {advice.kind!r}. " if advice else ""
        return Told(name=name, wrong=f"no clear sentence. {seen}The engine said: {_end(done)}")
    if secret := _traceback(done):
        return Told(name=name, sentence=str(advice), wrong=secret)
    return Told(name=name, sentence=str(advice))


def _traceback(done: Outcome) -> str:
    # The program that waits when a release fails is interrupted by the engine itself.
    text = done.text.partition("KeyboardInterrupt")[0]
    if "Traceback" in text and "KeyboardInterrupt" not in done.text:
        return "it ended with a traceback."
    return ""


def _end(done: Outcome) -> str:
    lines = [line.strip() for line in done.text.splitlines() if line.strip()[:1] not in ("", "@")]
    return " / ".join(lines)[-500:]


def _variant(context: HubUnderTest, name: str, document: dict[str, Any]) -> list[str]:
    return ["--config-file", str(context.variant(name, document))]


def _passphrase(context: HubUnderTest) -> Told:
    file = context.session.folder / "variants" / "wrong-passphrase"
    file.parent.mkdir(exist_ok=True)
    file.write_text("not the passphrase")
    done = context.session.pulumi("preview", env={"PULUMI_CONFIG_PASSPHRASE_FILE": str(file)})
    return _expected("wrong passphrase", "passphrase", done, context.session.name)


def _secret(context: HubUnderTest) -> Told:
    document = json.loads(json.dumps(context.document))
    config = document["config"]
    secrets = [k for k, v in config.items() if isinstance(v, dict) and set(v) == {"secure"}]
    if not secrets:
        return Told(name="missing secret", sentence="not tried, this stack needs none of its own")
    for key in secrets:
        del config[key]
    done = context.session.preview(*_variant(context, "no-secret", document))
    return _expected("missing secret", "secret", done, context.session.name)


def _chart(context: HubUnderTest) -> Told:
    document = json.loads(json.dumps(context.document))
    pin = pin_of_hub(context.hub, document)
    with socket.socket() as held:  # Bound, not listening: whoever connects is refused.
        held.bind(("127.0.0.1", 0))
        pin["source"] = f"https://127.0.0.1:{held.getsockname()[1]}/charts"
        done = context.session.preview(*_variant(context, "no-chart", document))
    return _expected("chart cannot be fetched", "chart", done, context.session.name)


def _port(context: HubUnderTest) -> Told:
    """Of a hub process; a control plane takes another port by itself."""
    name = "port taken"
    source = HubSource(
        namespace=context.namespace,
        release="-",
        config={},
        secret={"values.yaml": "hub: {config: {}}"},
        origin="assembled from the values",
    )
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        env = ensure_hub_env(context.progress)
        try:
            with running_hub(source, env, kubeconfig=None, hub_port=port):
                return Told(name=name, wrong="the hub started on a port that is taken.")
        except LabError as error:
            sentence = str(error)
    if str(port) not in sentence:
        return Told(name=name, wrong=f"the sentence does not name the port: {sentence[:300]}")
    return Told(name=name, sentence=sentence.replace(str(port), "PORT"))


def _quota(context: HubUnderTest, number: int) -> dict[str, Any]:
    """A harmless change of one release, so that there is something to update."""
    given = (context.document["config"].get("binderhub:launch") or {}).get("quotas") or {}
    return edited(context.document, "launch", quotas={**given, "total": number})


def _up(context: HubUnderTest, name: str, document: dict[str, Any], **more: Any) -> Outcome:
    given = _variant(context, name, document)
    return context.session.pulumi("up", "--yes", "--skip-preview", *given, **more)


def _disk(context: HubUnderTest) -> Told:
    """A second stack with the same state, whose next state cannot be written."""
    name, scratch = "disk full", copy.copy(context.session)
    scratch.name = f"{context.session.name}-disk"
    mine, its = (f"urn:pulumi:{one}::" for one in (context.session.name, scratch.name))
    exported = context.session.checked("stack", "export").stdout.replace(mine, its)
    file = context.session.folder / "variants" / "state.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(exported)
    scratch.checked("stack", "init", scratch.name)
    try:
        scratch.checked("stack", "import", "--file", str(file))
        done = scratch.pulumi("stack", "import", "--file", str(file), largest_file=_LITTLE)
        told = _expected(name, "disk", done, context.session.name)
        after = json.loads(scratch.checked("stack", "export").stdout)["deployment"]
        if not told.wrong and len(after["resources"]) != len(
            json.loads(exported)["deployment"]["resources"]
        ):
            return Told(name=name, sentence=told.sentence, wrong="the state has lost resources.")
        return told
    except LabError as error:
        return Told(name=name, wrong=f"the state is not usable afterwards: {error}")
    finally:
        scratch.pulumi("stack", "rm", "--force", "--yes")


def _release(context: HubUnderTest) -> Told:
    """An object that the API server refuses, which no chart's schema knows to be wrong."""
    release = context.resolved.flavour.binder_release
    values = {"podAnnotations": {"not a key!": "x"}}
    given = dict(context.document["config"].get("binderhub:extraValues") or {})
    broken = {**given, release: {**(given.get(release) or {}), **values}}
    done = _up(context, "broken", edited(context.document, "extraValues", **broken))
    told = _expected("release that fails", "rolled back", done, context.session.name)
    if not told.wrong and (status := _status(context, release)) != "deployed":
        return Told(name=told.name, sentence=told.sentence, wrong=f"the release is {status}.")
    return told


def _status(context: HubUnderTest, release: str) -> str:
    """As helm keeps it: the state of the newest revision."""
    path = f"/api/v1/namespaces/{context.namespace}/secrets"
    query = {"labelSelector": f"owner=helm,name={release}"}
    kept = [
        one["metadata"]["labels"] for one in context.kube.request("GET", path, query=query)["items"]
    ]
    newest = max(kept, key=lambda one: int(one["version"]), default={"status": "gone"})
    return str(newest["status"])


def _killed(context: HubUnderTest) -> Iterator[Told]:
    """Two updates at once, and then the first is killed while helm is at work."""
    session, ended, pid = context.session, list[Outcome](), None
    document = _quota(context, 902)
    thread = threading.Thread(target=lambda: ended.append(_up(context, "killed", document)))
    thread.start()
    try:
        locks = session.run.backend / ".pulumi" / "locks"
        _wait(lambda: any(locks.rglob(f"*/{session.name}/*.json")) or bool(ended))
        pid = _engine(context)
        second = session.pulumi("up", "--yes", "--skip-preview")
        yield _expected("two updates at once", "locked", second, session.name)
        _wait(lambda: _any_pending(context) or bool(ended))
    finally:
        if pid is not None:
            _kill(pid)
        thread.join()
    if ended[0].ok:
        yield Told(name="engine killed", wrong="the update was over before it could be killed.")
    else:
        yield Told(name="engine killed", sentence="killed while helm was upgrading a release")


def _engine(context: HubUnderTest) -> int | None:
    """The engine that holds the lock, as the session noted it."""
    file = context.session.run.root / f"engine-{context.session.name}.json"
    try:
        return int(json.loads(file.read_text())["pid"])
    except (OSError, ValueError, KeyError):
        return None


def _kill(pid: int) -> None:
    """The engine and what is in its process group, at once, as the kernel would."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _any_pending(context: HubUnderTest) -> bool:
    path = f"/api/v1/namespaces/{context.namespace}/secrets"
    kept = context.kube.request("GET", path, query={"labelSelector": "owner=helm"})["items"]
    return any(one["metadata"]["labels"]["status"].startswith("pending") for one in kept)


def _recovered(context: HubUnderTest) -> Told:
    """The next `up` completes although the API server is away when it starts and comes back."""
    name, session = "API server away for a while, after the kill", context.session
    done: list[Outcome] = []
    with session.plane.without("kube-apiserver"):
        thread = threading.Thread(
            target=lambda: done.append(_up(context, "next", _quota(context, 903)))
        )
        thread.start()
        thread.join(_AWAY_SECONDS)
    thread.join()
    outcome, said = done[0], list[str]()
    # At most one round of advice for each of the two troubles.
    for _ in range(2):
        if outcome.ok:
            break
        advice = explain(outcome.text, session.name)
        if advice is None:
            return Told(name=name, wrong=f"no clear sentence. The engine said: {_end(outcome)}")
        said.append(str(advice))
        _follow(context, advice)
        outcome = _up(context, "next", _quota(context, 903))
    if not outcome.ok:
        return Told(name=name, wrong=f"the stack is not usable: {_end(outcome)}")
    if told := _not_arrived(context, 903):
        return Told(name=name, wrong=told)
    how = f"after: {' '.join(said)}" if said else "by itself"
    return Told(name=name, sentence=f"the next up completed {how}")


def _not_arrived(context: HubUnderTest, number: int) -> str:
    """What speaks against the last change having been deployed; "" when nothing does."""
    release, (secret, file) = (
        context.resolved.flavour.binder_release,
        context.resolved.flavour.binder_secret,
    )
    if (status := _status(context, release)) != "deployed":
        return f"up succeeded, but release {release} is {status}."
    config = context.fresh().secret(secret) or {}
    if f"total_quota: {number}" not in config.get(file, ""):
        return "up succeeded, but BinderHub's configuration is not the one of the last update."
    return ""


def _follow(context: HubUnderTest, advice: Advice) -> None:
    """Do what the advice says, as the person would."""
    if advice.kind != "pending":
        return
    command = advice.command.partition(", then")[0].split()
    if command[:2] == ["helm", "rollback"]:
        _helm(context, *command[1:])
    elif command[:2] == ["helm", "list"]:
        for one in json.loads(_helm(context, *command[1:], "--output", "json")):
            _helm(context, "rollback", one["name"], "--namespace", one["namespace"])


def _helm(context: HubUnderTest, *arguments: str) -> str:
    command = [str(context.session.tools["helm"]), *arguments]
    environment = context.session.environment()
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    return done.stdout


def _wait(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.05)
