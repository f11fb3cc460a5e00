"""Request parameters checked against AWS's service descriptions, without a request.

botocore's own validator checks names, types, required members and minimums. Enums,
patterns and maximums are in the same descriptions but left to the service there, so they
are checked here. Source: the service models that ship with botocore.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lab.providers.sdk.provider import CheckFailure


@functools.cache
def session() -> Any:
    """The botocore session of this process, which keeps the descriptions it has read."""
    import botocore.session

    return botocore.session.get_session()


@functools.cache
def service(name: str) -> Any:
    """botocore's model of a service."""
    return session().get_service_model(name)


def check(
    service_name: str, operation: str, parameters: Mapping[str, Any], *, partial: bool = False
) -> list[CheckFailure]:
    """What is wrong with the parameters of an operation (``CreateNodegroup``).

    ``partial``: some values are not known yet, so a missing one is no failure.
    """
    from botocore.validate import ParamValidator

    shape = service(service_name).operation_model(operation).input_shape
    report = ParamValidator().validate(dict(parameters), shape)
    where = f"{service_name} {operation}"
    failures = [
        CheckFailure(where, line)
        for line in report.generate_report().splitlines()
        if line and not (partial and line.startswith("Missing required parameter"))
    ]
    return failures + [
        CheckFailure(f"{where}: {path}", reason) for path, reason in _extra(shape, parameters, "")
    ]


def enum(service_name: str, shape: str) -> list[str]:
    """Values of an enumeration."""
    values: list[str] = service(service_name).shape_for(shape).enum
    return values


def operations(service_name: str) -> list[str]:
    """Names of every operation of a service."""
    names: list[str] = service(service_name).operation_names
    return names


def _extra(shape: Any, value: Any, path: str) -> Iterator[tuple[str, str]]:
    match shape.type_name:
        case "structure" if isinstance(value, Mapping):
            for key, item in value.items():
                if key in shape.members:
                    yield from _extra(shape.members[key], item, f"{path}.{key}".lstrip("."))
        case "list" if isinstance(value, list):
            yield from _size(shape, len(value), path, "items")
            for position, item in enumerate(value):
                yield from _extra(shape.member, item, f"{path}[{position}]")
        case "map" if isinstance(value, Mapping):
            for key, item in value.items():
                yield from _extra(shape.key, key, f"{path} (key {key!r})")
                yield from _extra(shape.value, item, f'{path}["{key}"]')
        case "string" if isinstance(value, str):
            yield from _text(shape, value, path)
        case "integer" | "long" if isinstance(value, int):
            most = shape.metadata.get("max")
            if most is not None and value > int(most):
                yield path, f"{value} is more than {most}"


def _text(shape: Any, value: str, path: str) -> Iterator[tuple[str, str]]:
    if shape.enum and value not in shape.enum:
        listed = ", ".join(shape.enum[:20]) + (" ..." if len(shape.enum) > 20 else "")
        yield path, f"{value!r} is not one of {listed}"
    yield from _size(shape, len(value), path, "characters")
    pattern = _pattern(shape.metadata.get("pattern") or "")
    if pattern is not None and not pattern.fullmatch(value):
        yield path, f"{value!r} does not match {pattern.pattern}"


def _size(shape: Any, size: int, path: str, unit: str) -> Iterator[tuple[str, str]]:
    most = shape.metadata.get("max")
    if most is not None and size > int(most):
        yield path, f"{size} {unit}; at most {most}"


@functools.cache
def _pattern(text: str) -> re.Pattern[str] | None:
    if not text or "\\p{" in text or "[\\u" in text:
        return None  # Java's classes and ranges, which re reads differently
    try:
        return re.compile(text, re.DOTALL)
    except re.error:
        return None
