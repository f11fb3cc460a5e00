"""Secrets that nobody needs to choose: made once, kept in state, renewed by `rotate`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_random as random

_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class GeneratedSecretsArgs:
    """Names of the secrets (`spec.secrets.GENERATED`), and a number for each one renewed."""

    wanted: Collection[str]
    rotate: Mapping[str, int]


class GeneratedSecrets(pulumi.ComponentResource):
    """32 random bytes for each name, as 64 hexadecimal digits.

    The charts would make blanks up themselves, but anew at every render, so nothing may be blank.
    """

    values: dict[str, pulumi.Output[str]]
    """By name; each is a secret."""

    def __init__(
        self, name: str, args: GeneratedSecretsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("binderhub:secrets:GeneratedSecrets", name, None, opts)
        self.values = {}
        for key in sorted(args.wanted):
            made = random.RandomBytes(
                f"{name}-{key}",
                length=_BYTES,
                keepers={"rotate": str(args.rotate.get(key, 0))},
                opts=pulumi.ResourceOptions(parent=self),
            )
            self.values[key] = pulumi.Output.secret(made.hex)
        self.register_outputs({})
