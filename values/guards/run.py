"""Guards on merged Helm values: what `extraValues`, the one escape hatch, may not break.

Derived values cannot be wrong by construction (tests run every guard over them, too), so what a
guard finds was brought in from outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from model.credentials import is_credential, is_sensitive_key, looks_secret
from model.findings import Finding, in_order, shown
from model.hub import Hub
from model.rules import RULES
from model.secrets import Secret
from values.guards import access, hub, images, pods, urls
from values.guards.view import Guard, at, view
from values.merge import leaves, merge

GUARDS: tuple[Guard, ...] = (
    *urls.GUARDS,
    *access.GUARDS,
    *hub.GUARDS,
    *images.GUARDS,
    *pods.GUARDS,
)


def guard(
    hub: Hub,
    plan_values_before: Mapping[str, Mapping[str, Any]],
    extra: Mapping[str, Mapping[str, Any]],
) -> list[Finding]:
    """Findings on the values of every release once `extra` is merged in.

    Both are values by release name: `plan_values_before` the derived ones, `extra` the operator's.
    """
    merged = {
        name: merge(values, extra.get(name) or {}) for name, values in plan_values_before.items()
    }
    looked_at = view(hub, merged)
    findings = [f for check in GUARDS for f in check(looked_at)]
    for name, values in plan_values_before.items():
        findings += overridden(f"extraValues.{name}", values, extra.get(name) or {})
    return in_order(findings)


def overridden(
    path: str, derived: Mapping[str, Any], extra: Mapping[str, Any]
) -> Iterator[Finding]:
    """BH118 for each derived key that `extra` changes; BH069 where it replaces a secret."""
    for key, value in extra.items():
        where = f"{path}.{key}"
        before = derived.get(key)
        if before is None and is_credential(key, value):
            yield RULES["BH069"].finding(
                where,
                "<hidden>",
                "it is a credential in plain text.",
                "remove it and revoke it; secrets are flat keys (`pulumi config set --secret`).",
            )
        elif isinstance(value, list) and (entry := _plain_entry(value)):
            yield RULES["BH069"].finding(
                f"{where}.{entry}",
                "<hidden>",
                "it is a credential in plain text.",
                "remove it and revoke it; take it from a Kubernetes Secret (valueFrom).",
            )
        elif isinstance(value, list) and (inside := list(_in_entries(where, value))):
            yield from inside
        elif isinstance(value, Mapping) and not isinstance(before, Mapping):
            yield from overridden(where, {}, value)
            if key in derived and before is not None:
                yield _override(where, before, "(a mapping)")
        elif key not in derived:
            continue
        elif isinstance(before, Mapping) and isinstance(value, Mapping):
            yield from overridden(where, before, value)
        elif value and (secret := next(secrets_of(before), None)):
            yield RULES["BH069"].finding(
                where,
                "<hidden>",
                f"it replaces {secret} by plain text.",
                f"remove it and revoke it; {secret.name} is a secret of this hub already.",
            )
        elif before != value and before != {}:
            yield _override(where, before, value)


def _in_entries(where: str, entries: list[Any]) -> Iterator[Finding]:
    """BH069 for what is in entries of a list, such as containers with an environment."""
    for i, entry in enumerate(entries):
        if isinstance(entry, Mapping):
            yield from overridden(f"{where}[{i}]", {}, entry)


def _plain_entry(entries: list[Any]) -> str | None:
    """The name of an environment variable in a list that holds a credential."""
    for entry in entries:
        name, value = at(entry, "name"), at(entry, "value")
        if is_credential(name, value):
            return str(name)
    return None


def _override(where: str, before: Any, value: Any) -> Finding:
    hide = looks_secret(str(value)) or is_sensitive_key(where.rpartition(".")[2])
    return RULES["BH118"].finding(
        where,
        "<hidden>" if hide else value,
        f"it overrides the derived {shown(_plain(before), 300)}.",
        "remove it, unless you know why the derived value does not fit.",
    )


def secrets_of(value: Any) -> Iterator[Secret]:
    """Secrets anywhere in a value."""
    return (leaf for _, leaf in leaves(value) if isinstance(leaf, Secret))


def _plain(value: Any) -> Any:
    """A derived value with its secrets as placeholders."""
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return str(value) if isinstance(value, Secret) else value
