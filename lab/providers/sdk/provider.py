"""What every stand-in is made of: a provider, its handlers, and the failures they may raise.

All of it works on plain Python values (``property_values``) and may be called from several
threads at once. The server around it (``grpc_server``) speaks the protocol: it hides tracebacks,
keeps every input that is secret secret in the outputs, and says once that this is a stand-in.

Does not do: components (``Construct``), ``Call``, schemas, mappings.
"""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.providers.sdk.property_diff import DiffResult, diff_props
from lab.providers.sdk.property_values import UNKNOWN, Props, reveal

Log = Callable[[str, str, str], None]
"""Severity, message, URN."""


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
    """Wrong arguments of a lookup, one failure for each."""

    def __init__(self, failures: Iterable[CheckFailure]) -> None:
        self.failures = list(failures)
        super().__init__("; ".join(f"{f.property}: {f.reason}" for f in self.failures))


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the engine asks about one resource; a map that an operation does not have is empty.

    ``inputs`` are the program's (unknowns may be anywhere in them during a preview),
    ``old_inputs`` those of the last update, ``state`` the outputs that the engine keeps.
    ``timeout`` is in seconds, None when unset.
    """

    type: str
    name: str = ""
    urn: str = ""
    id: str = ""
    inputs: Props = field(default_factory=dict)
    old_inputs: Props = field(default_factory=dict)
    state: Props = field(default_factory=dict)
    preview: bool = False
    timeout: float | None = None
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReadResult:
    """A resource as it is now. ``inputs`` are what a program would have written for it."""

    id: str
    outputs: Props
    inputs: Props


class Handler(ABC):
    """Resources of one type, or of several that are handled alike."""

    @abstractmethod
    def check(self, request: Request) -> tuple[Props, list[CheckFailure]]:
        """Validate and complete inputs. The result replaces the inputs, so anything taken from
        them keeps its ``SecretValue``."""

    @abstractmethod
    def diff(self, request: Request) -> DiffResult:
        """What changes, and whether that is a replacement."""

    @abstractmethod
    def create(self, request: Request) -> tuple[str, Props]:
        """Make it and return id and outputs. In a preview: touch nothing, id is ignored,
        outputs not known yet are ``UNKNOWN``."""

    @abstractmethod
    def read(self, request: Request) -> ReadResult | None:
        """The resource as it is now, None when it is gone. Inputs and state are empty for an
        import or a ``get``."""

    @abstractmethod
    def update(self, request: Request) -> Props:
        """Change it in place and return the outputs."""

    @abstractmethod
    def delete(self, request: Request) -> None:
        """Remove it; being gone already is success."""


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
        self.log: Log = lambda severity, message, urn: None

    def check_config(self, request: Request) -> tuple[Props, list[CheckFailure]]:
        """Validate the provider's own inputs. Structured settings arrive as JSON text."""
        return request.inputs, []

    def diff_config(self, request: Request) -> DiffResult:
        """Difference of the provider's inputs; by default never a replacement."""
        return diff_props(request.old_inputs, request.inputs, ignore=request.ignore)

    def configure(self, args: Props) -> None:
        """Take the configuration; called once before any resource."""

    def cancel(self) -> None:
        """The engine wants to stop. Overrides call super."""
        self.cancelled.set()

    def close(self) -> None:
        """The plugin ends: stop children, remove private files. Overrides call super."""
        self.cancelled.set()

    def handler(self, type: str) -> Handler:
        """Who answers for resources of this type."""
        raise StandinError(self.not_known(type))

    def invoke(self, token: str, args: Props) -> Props:
        """Answer a lookup; raise ``InvokeFailed`` for wrong arguments."""
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
