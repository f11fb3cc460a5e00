"""Property values between the engine's wire form and plain Python, both ways.

Shapes: a value is ``None | bool | int | float | str | list | dict`` plus two wrappers,
``Secret(value)`` and ``UNKNOWN``. Whole floats become ints, because the wire has only
floats. Output values become what they wrap (``Secret`` and/or ``UNKNOWN``); resource
references become the resource's id. Assets and archives stay dicts with their signature
key, so that they survive the way there and back.

Source of the signatures: ``pulumi.runtime.rpc`` of the installed SDK.
"""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

_SIG: Final = rpc._special_sig_key
_SECRET_SIG: Final = rpc._special_secret_sig
_RESOURCE_SIG: Final = rpc._special_resource_sig
_OUTPUT_SIG: Final = rpc._special_output_value_sig
_UNKNOWN_TEXT: Final = rpc.UNKNOWN

Props = dict[str, Any]
"""A property map: JSON-like, with ``Secret`` and ``UNKNOWN`` anywhere in it."""


class Unknown(Enum):
    """A value that only an update can compute; its one instance is ``UNKNOWN``."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True)
class SecretValue:
    """A value that must stay encrypted in state and hidden in every print."""

    value: Any = field(repr=False)

    def __str__(self) -> str:
        return "[secret]"


def _number(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def from_value(value: struct_pb2.Value) -> Any:
    """One wire value as plain Python."""
    match value.WhichOneof("kind"):
        case "bool_value":
            return value.bool_value
        case "number_value":
            return _number(value.number_value)
        case "string_value":
            return UNKNOWN if value.string_value == _UNKNOWN_TEXT else value.string_value
        case "list_value":
            return [from_value(item) for item in value.list_value.values]
        case "struct_value":
            return _from_object(value.struct_value)
        case _:
            return None


def _from_object(struct: struct_pb2.Struct) -> Any:
    fields = struct.fields
    sig = fields[_SIG].string_value if _SIG in fields else ""
    if sig == _SECRET_SIG:
        return secret(from_value(fields["value"]))
    if sig == _RESOURCE_SIG:
        return from_value(fields["id"]) if "id" in fields else fields["urn"].string_value
    if sig == _OUTPUT_SIG:
        inner = from_value(fields["value"]) if "value" in fields else UNKNOWN
        return secret(inner) if "secret" in fields and fields["secret"].bool_value else inner
    return {key: from_value(item) for key, item in fields.items()}


def from_struct(struct: struct_pb2.Struct) -> Props:
    """A wire property map as plain Python."""
    return {key: from_value(item) for key, item in struct.fields.items()}


def to_value(value: Any) -> struct_pb2.Value:
    """Plain Python as one wire value.

    Raises TypeError for anything that is not JSON-like, ``Secret`` or ``UNKNOWN``.
    """
    out = struct_pb2.Value()
    match value:
        case None:
            out.null_value = struct_pb2.NULL_VALUE
        case Unknown():
            out.string_value = _UNKNOWN_TEXT
        case SecretValue(value=inner):
            out.struct_value.fields[_SIG].string_value = _SECRET_SIG
            out.struct_value.fields["value"].CopyFrom(to_value(inner))
        case bool():
            out.bool_value = value
        case int() | float():
            out.number_value = value
        case str():
            out.string_value = value
        case Mapping():
            out.struct_value.CopyFrom(to_struct(value))
        case list() | tuple():
            out.list_value.SetInParent()
            out.list_value.values.extend(to_value(item) for item in value)
        case _:
            raise TypeError(f"a {type(value).__name__} cannot be sent to the engine")
    return out


def to_struct(props: Mapping[str, Any]) -> struct_pb2.Struct:
    """A plain property map as a wire one."""
    out = struct_pb2.Struct()
    for key, item in props.items():
        out.fields[str(key)].CopyFrom(to_value(item))
    return out


def secret(value: Any) -> SecretValue:
    """``value`` as a secret; what is one already stays as it is."""
    return value if isinstance(value, SecretValue) else SecretValue(value)


def reveal(value: Any) -> Any:
    """A fresh copy without ``Secret`` wrappers; ``UNKNOWN`` stays."""
    return _rebuild(value, lambda leaf: leaf)


def known(value: Any) -> Any:
    """A fresh copy without ``Secret`` wrappers, ``UNKNOWN`` as ``None``: ready for JSON."""
    return _rebuild(value, lambda leaf: None if leaf is UNKNOWN else leaf)


def _rebuild(value: Any, leaf: Callable[[Any], Any]) -> Any:
    match value:
        case SecretValue(value=inner):
            return _rebuild(inner, leaf)
        case Mapping():
            return {key: _rebuild(item, leaf) for key, item in value.items()}
        case list() | tuple():
            return [_rebuild(item, leaf) for item in value]
        case _:
            return leaf(value)


def has_unknowns(value: Any) -> bool:
    """Whether ``UNKNOWN`` is anywhere inside."""
    match value:
        case Unknown():
            return True
        case SecretValue(value=inner):
            return has_unknowns(inner)
        case Mapping():
            return any(has_unknowns(item) for item in value.values())
        case list() | tuple():
            return any(has_unknowns(item) for item in value)
        case _:
            return False


def has_secrets(value: Any) -> bool:
    """Whether a ``Secret`` is anywhere inside."""
    match value:
        case SecretValue():
            return True
        case Mapping():
            return any(has_secrets(item) for item in value.values())
        case list() | tuple():
            return any(has_secrets(item) for item in value)
        case _:
            return False


def secret_strings(value: Any, *, inside: bool = False) -> Iterator[str]:
    """Every text inside a ``Secret``, for masking messages. Short texts are left out."""
    match value:
        case SecretValue(value=inner):
            yield from secret_strings(inner, inside=True)
        case Mapping():
            for item in value.values():
                yield from secret_strings(item, inside=inside)
        case list() | tuple():
            for item in value:
                yield from secret_strings(item, inside=inside)
        case str() if inside and len(value.strip()) >= 4:
            yield value


def mark_secrets(value: Any, like: Any) -> Any:
    """``value`` with every path secret that is secret in ``like``.

    Lists are matched by position only when both have the same length; otherwise one
    secret in ``like``'s list makes the whole of ``value``'s list secret.
    """
    if isinstance(like, SecretValue):
        return secret(value)
    if isinstance(value, SecretValue):
        return value
    if isinstance(value, Mapping) and isinstance(like, Mapping):
        return {
            key: mark_secrets(item, like[key]) if key in like else item
            for key, item in value.items()
        }
    if isinstance(value, list | tuple) and isinstance(like, list | tuple):
        if len(value) == len(like):
            return [mark_secrets(item, twin) for item, twin in zip(value, like, strict=True)]
        return secret(list(value)) if has_secrets(like) else list(value)
    return value


def same(left: Any, right: Any) -> bool:
    """Equality that ignores secretness and never takes ``True`` for ``1``; unknown is unequal."""
    match left, right:
        case SecretValue(value=inner), _:
            return same(inner, right)
        case _, SecretValue(value=inner):
            return same(left, inner)
        case (Unknown(), _) | (_, Unknown()):
            return False
        case Mapping(), Mapping():
            return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
        case list() | tuple(), list() | tuple():
            return len(left) == len(right) and all(map(same, left, right))
        case _:
            return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)
