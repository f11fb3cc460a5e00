"""Read a stack file (its text, or what Pulumi decoded of it) into a `Hub`, or say what is wrong.

Never raises for a user's mistake: every problem is a `Finding`, and all are reported at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from model.credentials import is_credential, looks_secret
from model.findings import ABSENT, Finding, errors, in_order
from model.hub import SECTIONS, Hub
from model.rules import RULES, check
from model.secrets import OPERATOR_SECRETS
from model.stackfile.model_errors import findings_of, seen, unknown
from model.stackfile.sops import SecretsFile, set_twice
from model.stackfile.yaml_text import load, not_json, too_deep

PROJECT = "binderhub"
_PULUMI_KEYS = {"config", "encryptionsalt", "encryptedkey", "secretsprovider", "environment"}


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What was read. `hub` is None when the file cannot be understood at all."""

    name: str
    hub: Hub | None
    findings: list[Finding] = field(default_factory=list)
    secrets_set: frozenset[str] = frozenset()

    @property
    def ok(self) -> bool:
        """No errors; warnings do not count."""
        return self.hub is not None and not errors(self.findings)


def read_text(name: str, text: str, secrets_file: SecretsFile | None = None) -> Stack:
    """Read the text of `Pulumi.<name>.yaml`; `secrets_file` is what the file that it names holds."""
    document, findings = load(text)
    if document is None:
        return Stack(name=name, hub=None, findings=findings)
    for key in document:
        if key not in _PULUMI_KEYS:
            findings.append(unknown(str(key), "", key, _PULUMI_KEYS))
    config = document.get("config")
    if not isinstance(config, dict):
        findings.append(
            RULES["BH100"].finding(
                "config",
                ABSENT if config is None else config,
                "a stack file has a mapping `config`.",
                "write `config:` and under it keys such as `binderhub:cluster:`.",
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
                RULES["BH105"].finding(
                    short,
                    "(given)",
                    f"it is written as {short} and as {PROJECT}:{short}; one would be lost.",
                    f"keep {PROJECT}:{short}.",
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
    environment = _environment(sections.get("user"))
    flat = {*OPERATOR_SECRETS, *_environment_secrets(environment)}
    found += _plain_environment(environment)
    plain: set[str] = set()
    data: dict[str, Any] = {"name": name}
    for key, value in sections.items():
        if key in SECTIONS and key in secrets:
            found.append(
                RULES["BH104"].finding(
                    key,
                    "<secret>",
                    "a whole section is encrypted, so nothing of it can be checked.",
                    f"write `binderhub:{key}` in plain text; only flat keys are secrets.",
                )
            )
        elif key in SECTIONS:
            data[key] = value
            found.extend(_nested_secrets(value, key))
            found.extend(not_json(value, key))
        elif key in flat:
            if key not in secrets:
                plain.add(key)
                found.append(_plain_secret(key))
        else:
            found.append(
                unknown(
                    key,
                    "",
                    "<secret>" if key in secrets else seen(key, value),
                    {*SECTIONS, *OPERATOR_SECRETS},
                )
            )
    if data.get("domains") == {}:
        del data["domains"]
    hub: Hub | None = None
    try:
        hub = Hub.model_validate(data)
    except ValidationError as exc:
        found.extend(findings_of(exc, data))
    except RecursionError:
        found.append(too_deep())
    if hub is not None:
        found.extend(check(hub, secrets | plain, files_read=secrets_file is not None))
    encrypted = {f.path for f in found if f.rule == "BH104"}
    found = [f for f in found if f.rule not in ("BH100", "BH101") or f.path not in encrypted]
    return Stack(name=name, hub=hub, findings=in_order(found), secrets_set=secrets)


def _environment(user: object) -> dict[Any, Any]:
    """`user.environment`, if it is a mapping."""
    environment = user.get("environment") if isinstance(user, dict) else None
    return environment if isinstance(environment, dict) else {}


def _plain_environment(environment: dict[Any, Any]) -> Iterator[Finding]:
    """Variables that `extraValues` could not set either."""
    for name, value in environment.items():
        if is_credential(name, value) and not looks_secret(str(value)):
            yield RULES["BH069"].finding(
                f"user.environment.{name}",
                "<hidden>",
                "it is a credential in plain text.",
                "remove it and revoke it; write `{secret: NAME}`, and set the new one with "
                "`pulumi config set --secret NAME`.",
            )


def _environment_secrets(environment: dict[Any, Any]) -> set[str]:
    """Flat keys that `user.environment` takes values from."""
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
                yield RULES["BH104"].finding(
                    at,
                    "<secret>",
                    "Pulumi decrypts a secret inside a section to plain text.",
                    "use a flat secret key (`pulumi config set --secret NAME`).",
                )
                continue
            todo.extend((v, f"{at}.{k}", depth + 1) for k, v in current.items())
        elif isinstance(current, list):
            todo.extend((v, f"{at}[{i}]", depth + 1) for i, v in enumerate(current))
        elif isinstance(current, str) and (kind := looks_secret(current)):
            yield RULES["BH069"].finding(
                at,
                "<hidden>",
                f"it looks like {kind} in plain text.",
                "remove it, revoke it, and set the new one with `pulumi config set --secret`.",
            )


def _plain_secret(key: str) -> Finding:
    return RULES["BH069"].finding(
        key,
        "<hidden>",
        "this secret is in plain text in the stack file.",
        f"revoke it, then run `pulumi config set --secret {key}` with the new one.",
    )
