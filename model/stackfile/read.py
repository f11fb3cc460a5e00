"""Read a stack file (its text, or what Pulumi decoded of it) into a `Hub`, or say what is wrong.

Never raises for a user's mistake: every problem is a `Finding`, and all are reported at once.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from pydantic import ValidationError

from model.fields import FieldProblem
from model.findings import ABSENT, Finding, errors, in_order, looks_secret
from model.hub import SECTIONS, Hub
from model.rules import check
from model.secrets import GIVEN
from model.stackfile.sops import SecretsFile, set_twice

PROJECT = "binderhub"
_PULUMI_KEYS = {"config", "encryptionsalt", "encryptedkey", "secretsprovider", "environment"}
_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What was read. `hub` is None when the file cannot be understood at all."""

    name: str
    hub: Hub | None
    findings: list[Finding] = field(default_factory=list)
    given_secrets: frozenset[str] = frozenset()

    @property
    def ok(self) -> bool:
        """No errors; warnings do not count."""
        return self.hub is not None and not errors(self.findings)


def read_text(name: str, text: str, secrets_file: SecretsFile | None = None) -> Stack:
    """Read the text of `Pulumi.<name>.yaml`; `secrets_file` is what the file that it names holds."""
    document, findings = _load_yaml(text)
    if document is None:
        return Stack(name=name, hub=None, findings=findings)
    for key in document:
        if key not in _PULUMI_KEYS:
            findings.append(_unknown(str(key), "", key, _PULUMI_KEYS))
    config = document.get("config")
    if not isinstance(config, dict):
        findings.append(
            Finding(
                rule="BH100",
                severity="error",
                path="config",
                value=ABSENT if config is None else config,
                reason="a stack file has a mapping `config`.",
                fix="write `config:` and under it keys such as `binderhub:cluster:`.",
            )
        )
        return Stack(name=name, hub=None, findings=in_order(findings))
    sections: dict[str, Any] = {}
    secret: set[str] = set()
    for key, value in config.items():
        namespace, _, short = str(key).rpartition(":")
        if namespace not in ("", PROJECT):
            continue  # another package's configuration, such as gcp:project
        if isinstance(value, dict) and set(value) == {"secure"}:
            secret.add(short)
            value = ABSENT
        if short in sections:
            findings.append(
                Finding(
                    rule="BH105",
                    severity="error",
                    path=short,
                    value="(given)",
                    reason=f"it is written as {short} and as {PROJECT}:{short}; one would be lost.",
                    fix=f"keep {PROJECT}:{short}.",
                )
            )
        sections[short] = value
    return read_config(name, sections, secret, findings, secrets_file)


def read_config(
    name: str,
    sections: Mapping[str, Any],
    secret_keys: Iterable[str],
    findings: Iterable[Finding] = (),
    secrets_file: SecretsFile | None = None,
) -> Stack:
    """Read decoded sections; values of the keys in `secret_keys` are never looked at.

    `secrets_file` is None when it was not looked at; then nothing is said of secrets in it.
    """
    found = list(findings)
    configured = frozenset(secret_keys)
    filed = secrets_file.names if secrets_file else frozenset()
    secrets = configured | filed
    if secrets_file:
        found += [*secrets_file.findings, *set_twice(filed, configured)]
        sections = {**dict.fromkeys(sorted(filed)), **sections}
    environment = _environment_secrets(sections.get("user"))
    flat = {*GIVEN, *environment}
    plain: set[str] = set()
    data: dict[str, Any] = {"name": name}
    for key, value in sections.items():
        if key in SECTIONS and key in secrets:
            found.append(
                Finding(
                    rule="BH104",
                    severity="error",
                    path=key,
                    value="<secret>",
                    reason="a whole section is encrypted, so nothing of it can be checked.",
                    fix=f"write `binderhub:{key}` in plain text; only flat keys are secrets.",
                )
            )
        elif key in SECTIONS:
            data[key] = value
            found.extend(_nested_secrets(value, key))
            found.extend(_not_json(value, key))
        elif key in flat:
            if key not in secrets:
                plain.add(key)
                found.append(_plain_secret(key))
        else:
            found.append(
                _unknown(key, "", value if key not in secrets else "<secret>", {*SECTIONS, *GIVEN})
            )
    if data.get("domains") == {}:
        del data["domains"]
    hub: Hub | None = None
    try:
        hub = Hub.model_validate(data)
    except ValidationError as exc:
        found.extend(_findings_of(exc, data))
    except RecursionError:
        found.append(_too_deep())
    if hub is not None:
        found.extend(check(hub, secrets | plain, files_read=secrets_file is not None))
    encrypted = {f.path for f in found if f.rule == "BH104"}
    found = [f for f in found if f.rule not in ("BH100", "BH101") or f.path not in encrypted]
    return Stack(name=name, hub=hub, findings=in_order(found), given_secrets=secrets)


