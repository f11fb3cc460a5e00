"""Kubernetes objects as resources: any kind the API server knows, custom ones too.

Follows the official plugin (4.34) where a program can see the difference: names are
made from the logical name when absent, a create refuses an object that exists already
(unless ``upsertExistingObjects``), create and update are server-side applies, Secrets
and ConfigMaps are replaced when their data changes, a Secret's ``stringData`` becomes
``data`` (provider/pkg/clients/unstructured.go, 2026-07-01), and ids are ``namespace/name``.

Differences, on purpose: the diff is structural, of the last inputs against the new
ones; drift comes in through refresh, which changes an input only where the live value
changed since the last write, so the server's own spelling of a value ("1000m" becomes
"1") is no drift. ``managedFields`` is left out of the outputs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from lab.providers.kubernetes import awaiting, kinds
from lab.providers.kubernetes.cluster import ApiError, Cluster, NoSuchKind, Object, Unreachable
from lab.providers.kubernetes.masking import Mask
from lab.providers.kubernetes.shapes import (
    AUTONAMED,
    IMPORTED,
    autoname,
    drifted,
    forget_autonamed,
    hide_secret_data,
    identity,
    inputs_of,
    is_autonamed,
    outputs_of,
    same_place,
    secret_failures,
    shaped,
    split_identity,
    string_data_as_data,
    without_nulls,
)
from lab.providers.sdk.property_values import known
from lab.providers.sdk.provider import (
    UNKNOWN,
    CheckFailure,
    DiffResult,
    InitFailed,
    Props,
    ReadResult,
    Resource,
    SecretValue,
    StandinError,
    diff_props,
    has_unknowns,
    mark_secrets,
    reveal,
    secret,
)

PATCH_FORCE = "pulumi.com/patchForce"
# Their names must agree with their contents, so they cannot be tried out under another.
_NAME_MATTERS = ("APIService", "CustomResourceDefinition")


class ObjectHandler:
    """Resources of every type but Helm releases, on one cluster."""

    def __init__(
        self,
        cluster: Cluster,
        cancelled: threading.Event,
        log: Callable[[str, str, str], None],
    ) -> None:
        self.cluster = cluster
        self.cancelled = cancelled
        self.log = log

    # Inputs

    def check(
        self, resource: Resource, olds: Props, news: Props
    ) -> tuple[Props, list[CheckFailure]]:
        """Complete the inputs: apiVersion, kind, name, namespace; hide secret data."""
        api_version, kind = kinds.api_version_and_kind(resource.type)
        if kind.endswith(("List", "Patch")):
            raise StandinError(
                f"{resource.type}: lists and patch resources are not covered by the stand-in "
                "for pulumi-resource-kubernetes"
            )
        props = {k: v for k, v in news.items() if v is not None}
        props.setdefault("apiVersion", api_version)
        props.setdefault("kind", kind)
        props = without_nulls(props)
        metadata = props.get("metadata")
        if metadata is None:
            metadata = {}
        if not isinstance(reveal(metadata), dict):
            if metadata is UNKNOWN:
                return props, []
            return props, [CheckFailure("metadata", "must be an object")]
        meta = dict(metadata.value if isinstance(metadata, SecretValue) else metadata)
        if meta.get("generateName") is not None:
            return props, [
                CheckFailure("metadata.generateName", "cannot be used with server-side apply")
            ]
        self._name(resource, meta, reveal(olds.get("metadata") or {}))
        default = self.cluster.settings.namespace
        if default and meta.get("namespace") in (None, "") and self._namespaced(props):
            meta["namespace"] = default
        props["metadata"] = secret(meta) if isinstance(metadata, SecretValue) else meta
        if kind != "Secret":
            return props, []
        props = string_data_as_data(props)
        return hide_secret_data(props), secret_failures(props)

    def _name(self, resource: Resource, meta: dict[str, Any], old: Any) -> None:
        if meta.get("name") not in (None, ""):
            return
        old = old if isinstance(old, dict) else {}
        annotations = old.get("annotations")
        was_auto = isinstance(annotations, dict) and annotations.get(AUTONAMED) == "true"
        meta["name"] = old["name"] if was_auto and old.get("name") else autoname(resource.name)
        given = meta.get("annotations")
        given = given.value if isinstance(given, SecretValue) else given
        if given is not UNKNOWN:
            meta["annotations"] = {**(given or {}), AUTONAMED: "true"}

    def _namespaced(self, props: Props) -> bool:
        api_version, kind = reveal(props["apiVersion"]), reveal(props["kind"])
        if (api_version, kind) in kinds.CLUSTER_SCOPED:
            return False
        try:
            return not self.cluster.reachable() or self.cluster.namespaced(api_version, kind)
        except NoSuchKind:
            return True  # a custom kind whose definition comes later in the same update

    def diff(
        self, resource: Resource, old_inputs: Props, news: Props, ignore: list[str]
    ) -> DiffResult:
        """Structural difference of the inputs."""
        _, kind = kinds.api_version_and_kind(resource.type)
        old, new = reveal(old_inputs), reveal(news)
        if kind == "Secret":  # a state of before may still have it otherwise
            old = string_data_as_data(old)
        new.pop(IMPORTED, None)
        if old.pop(IMPORTED, None):
            old = shaped(old, new)
        for side in (old, new):
            meta = side.get("metadata")
            if isinstance(meta, dict) and not meta.get("namespace") and self._namespaced(side):
                meta["namespace"] = self.cluster.default_namespace
        # Turning a name from made-up into written-down is no change of the object.
        forget_autonamed(old, new)
        settings = self.cluster.settings
        result = diff_props(
            old,
            new,
            replace_on=kinds.replace_on(
                kind,
                secret_mutable=settings.enable_secret_mutable and not old.get("immutable"),
                config_map_mutable=settings.enable_config_map_mutable and not old.get("immutable"),
            ),
            ignore=ignore,
        )
        if not result.replaces:
            return result
        return DiffResult(
            changes=True,
            replaces=result.replaces,
            detailed=result.detailed,
            delete_before_replace=same_place(old, new) and not is_autonamed(new),
        )

    # Life

    def create(
        self, resource: Resource, inputs: Props, preview: bool, timeout: float | None
    ) -> tuple[str, Props]:
        """Apply a new object and wait for it."""
        if preview:
            self._try_out(inputs, new=True)
            return "", inputs
        body = self._body(inputs)
        meta = body["metadata"]
        if not self.cluster.settings.upsert_existing:
            found = self.cluster.get(
                body["apiVersion"], body["kind"], meta["name"], meta.get("namespace")
            )
            if found is not None:
                raise StandinError(_exists(body))
        live = self._apply(body, inputs)
        return identity(meta.get("namespace"), meta["name"]), self._awaited(
            live, body, inputs, timeout
        )

    def update(self, inputs: Props, preview: bool, timeout: float | None) -> Props:
        """Apply a changed object and wait for it."""
        if preview:
            self._try_out(inputs, new=False)
            return inputs
        body = self._body(inputs)
        return self._awaited(self._apply(body, inputs), body, inputs, timeout)

    def read(self, resource: Resource, id: str, inputs: Props, olds: Props) -> ReadResult | None:
        """The live object; for an import or a ``get`` the inputs are made from it."""
        api_version, kind = kinds.api_version_and_kind(resource.type)
        api_version = reveal(inputs.get("apiVersion")) or api_version
        namespace, name = split_identity(id)
        if namespace is None and (api_version, kind) not in kinds.CLUSTER_SCOPED:
            try:
                if self.cluster.namespaced(api_version, kind):
                    namespace = self.cluster.default_namespace
            except NoSuchKind:
                return None
        try:
            live = self.cluster.get(api_version, kind, name, namespace)
        except NoSuchKind:
            return None
        except Unreachable:
            if not self.cluster.settings.delete_unreachable or not olds:
                raise
            self.log(
                "warning",
                "the cluster is unreachable; forgetting this object",
                resource.urn,
            )
            return None
        if live is None:
            return None
        outputs = outputs_of(live)
        if inputs:
            fresh = mark_secrets(drifted(reveal(inputs), reveal(olds), reveal(outputs)), inputs)
        else:
            fresh = {**inputs_of(live), IMPORTED: True}
        if kind == "Secret":
            fresh = hide_secret_data(fresh)
        return ReadResult(id=id, outputs=outputs, inputs=fresh)

    def delete(self, resource: Resource, id: str, olds: Props, timeout: float | None) -> None:
        """Delete the object and wait until it is gone."""
        live = reveal(olds)
        api_version, kind = kinds.api_version_and_kind(resource.type)
        namespace, name = split_identity(id)
        target: Object = {
            "apiVersion": live.get("apiVersion") or api_version,
            "kind": kind,
            "metadata": {**live.get("metadata", {}), "name": name},
        }
        if namespace:
            target["metadata"]["namespace"] = namespace
        annotations = target["metadata"].get("annotations") or {}
        seconds = awaiting.timeout_of(annotations, timeout, awaiting.DEFAULT_SECONDS)
        try:
            self.cluster.delete(target["apiVersion"], kind, name, namespace)
            if annotations.get(awaiting.SKIP) != "true":
                awaiting.wait_gone(self.cluster, target, seconds, self.cancelled)
        except NoSuchKind:
            return  # the definition is gone, and every object with it
        except Unreachable:
            if not self.cluster.settings.delete_unreachable:
                raise
            self.log(
                "warning",
                "the cluster is unreachable; forgetting this object",
                resource.urn,
            )

    # Parts

    def _body(self, inputs: Props) -> Object:
        body: Object = known(inputs)
        body.pop(IMPORTED, None)
        meta = body["metadata"]
        if self.cluster.namespaced(body["apiVersion"], body["kind"]):
            meta["namespace"] = meta.get("namespace") or self.cluster.default_namespace
        else:
            meta.pop("namespace", None)
        return body

    def _apply(self, body: Object, inputs: Props, *, dry_run: bool = False) -> Object:
        annotations = body["metadata"].get("annotations") or {}
        force = annotations.get(PATCH_FORCE) == "true" or self.cluster.settings.patch_force
        try:
            return self.cluster.apply(body, force=force, dry_run=dry_run)
        except ApiError as error:
            text = Mask(inputs).clean(str(error))
            if error.status == 409 and error.reason == "Conflict":
                text += (
                    f"; another manager owns these fields: annotate the object with "
                    f'"{PATCH_FORCE}": "true" to take them over'
                )
            raise ApiError(error.status, error.reason, text) from None

    def _try_out(self, inputs: Props, *, new: bool) -> None:
        """Let the server judge the object in a preview.

        A new one under a name that is free: in a replacement the old one still exists.
        """
        if has_unknowns(inputs) or not self.cluster.reachable():
            return
        try:
            body = self._body(inputs)
            if new and body["kind"] in _NAME_MATTERS:
                return
            if new:
                body["metadata"]["name"] = f"{body['metadata']['name'][:50]}-preview"
            self._apply(body, inputs, dry_run=True)
        except NoSuchKind:
            return  # its definition may come with this very update
        except ApiError as error:
            if error.status != 404:  # a namespace that this update makes
                raise

    def _awaited(self, live: Object, body: Object, inputs: Props, timeout: float | None) -> Props:
        annotations = body["metadata"].get("annotations") or {}
        if annotations.get(awaiting.SKIP) == "true":
            return outputs_of(live)
        seconds = awaiting.timeout_of(annotations, timeout, awaiting.DEFAULT_SECONDS)
        try:
            return outputs_of(awaiting.wait_ready(self.cluster, live, seconds, self.cancelled))
        except (awaiting.NotReady, awaiting.Failed) as error:
            meta = live["metadata"]
            raise InitFailed(
                str(error),
                id=identity(meta.get("namespace"), meta["name"]),
                outputs=outputs_of(live),
                inputs=inputs,
            ) from None


def _exists(body: Object) -> str:
    meta = body["metadata"]
    where = identity(meta.get("namespace"), meta["name"])
    return (
        f"{body['kind']} {where} already exists in the cluster; import it (resource option "
        f"import_={where!r}), use an alias if the resource was renamed in the program, or set "
        "upsertExistingObjects on the provider to take it over"
    )
