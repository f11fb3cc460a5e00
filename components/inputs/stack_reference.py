"""`cluster.stackReference`: what another Pulumi stack's output `cluster` supplies.

The output holds the same keys as the section, such as name, project, location and
`ingress: {address: ...}`. It is read when the program starts, so that everything derived from it
is a plain value that a preview shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime import invoke

from components.inputs.lookups import ask

OUTPUT = "cluster"
_READ = "pulumi:pulumi:readStackOutputs"


def supplied_by(reference: str) -> dict[str, Any]:
    """The output `cluster` of a stack; `pulumi.RunError` when there is none to take."""
    result: Any = ask(
        "cluster.stackReference",
        f"stack {reference!r} cannot be read",
        "Write organization/project/stack of a stack in this backend.",
        lambda: invoke(_READ, {"name": reference}).value,
    )
    outputs = result.get("outputs") or {}
    if OUTPUT in (result.get("secretOutputNames") or ()):
        raise pulumi.RunError(
            f"cluster.stackReference: output {OUTPUT!r} of {reference!r} holds a secret, and "
            "nothing of a cluster's description is one. Export it without the secret."
        )
    supplied = outputs.get(OUTPUT)
    if not isinstance(supplied, dict):
        found = ", ".join(sorted(outputs)) or "none"
        raise pulumi.RunError(
            f"cluster.stackReference: {reference!r} has no output {OUTPUT!r} that is a mapping "
            f"(its outputs: {found}). Export one with name, location, ..., or write those here."
        )
    return supplied


def merged(supplied: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """The section with what it leaves out filled in; what the stack file says always wins."""
    out = _under(supplied, written)
    out.pop("stackReference", None)
    return out


def _under(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(low)
    for key, value in high.items():
        below = out.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        out[key] = _under(below, value) if both else value  # type: ignore[arg-type]
    return out