def _load_yaml(text: str) -> tuple[dict[Any, Any] | None, list[Finding]]:
    def broken(
        reason: str, fix: str, path: str = "(file)", value: str = ABSENT
    ) -> tuple[None, list[Finding]]:
        return None, [
            Finding(rule="BH105", severity="error", path=path, value=value, reason=reason, fix=fix)
        ]

    try:
        duplicate = next(_duplicates(yaml.compose(text, Loader=_Loader)), None)
        if duplicate is not None:
            return broken(
                f"key {duplicate} is written twice; only the last would count.",
                "keep one of them.",
            )
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        problem = getattr(exc, "problem", None) or "it cannot be read"
        if mark is None:
            return broken(f"the file is not YAML: {problem}.", "mend it.")
        line = [*text.splitlines(), ""][min(mark.line, len(text.splitlines()))]
        path = f"line {mark.line + 1}, column {mark.column + 1}"
        key = line.partition(": ")[0] or "(end of the file)"  # A value may be a credential.
        if "\t" in line[: mark.column + 1]:
            reason = "a tab stands where YAML wants spaces."
            return broken(reason, "replace each tab by two spaces.", path, key)
        fix = "mend this line, or a quote or bracket left open before it."
        return broken(f"this is not YAML: {problem}.", fix, path, key)
    except (ValueError, RecursionError, OverflowError) as exc:
        return broken(
            f"the file cannot be read as YAML: {type(exc).__name__}.",
            "look for a date, number or nesting that YAML cannot hold.",
        )
    if not isinstance(document, dict):
        return broken("a stack file is a mapping.", "start it with `config:`.")
    return document, []


