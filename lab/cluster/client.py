"""A thin, typed view of a cluster for the lab: what runs where, and waiting for it.

It reads a kubeconfig and talks to that cluster only. The environment's proxies are ignored: the
lab's cluster is on loopback.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

import urllib3
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from lab.errors import LabError
from lab.waiting import wait_until

Kind = Literal["Deployment", "DaemonSet", "StatefulSet"]

# Kubernetes puts these into every namespace by itself, and removes them with it.
_EVERYWHERE = frozenset({"ConfigMap/kube-root-ca.crt", "ServiceAccount/default"})
_POLL_SECONDS = 0.2
_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


@dataclass(frozen=True, kw_only=True)
class PodView:
    """A pod: where it is and how it is. `reason` says why it is not scheduled or not running."""

    namespace: str
    name: str
    node: str | None
    phase: str
    ready: bool
    ip: str | None
    reason: str
    labels: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class NodeView:
    name: str
    ready: bool
    labels: Mapping[str, str]
    taints: tuple[str, ...]
    allocatable: Mapping[str, str]


class Kube:
    """A client for the cluster of a kubeconfig's current (or named) context.

    Identities are client certificates, as in every kubeconfig that the lab writes.
    """

    def __init__(self, kubeconfig: Path | str, *, context: str | None = None) -> None:
        configuration = client.Configuration()
        load: Any = config.load_kube_config
        load(str(kubeconfig), context=context, client_configuration=configuration)
        configuration.proxy = None
        configuration.retries = False
        self.api: Any = client.ApiClient(configuration)

    def close(self) -> None:
        self.api.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        timeout: float = 30.0,
    ) -> Any:
        """One raw call; the decoded answer. Raises ApiException as the typed clients do."""
        url = f"{self.api.configuration.host}{path}"
        if query:
            url += f"?{urlencode(query)}"
        headers = {"Accept": accept}
        if body is not None:
            headers["Content-Type"] = content_type
        reply = self.api.call_api(method, url, headers, body, _request_timeout=timeout)
        text = reply.read().decode()
        if not 200 <= reply.status < 300:
            raise ApiException.from_response(http_resp=reply, body=text, data=None)
        return json.loads(text) if text.startswith(("{", "[")) else text

    def apply(self, path: str, manifest: Mapping[str, Any]) -> Any:
        """Server-side apply of one object at its own path, as field manager `binderhub-lab`."""
        return self.request(
            "PATCH",
            path,
            body=manifest,
            query={"fieldManager": "binderhub-lab", "force": "true"},
            content_type="application/apply-patch+yaml",
        )

    def is_ready(self) -> bool:
        """Whether the API server says that it is ready to serve."""
        try:
            self.request("GET", "/readyz", accept="*/*", timeout=2)
        except (ApiException, urllib3.exceptions.HTTPError, OSError):
            return False
        return True

    def pods(self, namespace: str | None = None, *, selector: str = "") -> list[PodView]:
        """The pods of one namespace, or of all, sorted by namespace and name."""
        path = f"/api/v1/namespaces/{namespace}/pods" if namespace else "/api/v1/pods"
        listed = map(_pod_view, self.items(path, selector=selector))
        return sorted(listed, key=lambda pod: (pod.namespace, pod.name))

    def nodes(self, *, selector: str = "") -> list[NodeView]:
        listed = map(_node_view, self.items("/api/v1/nodes", selector=selector))
        return sorted(listed, key=lambda node: node.name)

    def items(self, path: str, *, selector: str = "") -> list[dict[str, Any]]:
        """The objects that a path lists; `selector` is of their labels."""
        listed: list[dict[str, Any]] = self.request(
            "GET", path, query={"labelSelector": selector} if selector else None
        )["items"]
        return listed

    def wait_for(self, reached: Callable[[], bool], what: str, *, timeout: float = 30.0) -> None:
        """Asks until `reached()` is true; `what` completes "waited 30 s for ..."."""
        if not wait_until(reached, timeout, pause=_POLL_SECONDS):
            raise LabError(f"Waited {timeout:g} s for {what}, in vain.")

    def wait_rollout(self, kind: Kind, namespace: str, name: str, *, timeout: float = 60.0) -> None:
        """Waits until every wanted pod of a workload is ready; says what the pods do if not."""
        try:
            self.wait_for(
                lambda: self._rolled_out(kind, namespace, name),
                f"{kind} {namespace}/{name} to be ready",
                timeout=timeout,
            )
        except LabError as error:
            waiting = [pod for pod in self.pods(namespace) if not pod.ready]
            told = "".join(f"\n  pod {pod.name}: {pod.phase} {pod.reason}" for pod in waiting)
            raise LabError(f"{error}{told}") from None

    def _rolled_out(self, kind: Kind, namespace: str, name: str) -> bool:
        path = f"/apis/apps/v1/namespaces/{namespace}/{kind.lower()}s/{name}"
        workload = self.request("GET", path)
        status = workload.get("status", {})
        if status.get("observedGeneration", 0) < workload["metadata"]["generation"]:
            return False
        if kind == "DaemonSet":
            wanted = status["desiredNumberScheduled"]
            counts = ("numberReady", "updatedNumberScheduled")
        else:
            wanted, counts = workload["spec"]["replicas"], ("readyReplicas", "updatedReplicas")
        return all(status.get(count, 0) == wanted for count in counts)

    def namespace_contents(
        self, namespace: str, *, ignore: Iterable[str] = ("Event",)
    ) -> list[str]:
        """Everything in a namespace as `Kind/name`, of every kind that the server knows.

        Left out: kinds in `ignore`, and what Kubernetes itself puts into every namespace. Only
        names are asked for, never contents. Empty for a namespace that does not exist.
        """
        ignored = set(ignore)
        found: set[str] = set()
        groups = self.request("GET", "/apis")["groups"]
        served = [f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups]
        for prefix in ("/api/v1", *served):
            for resource in self.request("GET", prefix)["resources"]:
                if not resource["namespaced"] or "list" not in resource["verbs"]:
                    continue
                if "/" in resource["name"] or resource["kind"] in ignored:
                    continue
                path = f"{prefix}/namespaces/{namespace}/{resource['name']}"
                items = self.request("GET", path, accept=_METADATA_ONLY)["items"] or []
                found.update(f"{resource['kind']}/{item['metadata']['name']}" for item in items)
        return sorted(found - _EVERYWHERE)


def said(error: Exception) -> str:
    """What an API server (or the connection to it) complained about, in one line."""
    if isinstance(error, ApiException) and error.body:
        try:
            return f"{error.status}: {json.loads(error.body)['message']}"
        except (ValueError, KeyError, TypeError):
            pass
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def _conditions(view: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {one["type"]: one for one in view["status"].get("conditions", ())}


def _pod_view(pod: dict[str, Any]) -> PodView:
    meta, status, conditions = pod["metadata"], pod["status"], _conditions(pod)
    scheduled = conditions.get("PodScheduled", {})
    waiting = scheduled.get("message") if scheduled.get("status") != "True" else None
    return PodView(
        namespace=meta["namespace"],
        name=meta["name"],
        node=pod["spec"].get("nodeName"),
        phase=status.get("phase", "Unknown"),
        ready=conditions.get("Ready", {}).get("status") == "True",
        ip=status.get("podIP"),
        reason=waiting or status.get("reason", ""),
        labels=meta.get("labels", {}),
    )


def _node_view(node: dict[str, Any]) -> NodeView:
    taints = node["spec"].get("taints", ())
    return NodeView(
        name=node["metadata"]["name"],
        ready=_conditions(node).get("Ready", {}).get("status") == "True",
        labels=node["metadata"].get("labels", {}),
        taints=tuple(f"{t['key']}={t.get('value', '')}:{t['effect']}" for t in taints),
        allocatable=node["status"].get("allocatable", {}),
    )
