"""Property values between the engine's wire form and plain Python, both ways.

Shapes: a value is ``None | bool | int | float | str | list | dict`` plus two wrappers,
``SecretValue`` and ``UNKNOWN``. Whole floats become ints, because the wire has only
floats. Output values become what they wrap; resource references become the resource's id.
Assets and archives stay dicts with their signature key, so that they survive the way there
and back.
"""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from google.protobuf import json_format, struct_pb2

# The protocol's marks: the key of every special object, and its values (the SDK has them in
# pulumi.runtime.rpc under private names).
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"
RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Props = dict[str, Any]
"""A property map: JSON-like, with ``SecretValue`` and ``UNKNOWN`` anywhere in it."""


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


def from_struct(struct: struct_pb2.Struct) -> Props:
    """A wire property map as plain Python."""
    return {key: _decoded(item) for key, item in json_format.MessageToDict(struct).items()}


def _decoded(value: Any) -> Any:
    match value:
        case float() if value.is_integer():
            return int(value)
        case str() if value == UNKNOWN_TEXT:
            return UNKNOWN
        case list():
            return [_decoded(item) for item in value]
        case dict():
            return _decoded_object(value)
        case _:
            return value


def _decoded_object(value: dict[str, Any]) -> Any:
    mark = value.get(SIGNATURE)
    if mark == RESOURCE:
        return _decoded(value["id"] if "id" in value else value.get("urn"))
    if mark not in (SECRET, OUTPUT):
        return {key: _decoded(item) for key, item in value.items()}
    # An output without a value is unknown; a secret always has one.
    inner = _decoded(value.get("value", UNKNOWN_TEXT if mark == OUTPUT else None))
    return secret(inner) if mark == SECRET or value.get("secret") else inner


def to_struct(props: Mapping[str, Any]) -> struct_pb2.Struct:
    """A plain property map as a wire one.

    Raises TypeError for anything that is not JSON-like, ``SecretValue`` or ``UNKNOWN``.
    """
    out = struct_pb2.Struct()
    out.update(_encoded(props))
    return out


def _encoded(value: Any) -> Any:
    match value:
        case Unknown():
            return UNKNOWN_TEXT
        case SecretValue(value=inner):
            return {SIGNATURE: SECRET, "value": _encoded(inner)}
        case Mapping():
            return {str(key): _encoded(item) for key, item in value.items()}
        case list() | tuple():
            return [_encoded(item) for item in value]
        case None | bool() | int() | float() | str():
            return value
        case _:
            raise TypeError(f"a {type(value).__name__} cannot be sent to the engine")


def secret(value: Any) -> SecretValue:
    """``value`` as a secret; what is one already stays as it is."""
    return value if isinstance(value, SecretValue) else SecretValue(value)


def reveal(value: Any) -> Any:
    """A fresh copy without ``SecretValue`` wrappers; ``UNKNOWN`` stays."""
    return _rebuild(value, lambda leaf: leaf)


def known(value: Any) -> Any:
    """A fresh copy without ``SecretValue`` wrappers, ``UNKNOWN`` as ``None``: ready for JSON."""
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


def _leaves(value: Any, *, hidden: bool = False) -> Iterator[tuple[Any, bool]]:
    """Everything inside that has nothing inside, and whether a ``SecretValue`` is around it."""
    match value:
        case SecretValue(value=inner):
            yield from _leaves(inner, hidden=True)
        case Mapping() if value:
            for item in value.values():
                yield from _leaves(item, hidden=hidden)
        case list() | tuple() if value:
            for item in value:
                yield from _leaves(item, hidden=hidden)
        case _:
            yield value, hidden


def has_unknowns(value: Any) -> bool:
    """Whether ``UNKNOWN`` is anywhere inside."""
    return any(leaf is UNKNOWN for leaf, _ in _leaves(value))


def has_secrets(value: Any) -> bool:
    """Whether a ``SecretValue`` is anywhere inside."""
    return any(hidden for _, hidden in _leaves(value))


def secret_strings(value: Any) -> Iterator[str]:
    """Every text inside a ``SecretValue``, for masking messages. Short texts are left out."""
    for leaf, hidden in _leaves(value):
        if hidden and isinstance(leaf, str) and len(leaf.strip()) >= 4:
            yield leaf


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
