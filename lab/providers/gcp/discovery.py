"""Requests checked against Google's published API discovery documents.

The documents ship with google-api-python-client. Their schemas are turned into strict JSON
Schema: no unknown fields, no output-only fields, enums as listed, 64-bit integers as text,
durations like ``3600s``.

Source: googleapiclient/discovery_cache/documents/<api>.<version>.json.
Does not do: what only Google's servers know (quotas, what exists).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from lab.providers.sdk.provider import CheckFailure, StandinError

_FORMATS: Final[dict[str, dict[str, Any]]] = {
    "int32": {"minimum": -(2**31), "maximum": 2**31 - 1},
    "uint32": {"minimum": 0, "maximum": 2**32 - 1},
    "int64": {"pattern": r"^-?[0-9]+$"},
    "uint64": {"pattern": r"^[0-9]+$"},
    "google-duration": {"pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$"},
}


@functools.cache
def document(api: str) -> dict[str, Any]:
    """A discovery document, ``container.v1``."""
    # find_spec, not an import: the client library itself takes longer to load than its data.
    spec = find_spec("googleapiclient")
    if spec is None or not spec.submodule_search_locations:
        raise StandinError("google-api-python-client is not installed; it holds the API documents")
    root = Path(spec.submodule_search_locations[0])
    path = root / "discovery_cache" / "documents" / f"{api}.json"
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


def method(api: str, name: str) -> dict[str, Any]:
    """A method of an API by its dotted name, ``projects.serviceAccounts.create``."""
    found: Any = document(api)
    *parents, last = name.split(".")
    for parent in parents:
        found = found["resources"][parent]
    described: dict[str, Any] = found["methods"][last]
    return described


def check(api: str, name: str, body: Mapping[str, Any]) -> list[CheckFailure]:
    """What is wrong with the body of a request; paths are those of the API."""
    return list(_body(api, method(api, name)["request"]["$ref"], body))


@functools.cache
def _validator(api: str, schema: str) -> Any:
    from jsonschema import Draft202012Validator

    definitions = {name: _strict(item) for name, item in document(api)["schemas"].items()}
    return Draft202012Validator({"$ref": f"#/$defs/{schema}", "$defs": definitions})


def _strict(item: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in item:
        return {"$ref": f"#/$defs/{item['$ref']}"}
    kind = item.get("type")
    out: dict[str, Any] = {}
    if kind and kind != "any":
        out["type"] = kind
    if "enum" in item:
        out["enum"] = item["enum"]
    elif "pattern" in item:
        out["pattern"] = item["pattern"]
    out.update(_FORMATS.get(item.get("format", ""), {}))
    if kind == "array":
        out["items"] = _strict(item["items"])
    if kind == "object":
        # Output-only fields are the server's to fill: sending one is a mistake.
        out["properties"] = {
            name: _strict(sub)
            for name, sub in item.get("properties", {}).items()
            if not sub.get("readOnly")
        }
        more = item.get("additionalProperties")
        out["additionalProperties"] = _strict(more) if isinstance(more, Mapping) else False
    return out


def _body(api: str, schema: str, body: Mapping[str, Any]) -> Iterator[CheckFailure]:
    for error in _validator(api, schema).iter_errors(body):
        path = ".".join(str(part) for part in error.absolute_path)
        where = f"{schema}.{path}" if path else schema
        yield CheckFailure(where, f"{_words(error)} ({api})")


def _words(error: Any) -> str:
    match error.validator:
        case "additionalProperties":
            extra = sorted(set(error.instance) - set(error.schema["properties"]))
            known = ", ".join(sorted(error.schema["properties"]))
            return f"unknown or output-only field {', '.join(extra)}; fields are: {known}"
        case "enum":
            return f"{error.instance!r} is not one of {', '.join(error.validator_value)}"
        case "type":
            kind = type(error.instance).__name__
            return f"expected {error.validator_value}, got {kind} {error.instance!r}"
        case _:
            return str(error.message)
