"""The stack's configuration, read once and strictly: a checked hub, or an error that says all.

Nothing is asked of any cloud here, so a mistake never reaches one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import config as engine_config

from components.inputs.secrets import FileSecrets, SecretSource, source_of
from components.inputs.stack_reference import merged, supplied_by
from model.findings import Finding, errors
from model.hub import Hub
from model.stackfile.read import PROJECT, Stack, read_config
from model.stackfile.secret_values import check_secret
from model.stackfile.sops import SecretsFile, load
from values.guards.extra_values import check_values


@dataclass(frozen=True, kw_only=True)
class StackInputs:
    """What the program was told: the hub, where its given secrets come from, which are set."""

    hub: Hub
    secrets: SecretSource
    secrets_set: frozenset[str]


def read() -> StackInputs:
    """Read the stack's configuration; `pulumi.RunError` with every finding when it is wrong."""
    sections, secret_keys = decode(*_engine_config())
    filed = _secrets_file(sections)
    stack = read_config(pulumi.get_stack(), sections, secret_keys, secrets_file=filed)
    hub = _checked(stack)
    if hub.cluster.stack_reference:
        reference = hub.cluster.stack_reference
        written = sections["cluster"]
        sections["cluster"] = merged(supplied_by(reference), written)
        stack = read_config(pulumi.get_stack(), sections, secret_keys, secrets_file=filed)
        hub = _checked(stack, f", with what stack {reference} supplies for `cluster`,")
    about_values = check_values(hub, stack.secrets_set)
    if errors(about_values):
        raise pulumi.RunError(message(stack.name, about_values))
    source = source_of(hub)
    _check_secrets(hub, stack, source)
    for finding in [*stack.findings, *about_values]:
        pulumi.log.warn(finding.text().removeprefix("warning "))
    return StackInputs(hub=hub, secrets=source, secrets_set=stack.secrets_set)


def _engine_config() -> tuple[dict[str, str], set[str]]:
    """Every key that the engine (or the Automation API, or a test) handed over."""
    values = {**engine_config.get_config_env(), **engine_config.CONFIG.get()}
    from_env = set(engine_config.get_config_secret_keys_env())
    return values, {k for k in values if k in from_env or engine_config.is_config_secret(k)}


def decode(
    values: Mapping[str, str], secret_keys: set[str]
) -> tuple[dict[str, Any], frozenset[str]]:
    """This project's keys without their prefix: sections decoded, secrets not looked at.

    The engine hands over mappings as JSON and everything else as text. What is no mapping or list
    stays text, and the model says what it expected.
    """
    prefix = f"{PROJECT}:"
    sections: dict[str, Any] = {}
    secrets: set[str] = set()
    for key, value in values.items():
        if not key.startswith(prefix):
            continue
        short = key.removeprefix(prefix)
        if key in secret_keys:
            secrets.add(short)
            sections[short] = None
        else:
            sections[short] = _decoded(value)
    return sections, frozenset(secrets)


def _decoded(value: str) -> Any:
    try:
        decoded = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return decoded if isinstance(decoded, dict | list) else value


def _secrets_file(sections: Mapping[str, Any]) -> SecretsFile | None:
    """What the file of secrets holds by name; the program runs in the project's folder."""
    path = sections.get("secretsFile")
    if not isinstance(path, str):
        return None
    return load(path, lambda name: Path(name).read_text(encoding="utf-8"))


def _checked(stack: Stack, what: str = "") -> Hub:
    wrong = errors(stack.findings)
    if stack.hub is None or wrong:
        raise pulumi.RunError(message(stack.name, stack.findings, what))
    return stack.hub


def message(name: str, findings: list[Finding], what: str = "") -> str:
    """What is printed for a stack file with mistakes: every finding, one per line."""
    count = len(errors(findings))
    mistakes = "one mistake" if count == 1 else f"{count} mistakes"
    head = f"Pulumi.{name}.yaml{what} has {mistakes}; nothing was changed:"
    return "\n".join([head, *(f"  {f.text()}" for f in findings)])


def _check_secrets(hub: Hub, stack: Stack, source: SecretSource) -> None:
    """Whether each given secret can be one; what is said never contains it."""
    values = source.plain() if isinstance(source, FileSecrets) else {}
    wrong = [
        finding
        for name in sorted(stack.secrets_set)
        if (value := values.get(name) or engine_config.get_config(f"{PROJECT}:{name}")) is not None
        for finding in check_secret(hub, name, value)
    ]
    if wrong:
        raise pulumi.RunError(message(stack.name, wrong))
