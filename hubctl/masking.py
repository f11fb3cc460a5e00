"""Hide credentials in Helm values and Kubernetes objects before anybody sees them. Pure.

Hidden are: every place where the hub's own values have a secret, texts that look like a
credential, texts under a key that names one, texts that a line of code or JSON gives to such a
name, and any of these texts wherever else they appear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from spec.findings import looks_secret
from spec.secrets import Secret

HIDDEN = "<hidden>"
_KEY = re.compile(
    r"password|passwd|secret|token|(api|private|access|crypto?)_?key|credential|cryptkeeper"
    r"|(^|_)(auth|(?-i:PAT))$",
    re.IGNORECASE,
)
# Names of objects and addresses beside the credentials themselves.
_NOT = re.compile(
    r"(urls?|names?|ref|file|path|seconds|check_origin|class|enabled|create)$", re.IGNORECASE
)
_GIVEN = re.compile(r"""(?P<name>\w+)["'\]]*\s*[:=]\s*["'](?P<text>[^"'\s]+)["']""")
_USER_INFO = re.compile(r"://[^/\s:@]+:[^/\s@]+@")
_PLACEHOLDER = re.compile(
    r"<((?:secret|fingerprint):[A-Za-z0-9]+|hidden|aws-account|gcp-project)>\Z"
)
_SHORTEST = 6


def sensitive(key: str) -> bool:
    """Whether a key of this name holds a credential."""
    return bool(_KEY.search(key)) and not _NOT.search(key)


def mask(values: Any, expected: Any = None) -> Any:
    """A copy of `values` without credentials. `expected` are the hub's own values, with `Secret`
    at the places of secrets, whose names are then shown."""
    found = {text for text in _credentials(values, expected, "") if len(text) >= _SHORTEST}
    return _masked(values, expected, "", sorted(found, key=len, reverse=True))


def _children(value: Any, expected: Any, key: str) -> Iterator[tuple[Any, Any, Any, str]]:
    """(key or index, child, what is expected there, the name that decides) of a map or list."""
    if isinstance(value, Mapping):
        below = expected if isinstance(expected, Mapping) else {}
        # An environment variable says its name beside its value.
        label = value.get("name") if "value" in value else None
        for name, child in value.items():
            said = str(label if label and name == "value" else name)
            yield name, child, below.get(name), "cryptkeeper" if key == "CryptKeeper" else said
    else:
        others = expected if isinstance(expected, list) else []
        for i, child in enumerate(value):
            yield i, child, others[i] if i < len(others) else None, key


def _credentials(value: Any, expected: Any, key: str) -> Iterator[str]:
    if isinstance(value, Mapping | list):
        for _, child, below, name in _children(value, expected, key):
            yield from _credentials(child, below, name)
    elif isinstance(value, str) and _hidden(value, expected, key):
        yield value
    elif isinstance(value, str):
        yield from (m["text"] for m in _GIVEN.finditer(value) if sensitive(m["name"]))


def _hidden(value: str, expected: Any, key: str) -> str | None:
    if _PLACEHOLDER.match(value) or not value:
        return None
    if isinstance(expected, Secret):
        return str(expected)
    hide = sensitive(key) or looks_secret(value) or _USER_INFO.search(value)
    return HIDDEN if hide else None


def _masked(value: Any, expected: Any, key: str, found: list[str]) -> Any:
    if isinstance(value, Secret):
        return str(value)
    if isinstance(value, Mapping | list):
        pairs = [(n, _masked(c, e, k, found)) for n, c, e, k in _children(value, expected, key)]
        return dict(pairs) if isinstance(value, Mapping) else [child for _, child in pairs]
    if not isinstance(value, str):
        return value
    if shown := _hidden(value, expected, key):
        return shown
    for text in found:
        value = value.replace(text, HIDDEN)
    return value


def mask_object(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A Kubernetes object without what a Secret holds and without checksums, which change whenever
    anything does."""
    out: dict[str, Any] = mask(manifest)
    if manifest.get("kind") == "Secret":
        for part in ("data", "stringData"):
            if isinstance(manifest.get(part), Mapping):
                out[part] = dict.fromkeys(manifest[part], HIDDEN)
    for meta in (
        out.get("metadata"),
        *((out.get("spec") or {}).get("template", {}).get("metadata", {}),),
    ):
        if isinstance(meta, dict) and isinstance(meta.get("annotations"), dict):
            meta["annotations"] = {
                k: v for k, v in meta["annotations"].items() if not k.startswith("checksum/")
            }
    return out
