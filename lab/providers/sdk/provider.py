"""What every stand-in is made of: ``StandinProvider`` and the failures it may raise.

A stand-in overrides the methods it needs; all of them work on plain Python values (see
``lab.providers.sdk.property_values``) and may be called from several threads at once. The server around
it (``lab.providers.sdk.grpc_server``) speaks the protocol: it hides tracebacks, keeps every input
that is secret secret in the outputs, and says once that this is a stand-in.

Does not do: components (``Construct``), ``Call``, schemas, mappings.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.providers.sdk.property_diff import DiffResult, Kind, diff_props, format_path, parse_path
from lab.providers.sdk.property_values import (
    UNKNOWN,
    Props,
    SecretValue,
    Unknown,
    from_struct,
    has_secrets,
    has_unknowns,
    known,
    mark_secrets,
    reveal,
    same,
    secret,
    secret_strings,
    to_struct,
)

__all__ = [
    "UNKNOWN",
    "CheckFailure",
    "DiffResult",
    "InitFailed",
    "InvokeFailed",
    "Kind",
    "Props",
    "ReadResult",
    "Resource",
    "SecretValue",
    "StandinError",
    "StandinProvider",
    "Unknown",
    "config_bool",
    "config_json",
    "diff_props",
    "format_path",
    "from_struct",
    "has_secrets",
    "has_unknowns",
    "known",
    "mark_secrets",
    "parse_path",
    "reveal",
    "same",
    "secret",
    "secret_strings",
    "to_struct",
]


class StandinError(Exception):
    """A failure whose message is shown to the user as it is: one clear sentence."""


class InitFailed(StandinError):
    """The resource exists but is not ready: kept in state, and the operation fails.

    Raised by create, update or read; the engine then updates it next time.
    """

    def __init__(
        self, message: str, *, id: str, outputs: Props, inputs: Props | None = None
    ) -> None:
        super().__init__(message)
        self.id = id
        self.outputs = outputs
        self.inputs = inputs


@dataclass(frozen=True)
class CheckFailure:
    """One wrong input: ``property`` is its path, ``reason`` a sentence."""

    property: str
    reason: str


class InvokeFailed(StandinError):
    """Wrong arguments of a look-up, one failure for each."""

    def __init__(self, failures: Iterable[CheckFailure]) -> None:
        self.failures = list(failures)
        super().__init__("; ".join(f"{f.property}: {f.reason}" for f in self.failures))


@dataclass(frozen=True, kw_only=True)
class Resource:
    """Who is asked about: URN, type token and logical name."""

    urn: str
    type: str
    name: str


@dataclass(frozen=True, kw_only=True)
class ReadResult:
    """A resource as it is now. ``inputs`` are what a program would have written for it."""

    id: str
    outputs: Props
    inputs: Props


class StandinProvider:
    """One stand-in; subclass, set ``name``, override what the provider can do.

    ``log(severity, message, urn)`` writes to the engine's log; severities are
    ``debug``, ``info``, ``warning`` and ``error``. ``cancelled`` is set when the engine
    asks to stop: a long operation should end then.
    """

    name: str = ""
    """Package name, ``kubernetes`` for ``pulumi-resource-kubernetes``."""
    what: str = ""
    """Half a sentence for the log line: what it does instead of the official plugin."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self.log: Callable[[str, str, str], None] = lambda severity, message, urn: None

    # Provider configuration

    def check_config(self, olds: Props, news: Props) -> tuple[Props, list[CheckFailure]]:
        """Validate the provider's own inputs. Structured settings arrive as JSON text."""
        return news, []

    def diff_config(self, olds: Props, news: Props, ignore_changes: list[str]) -> DiffResult:
        """Difference of the provider's inputs; by default never a replacement."""
        return diff_props(olds, news, ignore=ignore_changes)

    def configure(self, args: Props) -> None:
        """Take the configuration; called once before any resource."""

    def cancel(self) -> None:
        """The engine wants to stop. Overrides call super."""
        self.cancelled.set()

    def close(self) -> None:
        """The plugin ends: stop children, remove private files. Overrides call super."""
        self.cancelled.set()

    # Resources

    def check(
        self, resource: Resource, olds: Props, news: Props
    ) -> tuple[Props, list[CheckFailure]]:
        """Validate and complete inputs. ``olds`` are the last inputs ({} when new).

        Unknowns may be anywhere in ``news`` during a preview. The result replaces the
        inputs, so anything taken from ``news`` keeps its ``Secret``.
        """
        return news, []

    def replace_on(self, type: str) -> Iterable[str]:
        """Input paths of this type whose change forces a replacement (default diff)."""
        return ()

    def diff(
        self,
        resource: Resource,
        id: str,
        old_inputs: Props,
        olds: Props,
        news: Props,
        ignore_changes: list[str],
    ) -> DiffResult:
        """What changes. ``olds`` is the old state (outputs); default compares inputs."""
        return diff_props(
            old_inputs,
            news,
            replace_on=self.replace_on(resource.type),
            ignore=ignore_changes,
        )

    def create(
        self, resource: Resource, inputs: Props, preview: bool, timeout: float | None
    ) -> tuple[str, Props]:
        """Make it and return id and outputs. In a preview: touch nothing, id is ignored,
        outputs not known yet are ``UNKNOWN``. ``timeout`` in seconds, None when unset."""
        raise StandinError(self.not_known(resource.type))

    def read(self, resource: Resource, id: str, inputs: Props, olds: Props) -> ReadResult | None:
        """The resource as it is now, None when it is gone. Both maps are empty for an
        import or a ``get``."""
        raise StandinError(self.not_known(resource.type))

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
        """Change it in place and return the outputs."""
        raise StandinError(self.not_known(resource.type))

    def delete(
        self,
        resource: Resource,
        id: str,
        old_inputs: Props,
        olds: Props,
        timeout: float | None,
    ) -> None:
        """Remove it; being gone already is success."""
        raise StandinError(self.not_known(resource.type))

    def invoke(self, token: str, args: Props, preview: bool) -> Props:
        """Answer a look-up; raise ``InvokeFailed`` for wrong arguments."""
        raise StandinError(self.not_known(token))

    def not_known(self, token: str) -> str:
        """The message for a type or function outside what this stand-in covers."""
        return (
            f"{token}: the stand-in for pulumi-resource-{self.name} does not know it; "
            f"install the official plugin (LAB_PLUGINS=official) to use it"
        )


def config_bool(args: Mapping[str, Any], key: str, default: bool = False) -> bool:
    """A boolean of the provider configuration, which arrives as text (``"true"``)."""
    value = reveal(args.get(key))
    if isinstance(value, bool):
        return value
    if value in (None, "") or value is UNKNOWN:
        return default
    return str(value).strip().lower() in ("true", "1", "yes")


def config_json(args: Mapping[str, Any], key: str) -> Any:
    """A structured value of the provider configuration, which arrives as JSON text.

    None when unset or unknown. Raises StandinError when the text is not JSON.
    """
    value = reveal(args.get(key))
    if value in (None, "") or value is UNKNOWN:
        return None
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as exc:
        raise StandinError(f"provider setting {key!r} is not JSON: {exc}") from None
