"""Read values files, layer them as Helm does, and tell which releases they hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import yaml

from hubctl.console.errors import Problem
from values.merge import merge

Flavour = Literal["binderhub-service", "binderhub"]
Values = dict[str, Any]
_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_JINJA = re.compile(r"\{\{|\{%")
_LEAF_OF_SOPS = re.compile(r"ENC\[")


@dataclass(frozen=True, kw_only=True)
class Layers:
    """Merged values by release, and what was set aside.

    `encrypted` are (file, dotted path) of values in sops files; they are never decrypted.
    `flat_file` is a sops file that has the shape of `secretsFile` already, and `flat` its keys.
    `umbrella` are (path, value) of keys that belong to a chart around the real ones.
    """

    flavour: Flavour
    releases: dict[str, Values]
    sops_files: tuple[str, ...] = ()
    encrypted: tuple[tuple[str, str], ...] = ()
    umbrella: dict[str, Any] = field(default_factory=dict)
    flat_file: str | None = None
    flat: frozenset[str] = frozenset()


def read(paths: Sequence[Path]) -> Layers:
    """Read files in the order of `helm -f`; raises Problem."""
    merged: Values = {}
    flat: tuple[str, frozenset[str]] | None = None
    sops: list[str] = []
    encrypted: list[tuple[str, str]] = []
    for path in paths:
        document = _load(path)
        if _is_flat(document):
            if flat:
                raise Problem(
                    f"{flat[0]} and {path} are both files of flat secrets; give one.", status=2
                )
            flat = (str(path), frozenset(document) - {"sops"})
            continue
        if "sops" in document:
            sops.append(str(path))
            encrypted += [(str(path), p) for p in _paths(document) if not p.startswith("sops.")]
            document = _without_encrypted(document)
            document.pop("sops", None)
        merged = merge(merged, document)
    split = _split(merged, tuple(sops), tuple(encrypted))
    return replace(split, flat_file=flat[0], flat=flat[1]) if flat else split


def _is_flat(document: Values) -> bool:
    """Whether a sops file holds one secret for each key, as `secretsFile` asks for."""
    values = [v for k, v in document.items() if k != "sops"]
    return (
        "sops" in document
        and bool(values)
        and all(isinstance(v, str) and _LEAF_OF_SOPS.match(v) for v in values)
    )


def _load(path: Path) -> Values:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise Problem(f"{path} cannot be read: {reason}.", status=2) from None
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if _JINJA.search(text):
            raise Problem(f"{path} is a template (jinja); render it first.", status=2) from None
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise Problem(f"{path} is not YAML{where}.", status=2) from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise Problem(f"{path} is not a mapping, as values files are.", status=2)
    for place, value in _leaves(document):
        if isinstance(value, dict) or (isinstance(value, str) and _jinja_value(value)):
            raise Problem(f"{path}: {place} is a template (jinja); render it first.", status=2)
    return document


def _jinja_value(value: str) -> bool:
    # Python and shell in values may hold braces; a template's placeholder is the whole of a line.
    return "\n" not in value and bool(re.search(r"\{\{.*\}\}|\{%.*%\}", value))


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            if isinstance(key, tuple):  # `{{ x }}` without quotes is a map with a map as its key
                yield path, {}
            yield from _leaves(child, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for i, child in enumerate(value):
            yield from _leaves(child, f"{path}[{i}]")
    else:
        yield path, value


def _paths(document: Mapping[str, Any]) -> list[str]:
    return [p for p, v in _leaves(document) if isinstance(v, str) and _LEAF_OF_SOPS.match(v)]


def _without_encrypted(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {k: _without_encrypted(v) for k, v in value.items()}
        return {k: v for k, v in kept.items() if v is not _GONE and v != {}}
    if isinstance(value, list):
        return [v for v in map(_without_encrypted, value) if v is not _GONE]
    return _GONE if isinstance(value, str) and _LEAF_OF_SOPS.match(value) else value


_GONE = object()


def _split(merged: Values, sops: tuple[str, ...], encrypted: tuple[tuple[str, str], ...]) -> Layers:
    hub, service = merged.pop("jupyterhub", None), merged.pop("binderhub-service", None)
    hub = {} if hub is None else hub
    if not isinstance(hub, dict) or not isinstance(service, dict | None):
        raise Problem("jupyterhub and binderhub-service must be mappings.", status=2)
    umbrella: dict[str, Any] = {}
    if service is None and not any(k in merged for k in ("config", "registry", "imageBuilderType")):
        if "hub" in merged or "singleuser" in merged:
            raise Problem(
                "these are values of the jupyterhub chart alone; put them under the key "
                "jupyterhub, beside binderhub-service, and try again.",
                status=2,
            )
        raise Problem(
            "there is neither binderhub-service (beside jupyterhub) nor the classic chart's "
            "config; these are not values of a Binder hub.",
            status=2,
        )
    custom = hub.pop("custom", None)
    if custom is not None:
        umbrella |= dict(_named("jupyterhub.custom", custom))
    if service is None:
        merged["jupyterhub"] = hub
        releases = {"binderhub": merged}
        return Layers(flavour="binderhub", releases=releases, sops_files=sops,
                      encrypted=encrypted, umbrella=umbrella)  # fmt: skip
    for key in ("enabled", "custom"):
        if key in service:
            umbrella |= dict(_named(f"binderhub-service.{key}", service.pop(key)))
    for key, value in merged.items():
        umbrella |= dict(_named(key, value))
    releases = {"jupyterhub": hub, "binderhub-service": service}
    return Layers(flavour="binderhub-service", releases=releases, sops_files=sops,
                  encrypted=encrypted, umbrella=umbrella)  # fmt: skip


def _named(path: str, value: Any) -> list[tuple[str, Any]]:
    return list(_leaves(value, path)) if isinstance(value, dict | list) else [(path, value)]
