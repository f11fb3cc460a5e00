"""Hide credentials in Helm values and Kubernetes objects before anybody sees them. Pure.

Hidden are: every place where the hub's own values have a secret, texts that look like a
credential, texts and numbers under a key that names one, what a line of code, JSON or YAML gives to
such a name, and any of these texts wherever else they appear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from model.credentials import is_sensitive_key, looks_secret
from model.secrets import Secret
from values.sections.restarts import FINGERPRINT

HIDDEN = "<hidden>"
_QUOTED = r"""(?:[bru]{0,2}(?:"{3}.+?"{3}|'{3}.+?'{3}|"(?:\\.|[^"\\\n])+"|'(?:\\.|[^'\\\n])+'))"""
# NAME = "text", "NAME": b"text", environ["NAME"] = str("text"), NAME = ["text", "text"]. What
# follows the name is only looked at, since one text may be inside another.
_GIVEN = re.compile(
    r"""(?<![\w.-])(?P<name>[\w.-]++)(?=["'\]]*\s*[:=]\s*"""
    rf"""(?:\[\s*(?P<list>{_QUOTED}(?:\s*,\s*{_QUOTED})*)|(?:(?:str|bytes)\(\s*)?(?P<one>{_QUOTED})))""",
    re.DOTALL | re.IGNORECASE,
)
_ONE = re.compile(_QUOTED, re.DOTALL | re.IGNORECASE)
# A line of YAML, to its end, or of a file of settings, one word; but not the type of a name in a
# program.
_LINE = re.compile(
    r"""^[ \t]*(?:- |export )?["']?(?P<name>[\w.-]+)["']?(?::[ \t]+"""
    r"(?!(?:str|bytes|int|bool|Any|None|null)\b(?![-.]))"
    r"""(?P<rest>[^\s"'|>&*{\[#][^\n]*)"""
    r"""|(?:=|[ \t]+=[ \t]+(?=\S*\d))(?P<word>[^\s"'()\[\]{},]+)[ \t]*$)""",
    re.MULTILINE,
)
# What a program gives: a call, an item, or another name in a list of them.
_EXPRESSION = re.compile(r"[A-Za-z_][\w.]*(?:[(\[].*[)\]],?|,)\s*\Z")
_HEADER = re.compile(r"\b(?:Basic|Bearer) +(?=[A-Za-z]*[0-9+/=])[A-Za-z0-9+/._~-]{8,}=*")
_PLACEHOLDER = re.compile(
    r"<((?:secret|fingerprint):[A-Za-z0-9,]+|hidden|aws-account|gcp-project)>\Z"
)
_SHORTEST = 6


def holds_credential(value: Any, key: str) -> bool:
    """Whether a leaf under this key is a credential, or a text with one inside."""
    if _hidden(value, None, key):
        return True
    return isinstance(value, str) and any(True for _ in _inside(value))


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
    elif _hidden(value, expected, key):
        yield str(value)
    elif isinstance(value, str):
        yield from (value[start:end] for start, end in _inside(value))


def _hidden(value: Any, expected: Any, key: str) -> str | None:
    """What stands in a credential's place; None for other values. YAML reads digits as a number."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    text = str(value)
    if not value or _PLACEHOLDER.match(text):
        return None
    if isinstance(expected, Secret):
        return str(expected)
    hide = is_sensitive_key(key) or looks_secret(text) or _HEADER.search(text)
    return HIDDEN if hide else None


def _inside(text: str) -> Iterator[tuple[int, int]]:
    """Where credentials stand that a text (a program, a file) gives to a name."""
    for match in _GIVEN.finditer(text):
        if not _named(match["name"]):
            continue
        for quoted in _ONE.finditer(text, *match.span("list" if match["list"] else "one")):
            plain = quoted[0].lstrip("bruBRU")
            width = 3 if plain[:3] in ('"""', "'''") else 1
            start, end = quoted.end() - len(plain) + width, quoted.end() - width
            if start < end and not _PLACEHOLDER.match(text[start:end]):
                yield start, end
    for match in _LINE.finditer(text):
        part = "rest" if match["rest"] else "word"
        assigned = match[part]
        meant = assigned != match["name"] and not _EXPRESSION.match(assigned)
        if meant and _named(match["name"]) and not _PLACEHOLDER.match(assigned):
            yield match.span(part)


def _named(name: str) -> bool:
    return is_sensitive_key(name.rpartition(".")[2]) or "CryptKeeper." in name


def _without(text: str) -> str:
    """A text without the credentials inside it."""
    out, done = "", 0
    for start, end in sorted(_inside(text)):
        if start >= done:
            out += text[done:start] + HIDDEN
        done = max(done, end)
    return out + text[done:]


def _masked(value: Any, expected: Any, key: str, found: list[str]) -> Any:
    if isinstance(value, Secret):
        return str(value)
    if isinstance(value, Mapping | list):
        pairs = [(n, _masked(c, e, k, found)) for n, c, e, k in _children(value, expected, key)]
        return dict(pairs) if isinstance(value, Mapping) else [child for _, child in pairs]
    if shown := _hidden(value, expected, key):
        return shown
    if not isinstance(value, str):
        return value
    value = _without(value)
    for text in found:
        value = value.replace(text, HIDDEN)
    return value


def mask_object(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A Kubernetes object without what a Secret holds and without checksums and fingerprints, which
    change whenever anything does."""
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
                k: v
                for k, v in meta["annotations"].items()
                if not k.startswith("checksum/") and k != FINGERPRINT
            }
    return out
