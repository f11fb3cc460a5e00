"""Whether a text holds a secret, plainly or encoded: what people can decode is as good as plain."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

SECRET = "4dabf18193072939515e22adb298388d"
"""The key by which the engine marks a secret in its state (its own constant)."""
_MADE = {
    "random:index/randomPassword:RandomPassword": "result",
    "random:index/randomBytes:RandomBytes": "hex",
    "gcp:serviceaccount/key:Key": "privateKey",
}
"""Types whose output is a secret that nobody else knows, and which output."""
_TOKEN = re.compile(rb"[A-Za-z0-9+/_%-]{16,}")
_SHORTEST = 12


def secrets_of(state: dict[str, Any]) -> set[str]:
    """The secrets of a hub, from `pulumi stack export --show-secrets`: what was made, and each text
    that is a secret of its own among the inputs (not those of providers: a kubeconfig is mostly
    public)."""
    found: set[str] = set()
    for resource in state["deployment"]["resources"]:
        if output := _MADE.get(resource["type"]):
            found.update(_texts(resource["outputs"][output]))
        if not resource["type"].startswith("pulumi:"):
            found.update(_texts(resource.get("inputs", {})))
    return {text for text in found if len(text) >= _SHORTEST}


def _texts(value: Any) -> Iterator[str]:
    """Every string that is marked as a secret by itself."""
    if isinstance(value, dict):
        if SECRET in value and "plaintext" in value:
            plain = json.loads(value["plaintext"])
            if isinstance(plain, str):
                yield plain
            elif isinstance(plain, dict | list):  # marked as a whole: Secret.stringData, say
                yield from _strings(plain)
        else:
            for below in value.values():
                yield from _texts(below)
    elif isinstance(value, list):
        for below in value:
            yield from _texts(below)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for below in value.values() if isinstance(value, dict) else value:
            yield from _strings(below)


def leaked(secrets: Iterable[str], text: str) -> list[str]:
    """The beginnings of the secrets that the text holds: as they are, as base64, hexadecimal or
    URL-quoted text, or, where they are hexadecimal, as the bytes that they stand for."""
    wanted = {}
    for secret in secrets:
        wanted[secret.encode()] = secret
        if re.fullmatch(r"[0-9a-f]{32,}", secret):
            wanted[bytes.fromhex(secret)] = secret
    readings = list(_readings(text.encode(), depth=2))
    return sorted({f"{s[:3]}…" for raw, s in wanted.items() if any(raw in r for r in readings)})


def _readings(text: bytes, depth: int) -> Iterator[bytes]:
    """The text, and what can be decoded from each of its tokens."""
    yield text
    if depth == 0:
        return
    for token in set(_TOKEN.findall(text)):
        for decoded in _decoded(token):
            yield from _readings(decoded, depth - 1)


def _decoded(token: bytes) -> Iterator[bytes]:
    if b"%" in token:
        yield unquote_to_bytes(token)
    for run in re.findall(rb"[0-9a-fA-F]{16,}", token):
        for digits in (run, run[1:]):
            yield bytes.fromhex(digits[: len(digits) // 2 * 2].decode())
    plain = token.replace(b"-", b"+").replace(b"_", b"/").replace(b"%", b"")
    for start in range(4):  # Something else may stand before it: a path, say.
        part = plain[start:]
        yield base64.b64decode(part[: len(part) // 4 * 4])
        with contextlib.suppress(binascii.Error):
            yield base64.b64decode(part + b"=" * (-len(part) % 4))
