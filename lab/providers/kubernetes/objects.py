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

from dataclasses import replace
from typing import Any

from lab.providers.kubernetes import applying, awaiting, kinds, shapes
from lab.providers.kubernetes.cluster import ClusterHandler, NoSuchKind, Object, Unreachable
from lab.providers.sdk.property_diff import DiffResult, diff_props
from lab.providers.sdk.property_values import (
    UNKNOWN,
    Props,
    SecretValue,
    mark_secrets,
    reveal,
    secret,
)
from lab.providers.sdk.provider import CheckFailure, ReadResult, Request, StandinError


class ObjectHandler(ClusterHandler):
    """Resources of every type but Helm releases, on one cluster."""

    thing = "object"

    # Inputs

    def check(self, request: Request) -> tuple[Props, list[CheckFailure]]:
        api_version, kind = kinds.api_version_and_kind(request.type)
        if kind.endswith(("List", "Patch")):
            raise StandinError(
                f"{request.type}: lists and patch resources are not covered by the stand-in "
                "for pulumi-resource-kubernetes"
            )
        props = {k: v for k, v in request.inputs.items() if v is not None}
        props.setdefault("apiVersion", api_version)
        props.setdefault("kind", kind)
        props = shapes.without_nulls(props)
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
        self._name(request, meta)
        default = self.cluster.settings.namespace
        if default and meta.get("namespace") in (None, "") and self._namespaced(props):
            meta["namespace"] = default
        props["metadata"] = secret(meta) if isinstance(metadata, SecretValue) else meta
        if kind != "Secret":
            return props, []
        props = shapes.string_data_as_data(props)
        return shapes.hide_secret_data(props), shapes.secret_failures(props)

    def _name(self, request: Request, meta: dict[str, Any]) -> None:
        if meta.get("name") not in (None, ""):
            return
        old = reveal(request.old_inputs)
        kept = old["metadata"].get("name") if shapes.is_autonamed(old) else None
        meta["name"] = kept or shapes.autoname(request.name)
        given = meta.get("annotations")
        given = given.value if isinstance(given, SecretValue) else given
        if given is not UNKNOWN:
            meta["annotations"] = {**(given or {}), shapes.AUTONAMED: "true"}

    def _namespaced(self, props: Props) -> bool:
        api_version, kind = reveal(props["apiVersion"]), reveal(props["kind"])
        if (api_version, kind) in kinds.CLUSTER_SCOPED:
            return False
        try:
            return not self.cluster.reachable() or self.cluster.namespaced(api_version, kind)
        except NoSuchKind:
            return True  # a custom kind whose definition comes later in the same update

    def diff(self, request: Request) -> DiffResult:
        _, kind = kinds.api_version_and_kind(request.type)
        old, new = reveal(request.old_inputs), reveal(request.inputs)
        if kind == "Secret":  # a state of before may still have it otherwise
            old = shapes.string_data_as_data(old)
        new.pop(shapes.IMPORTED, None)
        if old.pop(shapes.IMPORTED, None):
            old = shapes.shaped(old, new)
        for side in (old, new):
            meta = side.get("metadata")
            if isinstance(meta, dict) and not meta.get("namespace") and self._namespaced(side):
                meta["namespace"] = self.cluster.default_namespace
        # Turning a name from made-up into written-down is no change of the object.
        shapes.forget_autonamed(old, new)
        settings = self.cluster.settings
        mutable = (kind == "Secret" and settings.enable_secret_mutable) or (
            kind == "ConfigMap" and settings.enable_config_map_mutable
        )
        fixed = kinds.replace_on(kind, mutable=mutable and not old.get("immutable"))
        result = diff_props(old, new, replace_on=fixed, ignore=request.ignore)
        first = (
            bool(result.replaces) and shapes.same_place(old, new) and not shapes.is_autonamed(new)
        )
        return replace(result, delete_before_replace=first)

    # Life

    def create(self, request: Request) -> tuple[str, Props]:
        if request.preview:
            applying.try_out(self.cluster, request.inputs, new=True)
            return "", request.inputs
        body = applying.body_of(self.cluster, request.inputs)
        meta = body["metadata"]
        name, namespace = str(meta["name"]), meta.get("namespace")
        if not self.cluster.settings.upsert_existing and self.cluster.get(
            body["apiVersion"], body["kind"], name, namespace
        ):
            raise StandinError(_exists(body))
        return shapes.identity(namespace, name), applying.apply_and_wait(
            self.cluster, body, request
        )

    def update(self, request: Request) -> Props:
        if request.preview:
            applying.try_out(self.cluster, request.inputs, new=False)
            return request.inputs
        return applying.apply_and_wait(
            self.cluster, applying.body_of(self.cluster, request.inputs), request
        )

    def read(self, request: Request) -> ReadResult | None:
        """The live object; for an import or a ``get`` the inputs are made from it."""
        inputs = request.inputs
        api_version, kind = kinds.api_version_and_kind(request.type)
        api_version = reveal(inputs.get("apiVersion")) or api_version
        namespace, name = shapes.split_identity(request.id)
        try:
            if (
                namespace is None
                and (api_version, kind) not in kinds.CLUSTER_SCOPED
                and self.cluster.namespaced(api_version, kind)
            ):
                namespace = self.cluster.default_namespace
            live = self.cluster.get(api_version, kind, name, namespace)
        except NoSuchKind:
            return None
        except Unreachable:
            if not self.forget(request):
                raise
            return None
        if live is None:
            return None
        outputs = shapes.outputs_of(live)
        if inputs:
            drift = shapes.drifted(reveal(inputs), reveal(request.state), reveal(outputs))
            fresh = mark_secrets(drift, inputs)
        else:
            fresh = {**shapes.inputs_of(live), shapes.IMPORTED: True}
        if kind == "Secret":
            fresh = shapes.hide_secret_data(fresh)
        return ReadResult(id=request.id, outputs=outputs, inputs=fresh)

    def delete(self, request: Request) -> None:
        live = reveal(request.state)
        api_version, kind = kinds.api_version_and_kind(request.type)
        namespace, name = shapes.split_identity(request.id)
        place = {"namespace": namespace} if namespace else {}
        target: Object = {
            "apiVersion": live.get("apiVersion") or api_version,
            "kind": kind,
            "metadata": {**live.get("metadata", {}), "name": name, **place},
        }
        try:
            seconds = awaiting.patience(target, request.timeout)
            self.cluster.delete(target["apiVersion"], kind, name, namespace)
            if seconds is not None:
                awaiting.wait_gone(self.cluster, target, seconds)
        except NoSuchKind:
            return  # the definition is gone, and every object with it
        except Unreachable:
            if not self.forget(request):
                raise


def _exists(body: Object) -> str:
    meta = body["metadata"]
    where = shapes.identity(meta.get("namespace"), meta["name"])
    return (
        f"{body['kind']} {where} already exists in the cluster; import it (resource option "
        f"import_={where!r}), use an alias if the resource was renamed in the program, or set "
        "upsertExistingObjects on the provider to take it over"
    )
