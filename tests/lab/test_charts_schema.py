"""A stand-in accepts nothing that its real chart refuses, and has the same defaults.

The proof walks both schemas at once: `gaps` lists every place where the stand-in's schema is
wider. It is sound, not complete: a keyword that it does not know counts as a gap.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from lab.charts import STANDINS

Schema = dict[str, Any]

REAL = Path(
    os.environ.get("BINDERHUB_CHARTS") or Path(__file__).resolve().parents[3] / "shared" / "charts"
)
WITH_SCHEMA = ("jupyterhub", "binderhub-service", "binderhub")

ALL_TYPES = {"array", "boolean", "integer", "null", "number", "object", "string"}
# Words without effect; "global" stands astray at the top of the classic chart's schema.
NOTES = {"$schema", "title", "description", "default", "definitions", "global"}
UNDERSTOOD = NOTES | {
    "type", "enum", "minimum", "items", "properties", "patternProperties", "additionalProperties",
    "required", "if", "then", "oneOf",
}  # fmt: skip


def gaps(narrow: Schema, wide: Schema, root: Schema, path: str = "") -> Iterator[str]:
    """Where `narrow` (with its references into `root`) may accept what `wide` refuses."""
    if "$ref" in narrow:
        narrow = root["definitions"][narrow["$ref"].rpartition("/")[2]]
    if unknown := wide.keys() - UNDERSTOOD:
        yield f"{path}: this proof does not understand {sorted(unknown)}"
    if "enum" in narrow:
        yield from (
            f"{path}: {v!r}" for v in narrow["enum"] if not Draft7Validator(wide).is_valid(v)
        )
        return
    types = _types(narrow)
    if more := types - _types(wide):
        yield f"{path}: type {sorted(more)}"
    if "enum" in wide:
        yield f"{path}: more than {wide['enum']}"
    if narrow.get("minimum", float("-inf")) < wide.get("minimum", float("-inf")):
        yield f"{path}: less than {wide['minimum']}"
    if "array" in types and "items" in wide:
        yield from gaps(narrow.get("items", {}), wide["items"], root, f"{path}[]")
    if "oneOf" in wide and narrow.get("oneOf") != wide["oneOf"]:
        yield f"{path}: another oneOf"
    if wide.get("then", {}).keys() - NOTES:
        if narrow.get("if") != wide["if"]:
            yield f"{path}: another condition"
        else:
            yield from gaps(narrow["then"], wide["then"], root, f"{path}(then)")
    if "object" in types:
        yield from _object_gaps(narrow, wide, root, path)


def _object_gaps(narrow: Schema, wide: Schema, root: Schema, path: str) -> Iterator[str]:
    ours, theirs = narrow.get("properties", {}), wide.get("properties", {})
    patterns = wide.get("patternProperties", {})
    rest = wide.get("additionalProperties", True)
    if lacking := set(wide.get("required", [])) - set(narrow.get("required", [])):
        yield f"{path}: does not require {sorted(lacking)}"
    for name, inner in ours.items():
        rules = [theirs[name]] if name in theirs else []
        rules += [rule for pattern, rule in patterns.items() if re.search(pattern, name)]
        if not rules and rest is False:
            yield f"{path}.{name}: not known"
        for rule in rules or [rest]:
            yield from gaps(inner, rule if isinstance(rule, dict) else {}, root, f"{path}.{name}")
    open_ended = dict(narrow.get("patternProperties", {}))
    if narrow.get("additionalProperties", True) is not False:
        open_ended[".*"] = {}
    for pattern, inner in open_ended.items():
        if rest is False and pattern not in patterns:
            yield f"{path}: any name like {pattern}"
        rules = [patterns[pattern]] if pattern in patterns else []
        rules += [
            rule for name, rule in theirs.items() if name not in ours and re.search(pattern, name)
        ]
        for rule in rules:
            yield from gaps(inner, rule, root, f"{path}.<{pattern}>")


def _types(schema: Schema) -> set[str]:
    named = schema.get("type", sorted(ALL_TYPES))
    types = {named} if isinstance(named, str) else set(named)
    return types | {"integer"} if "number" in types else types


def ours(chart: str) -> Schema:
    schema: Schema = json.loads((STANDINS / chart / "values.schema.json").read_text())
    return schema


def our_values(chart: str) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load((STANDINS / chart / "values.yaml").read_text())
    return values


def real(chart: str, kind: str) -> str:
    version = yaml.safe_load((STANDINS / chart / "Chart.yaml").read_text())["version"]
    path = REAL / f"{chart}-{version}.{kind}"
    if not path.is_file():
        pytest.skip(
            f"no {path.name} in {REAL}; set BINDERHUB_CHARTS to a folder with the real charts' schemas"
        )
    return path.read_text()


@pytest.mark.parametrize("chart", WITH_SCHEMA)
def test_nothing_passes_in_the_lab_that_the_real_chart_refuses(chart: str) -> None:
    schema = ours(chart)
    assert list(gaps(schema, json.loads(real(chart, "schema.json")), schema)) == []


CLOSED: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"a": {"type": "string"}},
}


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ({"type": "object"}, CLOSED),
        ({**CLOSED, "properties": {"b": {}}}, CLOSED),
        ({**CLOSED, "properties": {"a": {"type": ["string", "null"]}}}, CLOSED),
        ({**CLOSED, "patternProperties": {".*": {}}}, CLOSED),
        (CLOSED, {**CLOSED, "required": ["a"]}),
        (CLOSED, {**CLOSED, "oneOf": [{"required": ["a"]}]}),
        (CLOSED, {**CLOSED, "if": {"required": ["a"]}, "then": {"required": ["b"]}}),
        (CLOSED, {**CLOSED, "maxProperties": 1}),
        ({"enum": ["x", "y"]}, {"enum": ["x"]}),
        ({"type": "string"}, {"enum": ["x"]}),
        ({"type": "integer"}, {"type": "integer", "minimum": 0}),
        ({"type": "array"}, {"type": "array", "items": {"type": "string"}}),
        ({"type": "object"}, {"type": "object", "properties": {"a": {"type": "string"}}}),
    ],
)
def test_the_proof_sees_a_wider_schema(narrow: Schema, wide: Schema) -> None:
    assert list(gaps(narrow, wide, {}))
    assert not list(gaps(wide, wide, {})) or "maxProperties" in wide


# Sections that are open in the real chart too: what is in them is checked elsewhere, or by nobody.
OPEN = {
    "jupyterhub": {".hub.config.JupyterHub", ".hub.services", ".global"},
    "binderhub-service": {".config.BinderHub"},
    "binderhub-container-registry-helper": set[str](),
    "binderhub": {
        ".config.BinderHub",
        ".jupyterhub",
        ".jupyterhub.hub",
        ".jupyterhub.hub.services",
        ".jupyterhub.hub.services.binder",
    },
}


def open_sections(schema: Schema, path: str = "") -> Iterator[str]:
    """Objects with named members that also take any other; a probe's extra fields are Kubernetes' own."""
    if "properties" in schema and schema.get("additionalProperties", True) is not False:
        yield path
    for name, inner in schema.get("properties", {}).items():
        yield from open_sections(inner, f"{path}.{name}")


@pytest.mark.parametrize("chart", sorted(OPEN))
def test_no_section_is_open_by_oversight(chart: str) -> None:
    assert set(open_sections(ours(chart))) == OPEN[chart]
    definitions = ours(chart)["definitions"].items()
    assert {name for name, inner in definitions if list(open_sections(inner))} <= {"probe"}


# Texts that the copies of the real defaults leave blank, and what stands for them here.
BLANKED = ("extraConfig", "jupyterhub.hub.extraConfig", "jupyterhub.singleuser.cmd")


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}".lstrip("."))
    else:
        yield path, value


@pytest.mark.parametrize("chart", WITH_SCHEMA)
def test_a_default_is_never_another_than_the_real_charts(chart: str) -> None:
    theirs = dict(leaves(yaml.safe_load(real(chart, "values.yaml"))))
    mine = {path: v for path, v in leaves(our_values(chart)) if not path.startswith(BLANKED)}
    assert {path: theirs.get(path, "absent") for path in mine} == mine


@pytest.mark.parametrize("chart", WITH_SCHEMA)
def test_the_defaults_pass_the_real_schema_too(chart: str) -> None:
    validator = Draft7Validator(json.loads(real(chart, "schema.json")))
    assert [error.message for error in validator.iter_errors(our_values(chart))] == []
