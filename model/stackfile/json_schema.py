"""JSON Schema of a stack file, for completion and descriptions in editors.

Draft 2020-12, from the model: keys, types and descriptions are the model's own. It checks the
shape; the rules (docs/rules.md) check the rest. A stack file names it in its first line:
`# yaml-language-server: $schema=../docs/stack.schema.json`.
"""

from __future__ import annotations

import json
from typing import Any

from model.hub import Hub
from model.secrets import OPERATOR_SECRETS

PREFIX = "binderhub:"
_SECRET: dict[str, Any] = {
    "type": "object",
    "properties": {"secure": {"type": "string", "minLength": 1}},
    "required": ["secure"],
    "additionalProperties": False,
}


def stack_schema() -> dict[str, Any]:
    """The schema, as JSON types; the same every time."""
    model = Hub.model_json_schema(by_alias=True)
    definitions = {name: _tidy(d) for name, d in sorted(model["$defs"].items())}
    sections = {k: v for k, v in model["properties"].items() if k != "name"}
    properties: dict[str, Any] = {f"{PREFIX}{k}": _tidy(v) for k, v in sections.items()}
    for info in OPERATOR_SECRETS.values():
        properties[f"{PREFIX}{info.name}"] = {
            "$ref": "#/$defs/Encrypted",
            "description": f"Secret: {info.what}. `pulumi config set --secret {info.name}`.",
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stack file of a Binder hub",
        "description": "The hub's name is the file's: stacks/Pulumi.<hub>.yaml.",
        "type": "object",
        "required": ["config"],
        "additionalProperties": False,
        "properties": {
            "config": {
                "type": "object",
                "required": [f"{PREFIX}{k}" for k in model["required"] if k != "name"],
                "properties": properties,
                "patternProperties": {f"^(?!{PREFIX})": {}},
                # Any other key of ours is a secret for users' environment.
                "additionalProperties": {"$ref": "#/$defs/Encrypted"},
            },
            "secretsprovider": {"type": "string"},
            "encryptedkey": {"type": "string"},
            "encryptionsalt": {"type": "string"},
            "environment": {},
        },
        "$defs": {**definitions, "Encrypted": {**_SECRET, "description": "An encrypted value."}},
    }


def _tidy(schema: Any) -> Any:
    """Without the titles that only repeat a key, and with descriptions on one line."""
    if isinstance(schema, list):
        return [_tidy(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    out = {
        key: _tidy(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }
    if isinstance(out.get("description"), str):
        out["description"] = " ".join(out["description"].split())
    return out


def to_text() -> str:
    """The schema as a file's text."""
    return json.dumps(stack_schema(), indent=1, ensure_ascii=False) + "\n"
