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
from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Final

from lab.providers.sdk import sdk_inputs
from lab.providers.sdk.property_diff import DiffResult, diff_props
from lab.providers.sdk.property_values import UNKNOWN, Props, reveal, secret
from lab.providers.sdk.provider import (
    CheckFailure,
    Handler,
    ReadResult,
    Request,
    StandinError,
    StandinProvider,
)

SPECIAL: Final = "!@#$%&*()-_=+[]{}<>:?"
"""The official provider's default set of special characters."""


class RandomHandler(Handler):
    """One type: a value that is made once and stays."""

    kind: ClassVar[str]
    length: ClassVar[str] = "length"
    """The input that says how long the value is."""
    computed: ClassVar[tuple[str, ...]]
    is_secret: ClassVar[bool] = True

    @abstractmethod
    def make(self, inputs: Props) -> tuple[str, Props]:
        """A new value: id and outputs."""

    def defaults(self, inputs: Props) -> Props:
        """Inputs that the official provider fills in."""
        return {}

    def problems(self, inputs: Props) -> Iterator[CheckFailure]:
        """What is wrong with the values of inputs."""
        length = inputs.get(self.length)
        if isinstance(length, int) and length < 1:
            yield CheckFailure(self.length, f"must be at least 1, got {length}")

    def check(self, request: Request) -> tuple[Props, list[CheckFailure]]:
        plain = reveal(request.inputs)
        failures = sdk_inputs.check_inputs(self.kind, plain) or list(self.problems(plain))
        filled = self.defaults(plain)
        given = {k: v for k, v in request.inputs.items() if v is not None or not filled}
        return {**filled, **given}, failures

    def diff(self, request: Request) -> DiffResult:
        old, new = request.old_inputs, request.inputs
        return diff_props(old, new, replace_on=list(new | old), ignore=request.ignore)

    def create(self, request: Request) -> tuple[str, Props]:
        if request.preview:
            id, made = "", dict.fromkeys(self.computed, UNKNOWN)
        else:
            id, made = self.make(reveal(request.inputs))
        hidden = {k: secret(v) if self.is_secret else v for k, v in made.items()}
        return id, {**request.inputs, **hidden}

    def read(self, request: Request) -> ReadResult | None:
        if not request.state:
            raise StandinError(
                f"{self.kind}: the stand-in for random cannot import; let it make a new value"
            )
        return ReadResult(id=request.id, outputs=request.state, inputs=request.inputs)

    def update(self, request: Request) -> Props:
        # Only reached when a changed input was ignored: the value stays.
        kept = {k: request.state[k] for k in self.computed if k in request.state}
        return {**request.inputs, **kept}

    def delete(self, request: Request) -> None:
        return None


class RandomBytes(RandomHandler):
    """Bytes in two encodings."""

    kind = "random:index/randomBytes:RandomBytes"
    computed = ("base64", "hex")

    def make(self, inputs: Props) -> tuple[str, Props]:
        raw = secrets.token_bytes(int(inputs["length"]))
        coded = base64.b64encode(raw).decode()
        return coded, {"base64": coded, "hex": raw.hex()}


class RandomId(RandomHandler):
    """A number that is no secret, in four encodings."""

    kind = "random:index/randomId:RandomId"
    length = "byteLength"
    computed = ("b64Std", "b64Url", "dec", "hex")
    is_secret = False

    def make(self, inputs: Props) -> tuple[str, Props]:
        raw = secrets.token_bytes(int(inputs["byteLength"]))
        id = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        coded = (base64.b64encode(raw).decode(), id, str(int.from_bytes(raw, "big")), raw.hex())
        prefix = inputs.get("prefix") or ""
        return id, {k: prefix + text for k, text in zip(self.computed, coded, strict=True)}


class RandomPassword(RandomHandler):
    """A password of the wanted length with at least the wanted number of each class."""

    kind = "random:index/randomPassword:RandomPassword"
    computed = ("result",)

    def defaults(self, inputs: Props) -> Props:
        # Registry documentation of random_password; `number` is the old name of `numeric`.
        number = inputs.get("number")
        return {
            **dict.fromkeys(("lower", "upper", "numeric", "special"), True),
            **dict.fromkeys(("minLower", "minUpper", "minNumeric", "minSpecial"), 0),
            **({"numeric": number} if isinstance(number, bool) else {}),
        }

    def problems(self, inputs: Props) -> Iterator[CheckFailure]:
        yield from super().problems(inputs)
        length = inputs.get("length")
        if isinstance(length, int):
            classes = list(_classes({k: v for k, v in inputs.items() if v is not UNKNOWN}))
            if not classes:
                yield CheckFailure("length", "no class of characters is left to choose from")
            if sum(least for _, least in classes) > length:
                yield CheckFailure("length", f"{length} is less than the sum of the minimums")

    def make(self, inputs: Props) -> tuple[str, Props]:
        classes = list(_classes(inputs))
        chosen = [secrets.choice(alphabet) for alphabet, least in classes for _ in range(least)]
        every = "".join(alphabet for alphabet, _ in classes)
        chosen += [secrets.choice(every) for _ in range(int(inputs["length"]) - len(chosen))]
        secrets.SystemRandom().shuffle(chosen)
        return "none", {"result": "".join(chosen)}


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


class RandomProvider(StandinProvider):
    """Random values kept in state."""

    name = "random"
    what = "real random values, kept in the stack's state only"
    handlers: ClassVar = {type.kind: type() for type in (RandomBytes, RandomId, RandomPassword)}

    def check_config(self, request: Request) -> tuple[Props, list[CheckFailure]]:
        wrong = request.inputs.keys() - {"version", "pluginDownloadURL"}
        failures = [CheckFailure(key, "the random provider has no settings") for key in wrong]
        return request.inputs, failures

    def handler(self, type: str) -> Handler:
        return self.handlers.get(type) or super().handler(type)
