"""Server-side apply of an object: for real until it is ready, or as a trial in a preview."""

from __future__ import annotations

from lab.providers.kubernetes import awaiting, shapes
from lab.providers.kubernetes.cluster import ApiError, Cluster, NoSuchKind, Object
from lab.providers.kubernetes.masking import Mask
from lab.providers.sdk.property_values import Props, has_unknowns, known
from lab.providers.sdk.provider import InitFailed, Request

PATCH_FORCE = "pulumi.com/patchForce"
# Their names must agree with their contents, so they cannot be tried out under another.
_NAME_MATTERS = ("APIService", "CustomResourceDefinition")


def body_of(cluster: Cluster, inputs: Props) -> Object:
    """The object that these inputs are, in its namespace."""
    body: Object = known(inputs)
    body.pop(shapes.IMPORTED, None)
    meta = body["metadata"]
    if cluster.namespaced(body["apiVersion"], body["kind"]):
        meta["namespace"] = meta.get("namespace") or cluster.default_namespace
    else:
        meta.pop("namespace", None)
    return body


def _apply(cluster: Cluster, body: Object, inputs: Props, *, dry_run: bool = False) -> Object:
    annotations = body["metadata"].get("annotations") or {}
    force = annotations.get(PATCH_FORCE) == "true" or cluster.settings.patch_force
    try:
        return cluster.apply(body, force=force, dry_run=dry_run)
    except ApiError as error:
        text = Mask(inputs).clean(str(error))
        if error.status == 409 and error.reason == "Conflict":
            text += (
                f"; another manager owns these fields: annotate the object with "
                f'"{PATCH_FORCE}": "true" to take them over'
            )
        raise ApiError(error.status, error.reason, text) from None


def try_out(cluster: Cluster, inputs: Props, *, new: bool) -> None:
    """Let the server judge the object in a preview.

    A new one under a name that is free: in a replacement the old one still exists.
    """
    if has_unknowns(inputs) or not cluster.reachable():
        return
    try:
        body = body_of(cluster, inputs)
        if new and body["kind"] in _NAME_MATTERS:
            return
        if new:
            body["metadata"]["name"] = f"{body['metadata']['name'][:50]}-preview"
        _apply(cluster, body, inputs, dry_run=True)
    except NoSuchKind:
        return  # its definition may come with this very update
    except ApiError as error:
        if error.status != 404:  # a namespace that this update makes
            raise


def apply_and_wait(cluster: Cluster, body: Object, request: Request) -> Props:
    """Apply it and wait until it is ready; the outputs."""
    live = _apply(cluster, body, request.inputs)
    seconds = awaiting.patience(body, request.timeout)
    if seconds is None:
        return shapes.outputs_of(live)
    try:
        return shapes.outputs_of(awaiting.wait_ready(cluster, live, seconds))
    except (awaiting.NotReady, awaiting.Failed) as error:
        meta = live["metadata"]
        raise InitFailed(
            str(error),
            id=shapes.identity(meta.get("namespace"), meta["name"]),
            outputs=shapes.outputs_of(live),
            inputs=request.inputs,
        ) from None
