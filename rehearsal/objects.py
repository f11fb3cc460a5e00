"""All objects of a hub's namespace as plain dicts, read once; the checkers see nothing else.

Kinds that no hub has are not read. Secrets are decoded on demand and never shown.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from kubernetes.client.exceptions import ApiException

from lab.cluster.client import Kube

Object: TypeAlias = dict[str, Any]

NAMESPACED = {
    "Pod": "/api/v1",
    "Service": "/api/v1",
    "ConfigMap": "/api/v1",
    "Secret": "/api/v1",
    "ServiceAccount": "/api/v1",
    "PersistentVolumeClaim": "/api/v1",
    "ResourceQuota": "/api/v1",
    "Deployment": "/apis/apps/v1",
    "DaemonSet": "/apis/apps/v1",
    "StatefulSet": "/apis/apps/v1",
    "Job": "/apis/batch/v1",
    "CronJob": "/apis/batch/v1",
    "Role": "/apis/rbac.authorization.k8s.io/v1",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1",
    "Ingress": "/apis/networking.k8s.io/v1",
    "NetworkPolicy": "/apis/networking.k8s.io/v1",
    "PodDisruptionBudget": "/apis/policy/v1",
    "HTTPRoute": "/apis/gateway.networking.k8s.io/v1",
}
CLUSTER = {
    "Node": "/api/v1",
    "PriorityClass": "/apis/scheduling.k8s.io/v1",
    "StorageClass": "/apis/storage.k8s.io/v1",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1",
}
_PLURAL = {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies"}
_PLURAL |= {"PriorityClass": "priorityclasses", "StorageClass": "storageclasses"}


def path_of(kind: str, namespace: str | None, name: str | None = None) -> str:
    """The API path of a collection, or of one object."""
    plural = _PLURAL.get(kind, f"{kind.lower()}s")
    base = {**NAMESPACED, **CLUSTER}[kind]
    where = f"{base}/namespaces/{namespace}/{plural}" if kind in NAMESPACED else f"{base}/{plural}"
    return f"{where}/{name}" if name else where


@dataclass(frozen=True, kw_only=True)
class DeployedObjects:
    """`items` by (kind, name)."""

    namespace: str
    items: Mapping[tuple[str, str], Object] = field(default_factory=dict)

    def of(self, *kinds: str) -> Iterator[Object]:
        return (obj for (kind, _), obj in self.items.items() if kind in kinds)

    def get(self, kind: str, name: str) -> Object | None:
        return self.items.get((kind, name))

    def secret(self, name: str) -> dict[str, str] | None:
        """The texts of a Secret; None when there is none."""
        found = self.get("Secret", name)
        if found is None:
            return None
        data = found.get("data") or {}
        return {k: base64.b64decode(v).decode(errors="replace") for k, v in data.items()}

    def keys(self, kind: str, name: str) -> set[str] | None:
        """The keys of a ConfigMap or Secret; None when there is none."""
        found = self.get(kind, name)
        if found is None:
            return None
        return {*(found.get("data") or {}), *(found.get("binaryData") or {})}


def load(kube: Kube, namespace: str) -> DeployedObjects:
    """What the cluster has now. A kind that the server does not know counts as empty."""
    items: dict[tuple[str, str], Object] = {}
    for kind in (*NAMESPACED, *CLUSTER):
        try:
            listed = kube.request("GET", path_of(kind, namespace))
        except ApiException as error:
            if error.status == 404:
                continue
            raise
        for obj in listed["items"]:
            obj["kind"], obj["apiVersion"] = kind, listed["apiVersion"]
            items[kind, obj["metadata"]["name"]] = obj
    return DeployedObjects(namespace=namespace, items=items)


def title(obj: Mapping[str, Any]) -> str:
    """`Kind/name`, as findings name an object."""
    return f"{obj['kind']}/{obj['metadata']['name']}"


def labels(obj: Mapping[str, Any]) -> dict[str, str]:
    return obj["metadata"].get("labels") or {}


def pod_specs(objects: DeployedObjects) -> Iterator[tuple[str, Object, dict[str, str]]]:
    """(owner, pod spec, pod labels) of everything that makes pods, and of pods nobody owns."""
    for obj in objects.of("Deployment", "DaemonSet", "StatefulSet", "Job"):
        template = obj["spec"]["template"]
        yield title(obj), template["spec"], template["metadata"].get("labels") or {}
    for obj in objects.of("CronJob"):
        template = obj["spec"]["jobTemplate"]["spec"]["template"]
        yield title(obj), template["spec"], template.get("metadata", {}).get("labels") or {}
    for obj in objects.of("Pod"):
        if not obj["metadata"].get("ownerReferences"):
            yield title(obj), obj["spec"], labels(obj)


def containers(spec: Mapping[str, Any]) -> list[Object]:
    return [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]


def matches(selector: Mapping[str, Any] | None, found: Mapping[str, str]) -> bool:
    """Whether a label selector (matchLabels, matchExpressions) takes these labels; an empty one
    takes all."""
    chosen = selector or {}
    if not (chosen.get("matchLabels") or {}).items() <= found.items():
        return False
    return all(_expression(one, found) for one in chosen.get("matchExpressions") or [])


def _expression(one: Mapping[str, Any], found: Mapping[str, str]) -> bool:
    key, values = one["key"], one.get("values") or []
    match one["operator"]:
        case "In":
            return found.get(key) in values
        case "NotIn":
            return found.get(key) not in values
        case "Exists":
            return key in found
        case _:
            return key not in found


def tolerates(tolerations: Iterable[Mapping[str, Any]], taint: Mapping[str, Any]) -> bool:
    """Whether a pod with these tolerations may be put on a node with this taint."""
    for one in tolerations:
        if one.get("effect") and one["effect"] != taint["effect"]:
            continue
        if one.get("operator") == "Exists":
            if one.get("key") in (None, "", taint["key"]):
                return True
        elif one.get("key") == taint["key"] and (one.get("value") or "") == (
            taint.get("value") or ""
        ):
            return True
    return bool(taint["effect"] == "PreferNoSchedule")
