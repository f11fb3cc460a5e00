"""Secrets that nobody needs to choose: made once, kept in state, renewed by `rotate`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_random as random

_DIGITS = 64
_HEXADECIMAL = "abcdef"


@dataclass(frozen=True, kw_only=True)
class GeneratedSecretsArgs:
    """Names of the secrets (of `model.secrets`), and a number for each one renewed."""

    wanted: Collection[str]
    rotate: Mapping[str, int]


class GeneratedSecrets(pulumi.ComponentResource):
    """64 random hexadecimal digits (32 bytes) for each name.

    The charts would make blanks up themselves, but anew at every render, so nothing may be blank.
    Passwords, because the id of a `RandomBytes` is its value, and ids are never encrypted: they
    stand in clear in states, their backups and previews. A password's id is "none"
    (docs/decisions/generated-secrets.md).
    """

    values: dict[str, pulumi.Output[str]]
    """By name; each is a secret."""

    def __init__(
        self, name: str, args: GeneratedSecretsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("binderhub:secrets:GeneratedSecrets", name, None, opts)
        self.values = {}
        for key in sorted(args.wanted):
            made = random.RandomPassword(
                f"{name}-{key}",
                length=_DIGITS,
                lower=False,
                upper=False,
                override_special=_HEXADECIMAL,
                keepers={"rotate": str(args.rotate.get(key, 0))},
                opts=pulumi.ResourceOptions(parent=self),
            )
            self.values[key] = pulumi.Output.secret(made.result)
        self.register_outputs({})
