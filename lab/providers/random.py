"""Stand-in for pulumi-resource-random: real random bytes, ids and passwords.

Values come from ``secrets`` (the system's generator), are made once at creation, and stay
until an input changes, which always replaces the resource (every input of these types
forces it, as in the official provider). Nothing is stored outside the engine's state.

Ids are the official provider's (pulumi-random provider/resources.go, 2026-08): that of a
RandomBytes *is* its secret, that of a RandomPassword is "none".

Does not do: bcryptHash of passwords (left out), the other types of the package.
"""

from __future__ import annotations

import base64
import secrets
import string
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from lab.providers.sdk import sdk_inputs
from lab.providers.sdk.provider import (
    UNKNOWN,
    CheckFailure,
    DiffResult,
    Props,
    ReadResult,
    Resource,
    StandinError,
    StandinProvider,
    diff_props,
    reveal,
    secret,
)

SPECIAL: Final = "!@#$%&*()-_=+[]{}<>:?"
"""The official provider's default set of special characters."""

_BYTES: Final = "random:index/randomBytes:RandomBytes"
_ID: Final = "random:index/randomId:RandomId"
_PHRASE: Final = "random:index/randomPassword:RandomPassword"

ARGS: Final = {
    _BYTES: "pulumi_random:RandomBytesArgs",
    _ID: "pulumi_random:RandomIdArgs",
    _PHRASE: "pulumi_random:RandomPasswordArgs",
}
COMPUTED: Final = {
    _BYTES: ("base64", "hex"),
    _ID: ("b64Std", "b64Url", "dec", "hex"),
    _PHRASE: ("result",),
}
SECRET: Final = {_BYTES: ("base64", "hex"), _ID: (), _PHRASE: ("result",)}

# Defaults that the official provider fills in (registry documentation of random_password).
_FILLED: Final[dict[str, Any]] = {
    "lower": True,
    "upper": True,
    "numeric": True,
    "special": True,
    "minLower": 0,
    "minUpper": 0,
    "minNumeric": 0,
    "minSpecial": 0,
}


def bytes_outputs(raw: bytes) -> Props:
    """Outputs of a RandomBytes with this value."""
    return {"base64": base64.b64encode(raw).decode(), "hex": raw.hex()}


def id_outputs(raw: bytes, prefix: str) -> Props:
    """Outputs of a RandomId with this value."""
    return {
        "b64Std": prefix + base64.b64encode(raw).decode(),
        "b64Url": prefix + base64.urlsafe_b64encode(raw).decode().rstrip("="),
        "dec": prefix + str(int.from_bytes(raw, "big")),
        "hex": prefix + raw.hex(),
    }


def _classes(inputs: Props) -> Iterator[tuple[str, int]]:
    specials = inputs.get("overrideSpecial") or SPECIAL
    for alphabet, on, least in (
        (string.ascii_lowercase, "lower", "minLower"),
        (string.ascii_uppercase, "upper", "minUpper"),
        (string.digits, "numeric", "minNumeric"),
        (specials, "special", "minSpecial"),
    ):
        if inputs.get(on, True):
            yield alphabet, int(inputs.get(least) or 0)


def password(inputs: Props) -> str:
    """A password of the wanted length with at least the wanted number of each class."""
    classes = list(_classes(inputs))
    chosen = [secrets.choice(alphabet) for alphabet, least in classes for _ in range(least)]
    every = "".join(alphabet for alphabet, _ in classes)
    chosen += [secrets.choice(every) for _ in range(int(inputs["length"]) - len(chosen))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)


class RandomProvider(StandinProvider):
    """Random values kept in state."""

    name = "random"
    what = "real random values, kept in the stack's state only"

    known: ClassVar[dict[str, str]] = ARGS

    def check_config(self, olds: Props, news: Props) -> tuple[Props, list[CheckFailure]]:
        wrong = [key for key in news if key not in ("version", "pluginDownloadURL")]
        return news, [CheckFailure(key, "the random provider has no settings") for key in wrong]

    def check(
        self, resource: Resource, olds: Props, news: Props
    ) -> tuple[Props, list[CheckFailure]]:
        if resource.type not in ARGS:
            raise StandinError(self.not_known(resource.type))
        plain = reveal(news)
        failures = sdk_inputs.check_inputs(ARGS[resource.type], plain)
        if not failures:
            failures = list(_value_problems(resource.type, plain))
        if resource.type != _PHRASE:
            return news, failures
        filled = dict(_FILLED)
        if isinstance(plain.get("number"), bool):  # the old name of `numeric`
            filled["numeric"] = plain["number"]
        return {**filled, **{k: v for k, v in news.items() if v is not None}}, failures

    def diff(
        self,
        resource: Resource,
        id: str,
        old_inputs: Props,
        olds: Props,
        news: Props,
        ignore_changes: list[str],
    ) -> DiffResult:
        return diff_props(
            old_inputs, news, replace_on=list(news | old_inputs), ignore=ignore_changes
        )

    def create(
        self, resource: Resource, inputs: Props, preview: bool, timeout: float | None
    ) -> tuple[str, Props]:
        if resource.type not in ARGS:
            raise StandinError(self.not_known(resource.type))
        if preview:
            return "", self._outputs(
                resource.type, inputs, dict.fromkeys(COMPUTED[resource.type], UNKNOWN)
            )
        plain = reveal(inputs)
        match resource.type:
            case t if t == _BYTES:
                made = bytes_outputs(secrets.token_bytes(int(plain["length"])))
                id = made["base64"]  # The secret itself, as the official provider has it.
            case t if t == _ID:
                raw = secrets.token_bytes(int(plain["byteLength"]))
                made = id_outputs(raw, plain.get("prefix") or "")
                id = base64.urlsafe_b64encode(raw).decode().rstrip("=")
            case _:
                made = {"result": password(plain)}
                id = "none"
        return id, self._outputs(resource.type, inputs, made)

    def _outputs(self, type: str, inputs: Props, made: Props) -> Props:
        marked = {k: secret(v) if k in SECRET[type] else v for k, v in made.items()}
        return {**inputs, **marked}

    def read(self, resource: Resource, id: str, inputs: Props, olds: Props) -> ReadResult | None:
        if not olds:
            raise StandinError(
                f"{resource.type}: the stand-in for random cannot import; let it make a new value"
            )
        return ReadResult(id=id, outputs=olds, inputs=inputs)

    def update(
        self,
        resource: Resource,
        id: str,
        old_inputs: Props,
        olds: Props,
        news: Props,
        preview: bool,
        timeout: float | None,
    ) -> Props:
        # Only reached when a changed input was ignored: the value stays.
        kept = {k: olds[k] for k in COMPUTED[resource.type] if k in olds}
        return {**news, **kept}

    def delete(
        self,
        resource: Resource,
        id: str,
        old_inputs: Props,
        olds: Props,
        timeout: float | None,
    ) -> None:
        return None


def _value_problems(type: str, plain: Props) -> Iterator[CheckFailure]:
    key = "byteLength" if type == _ID else "length"
    length = plain.get(key)
    if isinstance(length, int) and length < 1:
        yield CheckFailure(key, f"must be at least 1, got {length}")
    if type == _PHRASE and isinstance(length, int):
        classes = list(_classes({k: v for k, v in plain.items() if v is not UNKNOWN}))
        if not classes:
            yield CheckFailure("length", "no class of characters is left to choose from")
        if sum(least for _, least in classes) > length:
            yield CheckFailure("length", f"{length} is less than the sum of the minimums")


def provider() -> StandinProvider:
    """The stand-in, for ``python -m lab.providers random``."""
    return RandomProvider()
