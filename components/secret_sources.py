"""Where the secrets that an operator gives come from."""

from __future__ import annotations

from typing import Protocol

import pulumi

from spec.model.stack import Hub
from spec.read import PROJECT


class SecretSource(Protocol):
    """Gives a secret by the name of its flat key, always as a secret output."""

    def require(self, name: str) -> pulumi.Output[str]:
        """The secret; `pulumi.RunError` when it is not set."""
        ...


class ConfigSecrets:
    """The stack's own flat secret keys (`pulumi config set --secret NAME`)."""

    def __init__(self) -> None:
        self._config = pulumi.Config(PROJECT)

    def require(self, name: str) -> pulumi.Output[str]:
        """The secret; `pulumi.RunError` when it is not set."""
        value: pulumi.Output[str] | None = self._config.get_secret(name)
        if value is None:
            raise pulumi.RunError(
                f"{name} is not set, and the hub needs it. Run `pulumi config set --secret {name}`."
            )
        return value


def source_of(hub: Hub) -> SecretSource:
    """The source that the stack file names."""
    if hub.secrets_file:
        raise pulumi.RunError(
            f"secretsFile: {hub.secrets_file!r}: files of secrets cannot be read yet. Remove the "
            "key, and set each secret with `pulumi config set --secret NAME`."
        )
    return ConfigSecrets()
