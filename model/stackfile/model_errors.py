"""What pydantic and unknown keys say, as findings: path, value seen, reason and fix in plain words."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from model.credentials import is_sensitive_key
from model.fields import FieldProblem
from model.findings import ABSENT, Finding
from model.hub import SECTIONS
from model.rules import RULES


def findings_of(exc: ValidationError, data: Mapping[str, Any]) -> Iterator[Finding]:
    from model.stackfile.introspect import known_keys  # the model's shape, only needed for mistakes

    for error in exc.errors(include_url=False):
        path, loc = _path(error["loc"], data)
        kind, value = error["type"], error.get("input")
        context = error.get("ctx") or {}
        problem = context.get("error")
        if kind == "extra_forbidden":
            parent = path.rpartition(".")[0]
            yield unknown(str(loc[-1]), parent, seen(path, value), known_keys(loc[:-1], data))
        elif kind in ("missing", "union_tag_not_found"):
            tag = context.get("discriminator", "").strip("'")
            yield RULES["BH101"].finding(
                f"{path}.{tag}" if tag else path,
                ABSENT,
                "it is required.",
                _expected(kind, context) or "write it; docs/reference.md describes each key.",
            )
        elif isinstance(problem, FieldProblem):
            yield RULES[problem.rule].finding(
                path,
                "<hidden>" if problem.rule == "BH069" else seen(path, value),
                problem.reason,
                problem.fix,
            )
        else:
            yield RULES["BH100"].finding(
                path,
                seen(path, value),
                f"{error['msg'][:1].lower()}{error['msg'][1:]}.",
                _expected(kind, context) or "write a value of the right kind.",
            )


def seen(path: str, value: object) -> object:
    """The value as a finding may show it: hidden under a key that sounds like a credential's. A text
    beside the sections is most likely a secret whose name is misspelt. `rotate` has names of secrets
    and numbers."""
    first, *steps = path.split(".")
    own = first in SECTIONS or first == "name"
    beside = not steps and not own and isinstance(value, str | int | float | list)
    keys = steps if own else [first, *steps]
    if beside or (first != "rotate" and any(map(is_sensitive_key, keys))):
        return "<hidden>"
    if isinstance(value, dict) and value:  # A whole section is no helpful "value seen".
        return f"(a mapping of {', '.join(map(str, list(value)[:6]))})"
    nested = isinstance(value, list) and any(isinstance(v, dict | list) for v in value)
    return "(a list)" if nested else value


def unknown(key: str, parent: str, value: object, known: Iterable[str]) -> Finding:
    options = sorted(known)
    near = difflib.get_close_matches(key, options, n=1, cutoff=0.6) or [
        o
        for o in options
        if o.lower().replace("_", "") == key.lower().replace("_", "").replace("-", "")
    ]
    fix = f"did you mean {near[0]}?" if near else f"remove it; known keys: {', '.join(options)}."
    return RULES["BH071"].finding(
        f"{parent}.{key}" if parent else key,
        value,
        f"unknown key {json.dumps(key)}.",
        fix,
    )


def _expected(kind: str, context: Mapping[str, Any]) -> str | None:
    if "expected_tags" in context:
        return f"write one of {context['expected_tags']}."
    if "expected" in context:
        return f"write {context['expected']}."
    fixes = {
        "string_type": "write text; a number or yes/no needs quotes.",
        "int_type": "write a whole number without quotes.",
        "float_type": "write a number without quotes.",
        "bool_type": "write true or false without quotes.",
        "list_type": "write a list.",
        "dict_type": "write a mapping.",
        "model_type": "write a mapping of keys.",
        "model_attributes_type": "write a mapping of keys.",
    }
    return fixes.get(kind)


def _path(loc: tuple[int | str, ...], data: Mapping[str, Any]) -> tuple[str, tuple[int | str, ...]]:
    """Dotted path of an error, without the tags that pydantic adds for unions."""
    current: Any = data
    kept: list[int | str] = []
    for i, step in enumerate(loc):
        if isinstance(current, dict) and isinstance(step, str) and step not in current:
            if step in (current.get("kind"), current.get("provider")) or (i < len(loc) - 1):
                continue  # the tag of a union
        elif not isinstance(current, dict | list):
            continue  # the name of a union's member
        kept.append(step)
        if isinstance(current, dict):
            current = current.get(step)
        elif isinstance(current, list) and isinstance(step, int) and step < len(current):
            current = current[step]
        else:
            current = None
    text = ""
    for step in kept:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text or "(file)", tuple(kept)
