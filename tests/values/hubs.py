"""Hubs for the tests of values: the examples, and variants of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from model.hub import Hub
from model.secrets import Secret
from model.stackfile.read import Stack, read_config, read_text
from values.merge import merge

ROOT = Path(__file__).parents[2]
EXAMPLES = {p.stem: p for p in sorted((ROOT / "tests/model/examples").glob("*.yaml"))}


@cache
def example(name: str) -> Stack:
    """An example, read; it has no errors."""
    stack = read_text(name, EXAMPLES[name].read_text())
    assert stack.ok, "\n".join(f.text() for f in stack.findings)
    return stack


def hub(name: str, **changes: Any) -> Hub:
    """The hub of an example with sections (camelCase) merged over its own."""
    text = yaml.safe_load(EXAMPLES[name].read_text())["config"]
    config = {k.removeprefix("binderhub:"): v for k, v in text.items()}
    secrets = {k for k, v in config.items() if isinstance(v, dict) and set(v) == {"secure"}}
    sections = {k: v for k, v in config.items() if k not in secrets}
    stack = read_config(name, merge(sections, changes), secrets)
    assert stack.hub is not None, "\n".join(f.text() for f in stack.findings)
    return stack.hub


def at(values: Any, path: str) -> Any:
    """The value at a dotted path; a KeyError says which key is missing."""
    for key in path.split("."):
        values = values[key]
    return values


def with_secrets(values: Any, give: Callable[[Secret], str]) -> Any:
    """The values with a text in the place of each secret."""
    match values:
        case Secret():
            return give(values)
        case dict():
            return {key: with_secrets(below, give) for key, below in values.items()}
        case list():
            return [with_secrets(below, give) for below in values]
    return values
