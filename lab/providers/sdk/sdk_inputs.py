"""Checks of property names and types against the installed Pulumi SDK's classes.

The SDK checks names only where a program uses its classes; a value from a dict can carry
anything. Here every input of a resource, and every argument of a lookup, is compared with
what the SDK declares: unknown names, missing required ones and wrong types are failures
that name the property, the value's type and what was expected.

Source of the declarations: ``@pulumi.input_type`` classes (their property getters) and the
signatures of the ``get_*`` functions. ``UNKNOWN`` fits everywhere; null means absent.
Does not check values (ranges, patterns): see each provider.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import inspect
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from pulumi import _types

from lab.providers.sdk.property_values import UNKNOWN
from lab.providers.sdk.provider import CheckFailure

_WORDS = {str: "a text", bool: "a boolean", int: "a whole number", float: "a number"}


@functools.cache
def _of_sdk(token: str) -> tuple[Any, str]:
    """The SDK's module for a type or function token, and the last word of the token:
    ``aws:iam/role:Role`` is in ``pulumi_aws.iam``."""
    package, module, name = token.split(":")
    module = module.partition("/")[0]
    below = "" if module == "index" else f".{module}"
    return importlib.import_module(f"pulumi_{package}{below}"), name


def args_class(token: str) -> type:
    """The SDK's class of a resource's inputs."""
    module, name = _of_sdk(token)
    found: type = getattr(module, f"{name}Args")
    return found


def provider_class(package: str) -> type:
    """The SDK's class of a provider's settings."""
    return args_class(f"{package}:index:Provider")


@functools.cache
def _fields(cls: type) -> dict[str, Any]:
    declared: dict[str, Any] = _types.input_type_types(cls)
    return declared


@functools.cache
def _required(cls: type) -> frozenset[str]:
    names = _types.input_type_py_to_pulumi_names(cls)
    parameters = inspect.signature(cls.__init__).parameters.values()  # type: ignore[misc]
    return frozenset(
        names.get(p.name, p.name)
        for p in parameters
        if p.default is inspect.Parameter.empty and not p.name.startswith("__")
    )


def names(cls: type) -> frozenset[str]:
    """Property names that the class declares."""
    return frozenset(_fields(cls))


def check_inputs(token: str, inputs: Mapping[str, Any]) -> list[CheckFailure]:
    """Failures of a resource's inputs (without ``SecretValue`` wrappers)."""
    plain = {key: value for key, value in inputs.items() if not key.startswith("__")}
    return list(_object(args_class(token), plain, ""))


def check_arguments(token: str, arguments: Mapping[str, Any]) -> list[CheckFailure]:
    """Failures of a lookup's arguments: ``aws:eks/getCluster:getCluster`` is ``get_cluster``."""
    module, name = _of_sdk(token)
    function = getattr(module, re.sub(r"([A-Z])", r"_\1", name).lower())
    hints = typing.get_type_hints(function)
    declared = {
        _camel(p.name): hints.get(p.name, Any)
        for p in inspect.signature(function).parameters.values()
        if p.name != "opts"
    }
    return list(_members(declared, frozenset(), arguments, ""))


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda m: m.group(1).upper(), name)


def _object(cls: type, value: Mapping[str, Any], path: str) -> Iterator[CheckFailure]:
    yield from _members(_fields(cls), _required(cls), value, path)


def _members(
    declared: Mapping[str, Any], required: frozenset[str], value: Mapping[str, Any], path: str
) -> Iterator[CheckFailure]:
    for key, item in value.items():
        below = f"{path}.{key}" if path else key
        if key not in declared:
            near = difflib.get_close_matches(key, declared, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(declared)}"
            yield CheckFailure(below, f"no such property{hint}")
        elif item is not None:
            yield from _value(declared[key], item, below)
    for key in sorted(required):
        if value.get(key) is None:
            yield CheckFailure(f"{path}.{key}" if path else key, "required, but not set")


def _value(declared: Any, value: Any, path: str) -> Iterator[CheckFailure]:
    if value is UNKNOWN:
        return
    alternatives = _alternatives(declared)
    attempts = [list(_one(alternative, value, path)) for alternative in alternatives]
    if not attempts or any(not failures for failures in attempts):
        return
    # The alternative that got deepest into the value says the most useful thing.
    yield from max(attempts, key=lambda failures: max(len(f.property) for f in failures))


def _one(declared: Any, value: Any, path: str) -> Iterator[CheckFailure]:
    origin = typing.get_origin(declared)
    if declared is Any:
        return
    if origin in (Mapping, dict):
        if isinstance(value, Mapping):
            for key, item in value.items():
                yield from _value(typing.get_args(declared)[1], item, f'{path}["{key}"]')
        else:
            yield _wrong(path, "an object of values by name", value)
    elif origin in (Sequence, list):
        if isinstance(value, list):
            for position, item in enumerate(value):
                yield from _value(typing.get_args(declared)[0], item, f"{path}[{position}]")
        else:
            yield _wrong(path, "a list", value)
    elif isinstance(declared, type) and _types.is_input_type(declared):
        if isinstance(value, Mapping):
            yield from _object(declared, value, path)
        else:
            yield _wrong(path, f"an object ({declared.__name__.removesuffix('Args')})", value)
    elif isinstance(declared, type) and issubclass(declared, Enum):
        if value not in [member.value for member in declared]:
            allowed = ", ".join(str(member.value) for member in declared)
            yield _wrong(path, f"one of {allowed}", value)
    elif declared in _WORDS and not _is_scalar(declared, value):
        yield _wrong(path, _WORDS[declared], value)


def _is_scalar(declared: type, value: Any) -> bool:
    if isinstance(value, bool):
        return declared is bool
    return isinstance(value, (int, float) if declared is float else declared)


def _wrong(path: str, expected: str, value: Any) -> CheckFailure:
    # The value itself may be a secret; its type says enough.
    return CheckFailure(path, f"expected {expected}, got {_word(value)}")


def _word(value: Any) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return _WORDS.get(type(value), type(value).__name__)


def _alternatives(declared: Any) -> list[Any]:
    """The real types in a declaration: without None, Awaitable and Output."""
    if typing.get_origin(declared) in (typing.Union, types.UnionType):
        return [found for part in typing.get_args(declared) for found in _alternatives(part)]
    if declared is type(None) or isinstance(declared, typing.ForwardRef):
        return []
    name = getattr(typing.get_origin(declared) or declared, "__name__", "")
    if name in ("Awaitable", "Output"):
        return []
    if inspect.isclass(declared) and typing.is_typeddict(declared):
        return []
    return [declared]
