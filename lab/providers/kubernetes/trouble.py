"""Why a release does not come up: its unready pods and recent warnings, one line each.

Looks every two seconds while helm runs, because an atomic install has removed the pods
by the time helm reports the failure.
"""

from __future__ import annotations

import threading
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from lab.providers.kubernetes.cluster import Cluster, Object
from lab.providers.sdk.provider import StandinError

_PERIOD = 2.0
_MOST = 8
_LABELS = ("app.kubernetes.io/instance", "release")


class Watcher:
    """Context manager around one helm command; ``report`` tells what was last seen."""

    def __init__(self, cluster: Cluster, release: str, namespace: str) -> None:
        self._cluster = cluster
        self._release = release
        self._namespace = namespace
        self._stop = threading.Event()
        self._pods: list[str] = []
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()

    def _watch(self) -> None:
        while not self._stop.wait(_PERIOD):
            try:
                pods = self._cluster.list("v1", "Pod", self._namespace)
            except StandinError:
                continue
            mine = [pod for pod in pods if _belongs(pod, self._release)]
            seen = [line for pod in mine or pods if (line := describe_pod(pod))]
            # An atomic install that gives up deletes the pods: keep what was seen before.
            self._pods = seen or self._pods

    def report(self, since: float) -> list[str]:
        """Lines about unready pods, then warnings that happened after ``since`` (epoch)."""
        self._stop.set()
        try:
            events = self._cluster.list("v1", "Event", self._namespace)
        except StandinError:
            events = []
        return self._pods[:_MOST] + warnings(events, since)[-_MOST:]


def _belongs(pod: Object, release: str) -> bool:
    labels = pod["metadata"].get("labels") or {}
    return any(labels.get(key) == release for key in _LABELS)


def describe_pod(pod: Object) -> str | None:
    """One line about a pod that is not ready, None for one that is."""
    status: dict[str, Any] = pod.get("status") or {}
    if status.get("phase") == "Succeeded":
        return None
    conditions = {c.get("type"): c for c in status.get("conditions") or []}
    if (conditions.get("Ready") or {}).get("status") == "True":
        return None
    why = status.get("message") or (conditions.get("PodScheduled") or {}).get("message")
    for container in status.get("containerStatuses") or []:
        waiting = (container.get("state") or {}).get("waiting")
        if waiting:
            why = f"{container['name']}: {waiting.get('reason')} {waiting.get('message') or ''}"
    told = f"phase {status.get('phase')}" + (f", {str(why).strip()}" if why else "")
    return f"  pod {pod['metadata']['name']}: {told}"


def warnings(events: list[Object], since: float) -> list[str]:
    """One line for each distinct warning event after ``since``, oldest first."""
    found: dict[str, str] = {}
    for event in events:
        stamp = (
            event.get("lastTimestamp")
            or event.get("eventTime")
            or event["metadata"].get("creationTimestamp")
        )
        if event.get("type") != "Warning" or not stamp:
            continue
        # Event times are whole seconds.
        if datetime.fromisoformat(stamp).timestamp() < since - 1:
            continue
        about = event.get("involvedObject") or {}
        message = " ".join(str(event.get("message") or "").split())
        line = f"  {about.get('kind')} {about.get('name')}: {event.get('reason')}: {message}"
        found[line] = stamp
    return sorted(found, key=lambda line: found[line])
