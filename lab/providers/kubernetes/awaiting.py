"""When an object counts as ready, and waiting for that or for its end.

Covers Namespace, Pod, Deployment, StatefulSet, DaemonSet, Job, PersistentVolumeClaim,
Ingress and Service; anything else is ready once applied. A Service waits for its endpoints as
with the official plugin (provider/pkg/await/service.go, 2026-07-01), but not ten seconds more.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lab.providers.kubernetes.cluster import Cluster, Object
from lab.providers.sdk.provider import StandinError

SKIP = "pulumi.com/skipAwait"
TIMEOUT = "pulumi.com/timeoutSeconds"
DEFAULT_SECONDS = 600.0


class NotReady(StandinError):
    """Waiting ended without success."""


class Failed(StandinError):
    """The object can never become ready as it is."""


def _condition(obj: Object, type: str) -> dict[str, Any]:
    for condition in obj.get("status", {}).get("conditions") or []:
        if condition.get("type") == type:
            return dict(condition)
    return {}


def _behind(obj: Object) -> bool:
    seen = obj.get("status", {}).get("observedGeneration", 0)
    return bool(seen < obj["metadata"].get("generation", 0))


def _counted(obj: Object, wanted: int, *keys: str) -> str | None:
    if _behind(obj):
        return "the controller has not seen the change yet"
    status = obj.get("status", {})
    for key in keys:
        if status.get(key, 0) < wanted:
            return f"{key} is {status.get(key, 0)} of {wanted}"
    return None


def _deployment(obj: Object) -> str | None:
    progress = _condition(obj, "Progressing")
    if progress.get("reason") == "ProgressDeadlineExceeded" and not _behind(obj):
        raise Failed(str(progress.get("message") or "the progress deadline was exceeded"))
    wanted = obj["spec"].get("replicas", 1)
    if obj.get("status", {}).get("replicas", 0) > wanted:
        return "old pods are still there"
    return _counted(obj, wanted, "updatedReplicas", "availableReplicas")


def _pod(obj: Object) -> str | None:
    status = obj.get("status", {})
    if status.get("phase") == "Succeeded" or _condition(obj, "Ready").get("status") == "True":
        return None
    if status.get("phase") == "Failed":
        raise Failed(str(status.get("message") or status.get("reason") or "the pod failed"))
    scheduled = _condition(obj, "PodScheduled")
    return str(scheduled.get("message") or f"phase {status.get('phase')}")


def _job(obj: Object) -> str | None:
    failed = _condition(obj, "Failed")
    if failed.get("status") == "True":
        raise Failed(f"the job failed: {failed.get('message') or failed.get('reason')}")
    return None if _condition(obj, "Complete").get("status") == "True" else "not complete"


def _claim(obj: Object, cluster: Cluster) -> str | None:
    if obj.get("status", {}).get("phase") == "Bound":
        return None
    name = obj["spec"].get("storageClassName")
    storage = cluster.get("storage.k8s.io/v1", "StorageClass", name, None) if name else None
    if storage and storage.get("volumeBindingMode") == "WaitForFirstConsumer":
        return None
    return f"phase {obj.get('status', {}).get('phase')}"


def _has_address(obj: Object) -> str | None:
    found = obj.get("status", {}).get("loadBalancer", {}).get("ingress")
    return None if found else "no address was given to it"


def _service(obj: Object, cluster: Cluster) -> str | None:
    meta, spec = obj["metadata"], obj["spec"]
    if spec.get("type") == "LoadBalancer" and (why := _has_address(obj)):
        return why
    headless = spec.get("clusterIP") == "None"
    if headless or spec.get("type") == "ExternalName" or not spec.get("selector"):
        return None
    endpoints = cluster.get("v1", "Endpoints", meta["name"], meta.get("namespace"))
    if endpoints is None:
        return "it has no endpoints"
    pending = any(subset.get("notReadyAddresses") for subset in endpoints.get("subsets") or [])
    return "some of its pods are not ready" if pending else None


def not_ready(obj: Object, cluster: Cluster) -> str | None:
    """Why the object is not ready yet, None when it is. Raises Failed."""
    status = obj.get("status", {})
    match obj["kind"]:
        case "Namespace":
            return None if status.get("phase") == "Active" else f"phase {status.get('phase')}"
        case "Deployment":
            return _deployment(obj)
        case "StatefulSet":
            return _counted(obj, obj["spec"].get("replicas", 1), "updatedReplicas", "readyReplicas")
        case "DaemonSet":
            wanted = status.get("desiredNumberScheduled", 0)
            return _counted(obj, wanted, "updatedNumberScheduled", "numberAvailable")
        case "Pod":
            return _pod(obj)
        case "Job":
            return _job(obj)
        case "PersistentVolumeClaim":
            return _claim(obj, cluster)
        case "Ingress":
            return _has_address(obj)
        case "Service":
            return _service(obj, cluster)
        case _:
            return None


def patience(obj: Object, given: float | None) -> float | None:
    """Seconds to wait: the custom timeout, else the annotation, else ``DEFAULT_SECONDS``; None
    for not at all."""
    annotations = obj["metadata"].get("annotations") or {}
    if annotations.get(SKIP) == "true":
        return None
    text = annotations.get(TIMEOUT)
    try:
        return given or float(text or DEFAULT_SECONDS)
    except (TypeError, ValueError):
        raise StandinError(f"annotation {TIMEOUT} is {text!r}, not a number of seconds") from None


def wait_ready(cluster: Cluster, obj: Object, seconds: float) -> Object:
    """Poll until ready and return the object as it then is. Raises NotReady or Failed."""

    def why(now: Object | None) -> str | None:
        if now is None:
            raise Failed(
                f"{obj['kind']} {obj['metadata']['name']} was deleted while waiting for it"
            )
        reason = not_ready(now, cluster)
        return None if reason is None else f": {reason}"

    return _wait(cluster, obj, why, seconds, "is not ready", first=obj) or obj


def wait_gone(cluster: Cluster, obj: Object, seconds: float) -> None:
    """Poll until the object (this one, by uid) is no more. Raises NotReady."""

    def why(now: Object | None) -> str | None:
        if now is None or now["metadata"].get("uid") != obj["metadata"].get(
            "uid", now["metadata"].get("uid")
        ):
            return None
        return _why(now)

    _wait(cluster, obj, why, seconds, "still exists", first=_again(cluster, obj), to=" to go")


def _again(cluster: Cluster, obj: Object) -> Object | None:
    meta = obj["metadata"]
    return cluster.get(obj["apiVersion"], obj["kind"], meta["name"], meta.get("namespace"))


def _wait(
    cluster: Cluster,
    obj: Object,
    why: Callable[[Object | None], str | None],
    seconds: float,
    state: str,
    *,
    first: Object | None,
    to: str = "",
) -> Object | None:
    """Look again and again until ``why`` has nothing to say about the object as it is."""
    name = f"{obj['kind']} {obj['metadata']['name']}"
    now, deadline, pause = first, time.monotonic() + seconds, 0.1
    while (reason := why(now)) is not None:
        if time.monotonic() > deadline:
            raise NotReady(f"{name} {state} after {seconds:.0f} s{reason}")
        if cluster.cancelled.wait(pause):
            raise NotReady(f"waiting for {name}{to} was cancelled{reason}")
        pause = min(pause * 1.5, 2.0)
        now = _again(cluster, obj)
    return now


def _why(obj: Object) -> str:
    left = obj["metadata"].get("finalizers") or obj.get("spec", {}).get("finalizers") or []
    stuck = [
        str(c.get("message"))
        for c in obj.get("status", {}).get("conditions") or []
        if c.get("status") == "True" and c.get("message") and obj["kind"] == "Namespace"
    ]
    told = [f"finalizers {', '.join(left)}"] if left else []
    return ": " + "; ".join(told + stuck) if told + stuck else ""
