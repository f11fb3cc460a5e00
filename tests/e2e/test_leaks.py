"""The search that other tests rely on finds a secret however it is written."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from tests.e2e.leaks import leaked

HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
TEXT = "pa ss/word+of?somebody"


def spelt(secret: str) -> dict[str, str]:
    raw = secret.encode()
    return {
        "plain": secret,
        "base64": base64.b64encode(raw).decode(),
        "base64 of more": base64.b64encode(b'{"password": "' + raw + b'"}').decode(),
        "base64 for URLs": base64.urlsafe_b64encode(raw).decode().rstrip("="),
        "base64 twice": base64.b64encode(base64.b64encode(raw)).decode(),
        "hexadecimal": raw.hex(),
        "URL": quote(secret, safe=""),
    }


CASES = [
    *((HEX, text, how) for how, text in spelt(HEX).items()),
    *((TEXT, text, how) for how, text in spelt(TEXT).items()),
    (HEX, base64.b64encode(bytes.fromhex(HEX)).decode(), "the bytes it stands for"),
    (HEX, base64.urlsafe_b64encode(bytes.fromhex(HEX)).decode(), "the same for URLs"),
]


@pytest.mark.parametrize(("secret", "text", "how"), CASES)
def test_a_secret_is_found(secret: str, text: str, how: str) -> None:
    for around in ('  "id": "{}", # {}', "[id={}] {}", "a/path/{}/{}", "projects-{}"):
        told = around.format(text, how)
        assert leaked([secret, "another-secret"], told) == [f"{secret[:3]}…"], told


def test_what_is_no_secret_is_not_found() -> None:
    text = " ".join([HEX[::-1], base64.b64encode(b"x" * 40).decode(), TEXT.upper()])
    assert leaked([HEX, TEXT], text) == []
