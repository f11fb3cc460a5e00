"""Requests to one API server: apply, get, list, delete, and waiting out its restart.

Connects on first use, so that a stack whose cluster is not there yet can be previewed.
Does not wait for objects to be ready (``awaiting``).
"""

# The client library has no types.
# mypy: allow-untyped-calls

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar

from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import ResourceNotFoundError
from urllib3.exceptions import HTTPError

from lab.providers.kubernetes.access import KubeconfigAccess
from lab.providers.kubernetes.settings import ProviderSettings
from lab.providers.sdk.provider import Handler, Log, Request, StandinError

Object = dict[str, Any]
T = TypeVar("T")

FIELD_MANAGER = "pulumi-kubernetes-standin"
RETRY_SECONDS = 60.0
_TIMEOUT = (5, 30)  # seconds to connect and to answer, for one request
_RETRY_STATUS = (429, 500, 503, 504)


class Unreachable(StandinError):
    """The API server did not answer within ``RETRY_SECONDS``."""


class NoSuchKind(StandinError):
    """The API server knows no such apiVersion and kind (CRD not installed?)."""


class ApiError(StandinError):
    """The API server refused: ``status`` is the HTTP code, ``reason`` Kubernetes' word."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


def _api_error(error: ApiException) -> ApiError:
    body: Any = error.body
    text = body.decode(errors="replace") if isinstance(body, bytes) else str(body or "")
    try:
        status = json.loads(text)
        message, reason = (str(status.get("message") or text), str(status.get("reason") or ""))
    except (ValueError, AttributeError):
        message, reason = text.strip() or str(error.reason), str(error.reason)
    return ApiError(int(error.status or 0), reason, message)


class Cluster:
    """The cluster that a provider's settings point at. Safe to use from several threads."""

    def __init__(self, settings: ProviderSettings, cancelled: threading.Event) -> None:
        self.settings = settings
        self.access = KubeconfigAccess(settings)
        self.cancelled = cancelled
        self._lock = threading.RLock()
        self._client: DynamicClient | None = None

    @property
    def default_namespace(self) -> str:
        """Where an object or release goes that names no namespace."""
        return self.access.default_namespace

    def _connected(self) -> DynamicClient:
        with self._lock:
            if self._client is None:
                api = self.access.connect()
                cache = self.access.folder / "discovery.json"
                cache.unlink(missing_ok=True)
                self._client = DynamicClient(api, cache_file=str(cache))
            return self._client

    def _call(self, what: str, act: Callable[[DynamicClient], T]) -> T:
        """Run one request; wait out a restart, log in again once."""
        deadline = time.monotonic() + RETRY_SECONDS
        pause, renewed = 0.25, False
        while True:
            try:
                return act(self._connected())
            except ApiException as error:
                trouble = _api_error(error)
                if trouble.status == 401 and not renewed:
                    renewed = True
                    with self._lock:
                        self._client = None
                    continue
                if trouble.status not in _RETRY_STATUS:
                    raise trouble from None
                last = f"HTTP {trouble.status} {trouble}"
            except (HTTPError, OSError) as error:
                last = _brief(error)
            if time.monotonic() + pause > deadline or self.cancelled.is_set():
                raise Unreachable(
                    f"{what}: the API server did not answer for {RETRY_SECONDS:.0f} s ({last}); "
                    "check that the cluster runs and that the kubeconfig points at it"
                )
            self.cancelled.wait(pause)
            pause = min(pause * 2, 3.0)

    def reachable(self) -> bool:
        """Whether the API server answers now, without waiting for it."""
        try:
            self._connected().request("get", "/version", serialize=False, _request_timeout=(3, 5))
        except (ApiException, HTTPError, OSError, StandinError):
            return False
        return True

    # Objects

    def _resource(self, client: DynamicClient, api_version: str, kind: str) -> Any:
        with self._lock:  # the discovery cache is not made for several threads
            try:
                return client.resources.get(api_version=api_version, kind=kind)
            except ResourceNotFoundError:
                raise NoSuchKind(
                    f"the API server knows no kind {kind} in {api_version}; "
                    "is its CustomResourceDefinition installed?"
                ) from None

    def namespaced(self, api_version: str, kind: str) -> bool:
        """Whether objects of this kind live in a namespace. Raises NoSuchKind."""
        what = f"discovery of {api_version}/{kind}"
        return bool(self._call(what, lambda c: self._resource(c, api_version, kind)).namespaced)

    def _ask(self, verb: str, api_version: str, kind: str, name: str = "", **more: Any) -> Any:
        method = {"list": "get", "apply": "server_side_apply"}.get(verb, verb)

        def act(client: DynamicClient) -> Object:
            resource = self._resource(client, api_version, kind)
            call = getattr(client, method)
            done: Object = call(
                resource, name=name or None, _request_timeout=_TIMEOUT, **more
            ).to_dict()
            return done

        return self._call(f"{verb} {kind} {name}".strip(), act)

    def get(self, api_version: str, kind: str, name: str, namespace: str | None) -> Object | None:
        """One object, None when there is none."""
        with _missing_is_none():
            found: Object = self._ask("get", api_version, kind, name, namespace=namespace)
            return found
        return None

    def list(self, api_version: str, kind: str, namespace: str) -> list[Object]:
        """All objects of a kind in a namespace."""
        found: list[Object] = self._ask("list", api_version, kind, namespace=namespace)["items"]
        return found

    def apply(self, body: Object, *, force: bool = False, dry_run: bool = False) -> Object:
        """Server-side apply; the object as the server then has it."""
        meta = body["metadata"]
        done: Object = self._ask(
            "apply",
            body["apiVersion"],
            body["kind"],
            meta["name"],
            namespace=meta.get("namespace"),
            body=body,
            force_conflicts=force,
            field_manager=FIELD_MANAGER,
            **({"dry_run": "All"} if dry_run else {}),
        )
        return done

    def delete(self, api_version: str, kind: str, name: str, namespace: str | None) -> None:
        """Ask for deletion, dependents first; gone already is success."""
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Foreground"}
        with _missing_is_none():
            self._ask("delete", api_version, kind, name, namespace=namespace, body=body)


@contextmanager
def _missing_is_none() -> Iterator[None]:
    try:
        yield
    except ApiError as error:
        if error.status != 404:
            raise


def _brief(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    text = str(reason)
    return text.split(": ", 1)[-1] if "object at 0x" in text else text


class ClusterHandler(Handler):
    """A handler of resources on one cluster. ``thing`` is its word for one of them."""

    thing: ClassVar[str]

    def __init__(self, cluster: Cluster, log: Log) -> None:
        self.cluster = cluster
        self.log = log

    def forget(self, request: Request) -> bool:
        """Whether a resource on a cluster that does not answer counts as gone; warns if so."""
        if not self.cluster.settings.delete_unreachable or not request.state:
            return False
        told = f"the cluster is unreachable; forgetting this {self.thing}"
        self.log("warning", told, request.urn)
        return True