def _duplicates(node: yaml.Node | None) -> Iterator[str]:
    """Keys that a mapping holds twice (YAML loaders silently keep the last)."""
    todo, seen_nodes = [node], set()
    while todo:
        current = todo.pop()
        if current is None or id(current) in seen_nodes:
            continue
        seen_nodes.add(id(current))
        if isinstance(current, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in current.value:
                text = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
                if text and text in seen and text != "<<":
                    yield f"{text} (line {key.start_mark.line + 1})"
                seen.add(text)
                todo.append(value)
        elif isinstance(current, yaml.SequenceNode):
            todo.extend(current.value)


def _environment_secrets(user: object) -> set[str]:
    """Flat keys that `user.environment` takes values from."""
    environment = user.get("environment") if isinstance(user, dict) else None
    if not isinstance(environment, dict):
        return set()
    return {
        v["secret"]
        for v in environment.values()
        if isinstance(v, dict) and isinstance(v.get("secret"), str)
    }


def _nested_secrets(value: object, path: str) -> Iterator[Finding]:
    """Credentials pasted into a section, and `secure:` values inside one."""
    todo: list[tuple[object, str, int]] = [(value, path, 0)]
    while todo:
        current, at, depth = todo.pop()
        if depth > 50:
            continue
        if isinstance(current, dict):
            if set(current) == {"secure"}:
                yield Finding(
                    rule="BH104",
                    severity="error",
                    path=at,
                    value="<secret>",
                    reason="Pulumi decrypts a secret inside a section to plain text.",
                    fix="use a flat secret key (`pulumi config set --secret NAME`).",
                )
                continue
            todo.extend((v, f"{at}.{k}", depth + 1) for k, v in current.items())
        elif isinstance(current, list):
            todo.extend((v, f"{at}[{i}]", depth + 1) for i, v in enumerate(current))
        elif isinstance(current, str) and (kind := looks_secret(current)):
            yield Finding(
                rule="BH069",
                severity="error",
                path=at,
                value="<hidden>",
                reason=f"it looks like {kind} in plain text.",
                fix="remove it, revoke it, and set the new one with `pulumi config set --secret`.",
            )


def _not_json(value: object, path: str) -> Iterator[Finding]:
    """What YAML can hold and neither Helm nor Kubernetes can: dates, infinities, broken text."""
    todo: list[tuple[object, str, int]] = [(value, path, 0)]
    while todo:
        current, at, depth = todo.pop()
        if depth > 50:
            yield _too_deep()
            return
        if isinstance(current, dict):
            todo.extend((v, f"{at}.{k}", depth + 1) for k, v in current.items())
            bad = [k for k in current if not isinstance(k, str) or not _is_text(k)]
            reason = "a key is not text; a number, date, yes or no as a key needs quotes."
        elif isinstance(current, list):
            todo.extend((v, f"{at}[{i}]", depth + 1) for i, v in enumerate(current))
            continue
        else:
            plain = current is None or isinstance(current, bool | int)
            number = isinstance(current, float) and math.isfinite(current)
            text = isinstance(current, str) and _is_text(current)
            bad = [] if plain or number or text else [current]
            reason = f"{type(current).__name__} is nothing that Helm values can hold."
            if isinstance(current, str):
                reason = "it holds a character that no YAML file can carry."
        if bad:
            yield Finding(
                rule="BH100",
                severity="error",
                path=at,
                value=str(bad[0]),
                reason=reason,
                fix="write text (in quotes where it looks like a date or number).",
            )


def _is_text(text: str) -> bool:
    """Text that UTF-8 and YAML can carry."""
    return not any("\ud800" <= c <= "\udfff" or (c < " " and c not in "\n\t\r") for c in text)


def _plain_secret(key: str) -> Finding:
    return Finding(
        rule="BH069",
        severity="error",
        path=key,
        value="<hidden>",
        reason="this secret is in plain text in the stack file.",
        fix=f"revoke it, then run `pulumi config set --secret {key}` with the new one.",
    )


def _too_deep() -> Finding:
    return Finding(
        rule="BH105",
        severity="error",
        path="(file)",
        value=ABSENT,
        reason="the file is nested too deeply.",
        fix="flatten it.",
    )


def _unknown(key: str, parent: str, value: object, known: Iterable[str]) -> Finding:
    options = sorted(known)
    near = difflib.get_close_matches(key, options, n=1, cutoff=0.6) or [
        o
        for o in options
        if o.lower().replace("_", "") == key.lower().replace("_", "").replace("-", "")
    ]
    fix = f"did you mean {near[0]}?" if near else f"remove it; known keys: {', '.join(options)}."
    return Finding(
        rule="BH071",
        severity="error",
        path=f"{parent}.{key}" if parent else key,
        value=value,
        reason=f"unknown key {json.dumps(key)}.",
        fix=fix,
    )


def _findings_of(exc: ValidationError, data: Mapping[str, Any]) -> Iterator[Finding]:
    from model.stackfile.introspect import known_keys  # the model's shape, only needed for mistakes

    for error in exc.errors(include_url=False):
        path, loc = _path(error["loc"], data)
        kind, value = error["type"], error.get("input")
        context = error.get("ctx") or {}
        problem = context.get("error")
        if kind == "extra_forbidden":
            parent = path.rpartition(".")[0]
            yield _unknown(str(loc[-1]), parent, value, known_keys(loc[:-1], data))
        elif kind in ("missing", "union_tag_not_found"):
            tag = context.get("discriminator", "").strip("'")
            yield Finding(
                rule="BH101",
                severity="error",
                path=f"{path}.{tag}" if tag else path,
                value=ABSENT,
                reason="it is required.",
                fix=_expected(kind, context) or "write it; docs/reference.md describes each key.",
            )
        elif isinstance(problem, FieldProblem):
            yield Finding(
                rule=problem.rule,
                severity="error",
                path=path,
                value="<hidden>" if problem.rule == "BH069" else _brief(value),
                reason=problem.reason,
                fix=problem.fix,
            )
        else:
            yield Finding(
                rule="BH100",
                severity="error",
                path=path,
                value=_brief(value),
                reason=f"{error['msg'][:1].lower()}{error['msg'][1:]}.",
                fix=_expected(kind, context) or "write a value of the right kind.",
            )


def _brief(value: object) -> object:
    """A whole section is not a helpful "value seen"."""
    return (
        f"(a mapping of {', '.join(map(str, list(value)[:6]))})"
        if isinstance(value, dict) and value
        else value
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
