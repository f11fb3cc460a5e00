"""Troubles of updates, one after the other: what repairs one is the start of the next."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from lab.engine.error_hints import Advice, explain
from lab.engine.outcome import Outcome
from rehearsal.context import HubUnderTest
from rehearsal.trial_changes import edited
from rehearsal.troubles.told import Told, end, expected, variant

_AWAY_SECONDS = 3.0
_PATIENCE = 60.0


def _quota(context: HubUnderTest, number: int) -> dict[str, Any]:
    """A harmless change of one release, so that there is something to update."""
    written = (context.document["config"].get("binderhub:launch") or {}).get("quotas") or {}
    return edited(context.document, "launch", quotas={**written, "total": number})


def _up(context: HubUnderTest, name: str, document: dict[str, Any], **more: Any) -> Outcome:
    options = variant(context, name, document)
    return context.session.pulumi("up", "--yes", "--skip-preview", *options, **more)


def release(context: HubUnderTest) -> Told:
    """An object that the API server refuses, which no chart's schema knows to be wrong."""
    release = context.resolved.flavour.binder_release
    values = {"podAnnotations": {"not a key!": "x"}}
    written = dict(context.document["config"].get("binderhub:extraValues") or {})
    broken = {**written, release: {**(written.get(release) or {}), **values}}
    done = _up(context, "broken", edited(context.document, "extraValues", **broken))
    told = expected("release that fails", "rolled back", done, context.session.name)
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


def killed(context: HubUnderTest) -> Iterator[Told]:
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
        yield expected("two updates at once", "locked", second, session.name)
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


def recovered(context: HubUnderTest) -> Told:
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
            return Told(name=name, wrong=f"no clear sentence. The engine said: {end(outcome)}")
        said.append(str(advice))
        _follow(context, advice)
        outcome = _up(context, "next", _quota(context, 903))
    if not outcome.ok:
        return Told(name=name, wrong=f"the stack is not usable: {end(outcome)}")
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
