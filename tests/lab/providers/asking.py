"""What the tests of the stand-ins ask them, and how they change a good input."""

from __future__ import annotations

import copy
from typing import Any

from lab.providers.sdk.property_diff import DiffResult
from lab.providers.sdk.property_values import Props
from lab.providers.sdk.provider import CheckFailure, Request, StandinProvider
from lab.providers.sdk.resource_handlers import CloudProvider


def ask(type: str, inputs: Props | None = None, **more: Any) -> Request:
    """What the engine asks about resource ``n`` of this type; ``id`` and the rest as given."""
    return Request(
        **{"urn": f"urn:pulumi:s::p::{type}::n", "type": type, "name": "n", **more},
        inputs=inputs or {},
    )


def check(provider: StandinProvider, type: str, inputs: Props) -> tuple[Props, list[CheckFailure]]:
    """The answer to new inputs."""
    return provider.handler(type).check(ask(type, inputs))


def make(provider: StandinProvider, type: str, inputs: Props) -> tuple[str, Props]:
    """Inputs that must be right, made: id and outputs."""
    checked, failures = check(provider, type, inputs)
    assert failures == []
    return provider.handler(type).create(ask(type, checked))


def changed(good: Props, path: str, value: Any) -> Props:
    """A copy of good inputs with another value at one place (``taints.0.effect``)."""
    inputs = copy.deepcopy(good)
    holder: Any = inputs
    *parents, last = path.split(".")
    for part in parents:
        holder = holder[int(part) if part.isdigit() else part]
    holder[last] = value
    return inputs


def difference(provider: CloudProvider[Any], type: str, old: Props, new: Props) -> DiffResult:
    """What changes of a resource that was made with ``old``."""
    handler = provider.handler(type)
    return handler.diff(ask(type, new, old_inputs=old, state=handler.effective(old, None)))
