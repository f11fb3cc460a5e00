"""What is done to Kubernetes objects as plain data: names, shapes, drift, secret parts.

Pure but for the random suffix of ``autoname``.
"""

from __future__ import annotations

import base64
import binascii
import copy
import secrets
from collections.abc import Mapping
from typing import Any

from lab.providers.kubernetes.cluster import Object
from lab.providers.sdk.property_values import (
    UNKNOWN,
    Props,
    SecretValue,
    has_unknowns,
    reveal,
    same,
    secret,
)
from lab.providers.sdk.provider import CheckFailure

AUTONAMED = "pulumi.com/autonamed"
IMPORTED = "__imported"
"""Mark in the inputs that ``read`` makes up for an import: they are all of the live
object, so a program that says less than them is no difference."""

_SERVER_META = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
)


def identity(namespace: str | None, name: str) -> str:
    """The id of an object or release."""
    return f"{namespace}/{name}" if namespace else name


def split_identity(id: str) -> tuple[str | None, str]:
    """Namespace and name of an id."""
    namespace, _, name = id.rpartition("/")
    return namespace or None, name


def autoname(logical: str) -> str:
    """A name made from a logical one: lower case, at most 63 characters, random suffix."""
    return f"{logical.lower()[:54]}-{secrets.token_hex(4)}"


def hide_secret_data(props: Props) -> Props:
    """A Secret's ``data`` and ``stringData`` as secrets, whoever wrote them."""
    return {
        key: secret(value) if key in ("data", "stringData") and value is not None else value
        for key, value in props.items()
    }


def string_data_as_data(props: Props) -> Props:
    """A Secret's ``stringData`` merged into its ``data``, as the API server would do it; as it is
    when anything is unknown."""
    given = reveal(props.get("stringData"))
    if not given or has_unknowns(props):
        return props
    coded = {key: base64.b64encode(str(text).encode()).decode() for key, text in given.items()}
    rest = {key: value for key, value in props.items() if key != "stringData"}
    return {**rest, "data": {**(reveal(props.get("data")) or {}), **coded}}


def without_nulls(props: Props) -> Props:
    """Without nulls: for Kubernetes an absent field and a null one are the same."""

    def strip(value: Any) -> Any:
        match value:
            case SecretValue(value=inner):
                return SecretValue(strip(inner))
            case Mapping():
                return {k: strip(v) for k, v in value.items() if v is not None}
            case list():
                return [strip(item) for item in value]
            case _:
                return value

    done: Props = strip(props)
    return done


def secret_failures(props: Props) -> list[CheckFailure]:
    data = reveal(props.get("data"))
    failures = []
    for key, value in (data if isinstance(data, dict) else {}).items():
        if value is UNKNOWN:
            continue
        try:
            base64.b64decode(str(value), validate=True)
        except (binascii.Error, ValueError):
            failures.append(
                CheckFailure(
                    f"data.{key}", "is not base64; put plain text under stringData instead"
                )
            )
    return failures


def outputs_of(live: Object) -> Props:
    out = copy.deepcopy(live)
    out.get("metadata", {}).pop("managedFields", None)
    return hide_secret_data(out) if out.get("kind") == "Secret" else out


def inputs_of(live: Object) -> Props:
    out = {k: copy.deepcopy(v) for k, v in live.items() if k != "status"}
    out["metadata"] = {k: v for k, v in out["metadata"].items() if k not in _SERVER_META}
    return out


def drifted(inputs: Any, before: Any, now: Any) -> Any:
    """``inputs`` with every value that changed in the cluster from ``before`` to ``now``.

    All three without secrets. What inputs do not mention is not looked at.
    """
    if isinstance(inputs, dict) and isinstance(before, dict) and isinstance(now, dict):
        out = {}
        for key, value in inputs.items():
            if key not in before:
                out[key] = value
            elif key in now:
                out[key] = drifted(value, before[key], now[key])
        return out
    trio_of_lists = all(isinstance(side, list) for side in (inputs, before, now))
    if trio_of_lists and len(inputs) == len(before) == len(now):
        return [drifted(*trio) for trio in zip(inputs, before, now, strict=True)]
    return inputs if same(before, now) else now


def shaped(value: Any, like: Any) -> Any:
    """``value`` reduced to the keys that ``like`` has."""
    if isinstance(value, dict) and isinstance(like, dict):
        return {key: shaped(item, like[key]) for key, item in value.items() if key in like}
    if isinstance(value, list) and isinstance(like, list) and len(value) == len(like):
        return [shaped(item, twin) for item, twin in zip(value, like, strict=True)]
    return value


def is_autonamed(props: Props) -> bool:
    meta = props.get("metadata")
    annotations = meta.get("annotations") if isinstance(meta, dict) else None
    return isinstance(annotations, dict) and annotations.get(AUTONAMED) == "true"


def forget_autonamed(old: Props, new: Props) -> None:
    if not is_autonamed(old) or is_autonamed(new):
        return
    annotations = old["metadata"]["annotations"]
    del annotations[AUTONAMED]
    if not annotations:
        del old["metadata"]["annotations"]


def same_place(old: Props, new: Props) -> bool:
    a, b = old.get("metadata"), new.get("metadata")
    if not isinstance(a, dict) or not isinstance(b, dict):
        return False
    return a.get("name") == b.get("name") and a.get("namespace") == b.get("namespace")
