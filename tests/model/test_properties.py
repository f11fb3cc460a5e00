"""Whatever a stack file holds, the answer is findings, never a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.hub import SECTIONS
from model.rules.fleet import check_fleet
from model.secrets import OPERATOR_SECRETS
from model.stackfile.read import Stack, read_config, read_text
from values.guards.extra_values import check_values
from values.releases import releases
from values.render import to_yaml

EXAMPLES = {
    p.stem: yaml.safe_load(p.read_text())["config"]
    for p in sorted((Path(__file__).parent / "examples").glob("*.yaml"))
}
QUICK = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))

TEXT = st.text(max_size=40) | st.sampled_from(
    ["", " ", "*", "**", "null", "a" * 300, "é", "\x00", "${x}", "<x>", "github:*", "%2F", "../..",
     "1e9", "-1", "[]", "0x10", "hub.lab.net", "10.0.0.1", "12345678901234567890", "\ud800"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def everywhere(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of every field of a decoded file."""
    found = [path] if path else []
    items: Any = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in items:
        found += everywhere(inner, (*path, key))
    return found


FIELDS = [(name, path) for name, config in EXAMPLES.items() for path in everywhere(config)]


def replaced(config: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = dict(config) if isinstance(config, dict) else list(config)
    copy[path[0]] = replaced(copy[path[0]], path[1:], value)
    return copy


def answer(name: str, config: dict[str, Any]) -> Stack:
    """Everything that validation does, and with a valid file also what a deployment renders."""
    sections = {str(k).removeprefix("binderhub:"): v for k, v in config.items()}
    secrets = {k for k, v in sections.items() if isinstance(v, dict) and set(v) == {"secure"}}
    stack = read_config(name, sections, secrets)
    assert stack.hub is not None or stack.findings
    for finding in stack.findings:
        json.dumps(finding.as_dict()).encode()
        finding.text().encode()
    if stack.ok:
        assert stack.hub is not None
        for finding in check_values(stack.hub, stack.secrets_set):
            finding.text()
        for plan in releases(stack.hub, stack.secrets_set):
            to_yaml(plan.values)
    check_fleet([stack])
    return stack


@QUICK
@given(st.sampled_from(FIELDS), TEXT)
def test_any_text_in_any_field_is_valid_or_a_finding(field: Any, value: str) -> None:
    name, path = field
    answer("case", replaced(EXAMPLES[name], path, value))


@QUICK
@given(st.sampled_from(FIELDS), JSON)
def test_any_json_in_any_field_is_valid_or_a_finding(field: Any, value: Any) -> None:
    name, path = field
    answer("case", replaced(EXAMPLES[name], path, value))


@QUICK
@given(st.dictionaries(st.sampled_from([*SECTIONS, *OPERATOR_SECRETS]) | TEXT, JSON, max_size=6))
def test_any_sections_at_all_are_valid_or_findings(config: dict[str, Any]) -> None:
    answer("case", config)


@QUICK
@given(TEXT)
def test_any_stack_name_is_valid_or_a_finding(name: str) -> None:
    answer(name, EXAMPLES["open-gke"])


@QUICK
@given(st.text(max_size=200) | st.binary(max_size=80).map(lambda b: b.decode("latin-1")))
def test_any_text_as_a_file_is_valid_or_a_finding(text: str) -> None:
    stack = read_text("case", text)
    assert stack.findings and not stack.ok


NASTY = {
    "a date that does not exist": "config:\n  binderhub:auth: 2026-02-31\n",
    "a date": "config:\n  binderhub:extraValues: {jupyterhub: {a: 2026-02-01}}\n",
    "an alias of itself": "config: &a\n  binderhub:auth: *a\n",
    "an unknown tag": "config: !!python/object:os.system {}\n",
    "a bomb": "a: &a [x,x]\nb: &b [*a,*a]\nconfig: {c: [*b,*b]}\n",
    "keys that are no text": "config: {1: 2, null: 3, [1]: 4}\n",
    "a number that is none": "config: {binderhub:nodes: {max: .nan, min: .inf}}\n",
    "deep nesting": "config: {binderhub:user: " + "[" * 400 + "]" * 400 + "}\n",
    "a tab": "config:\n\tbinderhub:auth: {}\n",
    "two documents": "config: {}\n---\nconfig: {}\n",
    "nothing": "",
    "a merge key": "config: {<<: {binderhub:auth: {kind: none}}, binderhub:user: {}}\n",
}


@pytest.mark.parametrize("case", NASTY)
def test_what_yaml_allows_never_ends_in_a_traceback(case: str) -> None:
    stack = read_text("case", NASTY[case])
    assert stack.findings and not stack.ok
    for finding in stack.findings:
        finding.text()
    check_fleet([stack])


def test_all_mistakes_are_reported_at_once() -> None:
    text = """config:
  binderhub:cluster: {provider: gcp, name: c, location: nowhere}
  binderhub:domains: {hub: "https://a.org", binder: b}
  binderhub:auth: {kind: github}
  binderhub:registry: {kind: artifact-registry, prefx: x}
"""
    paths = {f.path for f in read_text("case", text).findings}
    assert {
        "cluster.location",
        "domains.hub",
        "domains.binder",
        "auth.clientId",
        "registry.prefx",
    } <= paths
