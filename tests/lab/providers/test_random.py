"""The random stand-in: real random values, secret, stable until an input changes."""

from __future__ import annotations

import base64

import pytest

from lab.providers.random import RandomProvider
from lab.providers.sdk.property_values import UNKNOWN, Props, SecretValue
from tests.lab.providers import asking
from tests.lab.providers.asking import ask

BYTES = "random:index/randomBytes:RandomBytes"
ID = "random:index/randomId:RandomId"
PASSWORD = "random:index/randomPassword:RandomPassword"


def create(type: str, inputs: Props) -> tuple[str, Props]:
    return asking.make(RandomProvider(), type, inputs)


def test_bytes_are_random_and_their_encodings_agree() -> None:
    _, one = create(BYTES, {"length": 32})
    _, two = create(BYTES, {"length": 32})
    assert isinstance(one["hex"], SecretValue) and isinstance(one["base64"], SecretValue)
    assert bytes.fromhex(one["hex"].value) == base64.b64decode(one["base64"].value)
    assert len(bytes.fromhex(one["hex"].value)) == 32
    assert one["hex"].value != two["hex"].value


def test_ids_are_the_official_ones_though_that_of_bytes_is_their_secret() -> None:
    """With any other id the tests of the program would not see a secret in one."""
    id, outputs = create(BYTES, {"length": 32})
    assert id == outputs["base64"].value
    assert create(PASSWORD, {"length": 64})[0] == "none"


def test_a_preview_makes_no_value() -> None:
    request = ask(BYTES, {"length": 32}, preview=True)
    _, outputs = RandomProvider().handler(BYTES).create(request)
    assert outputs["hex"].value is UNKNOWN


def test_random_id_carries_its_prefix_in_every_encoding() -> None:
    id, outputs = create(ID, {"byteLength": 4, "prefix": "hub-"})
    raw = base64.urlsafe_b64decode(id + "==")
    assert outputs["hex"] == f"hub-{raw.hex()}"
    assert outputs["dec"] == f"hub-{int.from_bytes(raw, 'big')}"


def test_a_password_of_hexadecimal_digits_has_no_others() -> None:
    inputs = {"length": 64, "lower": False, "upper": False, "overrideSpecial": "abcdef"}
    _, outputs = create(PASSWORD, inputs)
    assert len(bytes.fromhex(outputs["result"].value)) == 32


def test_a_password_has_the_wanted_characters_only() -> None:
    _, outputs = create(PASSWORD, {"length": 24, "special": False, "minNumeric": 20})
    value = outputs["result"].value
    assert len(value) == 24 and value.isalnum()
    assert sum(c.isdigit() for c in value) >= 20


@pytest.mark.parametrize(
    ("type", "inputs", "path"),
    [
        (BYTES, {"length": 0}, "length"),
        (BYTES, {"length": "32"}, "length"),
        (BYTES, {}, "length"),
        (BYTES, {"length": 32, "keeper": {}}, "keeper"),
        (PASSWORD, {"length": 3, "minUpper": 2, "minLower": 2}, "length"),
    ],
)
def test_wrong_inputs_are_refused_by_name(type: str, inputs: Props, path: str) -> None:
    _, failures = asking.check(RandomProvider(), type, inputs)
    assert [f.property for f in failures] == [path]


def test_only_a_changed_input_makes_a_new_value() -> None:
    handler = RandomProvider().handler(BYTES)
    old = {"length": 32, "keepers": {"rotate": "0"}}
    same = handler.diff(ask(BYTES, dict(old), old_inputs=old, state=old))
    assert not same.changes
    new = {"length": 32, "keepers": {"rotate": "1"}}
    changed = handler.diff(ask(BYTES, new, old_inputs=old, state=old))
    assert changed.replaces == ["keepers.rotate"]
