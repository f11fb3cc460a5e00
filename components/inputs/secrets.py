"""Where the secrets that an operator gives come from."""

from __future__ import annotations

import json
import subprocess
from typing import Protocol

import pulumi

from model.hub import Hub
from model.stackfile.read import PROJECT


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


class FileSecrets:
    """Secrets of a sops file, with those of the stack's configuration beside them.

    sops decrypts to a pipe: the text is in this process's memory only, never on disk or in a log.
    Keys (age, GCP KMS, AWS KMS, PGP) are found by sops itself, as for its own command.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._values = decrypt(path)
        self._config = ConfigSecrets()

    def require(self, name: str) -> pulumi.Output[str]:
        """The secret; `pulumi.RunError` when it is neither in the file nor set."""
        value = self._values.get(name)
        return self._config.require(name) if value is None else pulumi.Output.secret(value)

    def plain(self) -> dict[str, str]:
        """The values, for checks that must not print them."""
        return dict(self._values)


def decrypt(path: str) -> dict[str, str]:
    """Flat secrets of a sops file; `pulumi.RunError` in one sentence when sops cannot."""
    command = ["sops", "--decrypt", "--input-type", "yaml", "--output-type", "json", path]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except OSError as exc:
        raise pulumi.RunError(
            f"secretsFile: {path!r} needs sops, which cannot be started ({exc.strerror}). Install "
            "it from https://getsops.io, or set each secret with `pulumi config set --secret`."
        ) from None
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise pulumi.RunError(
            f"secretsFile: sops cannot decrypt {path!r}: {' '.join(lines[:3]) or 'no reason given'} "
            "Check that the key is at hand (SOPS_AGE_KEY_FILE, or a login to the cloud's KMS)."
        )
    return {k: v for k, v in json.loads(done.stdout).items() if isinstance(v, str)}


def source_of(hub: Hub) -> SecretSource:
    """The source that the stack file names."""
    return FileSecrets(hub.secrets_file) if hub.secrets_file else ConfigSecrets()
