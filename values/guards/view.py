"""Merged Helm values as the guards look at them, the same for both flavours of chart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from model.derived import names
from model.derived.flavour import CLASSIC
from model.derived.resolved import ResolvedHub
from model.findings import ABSENT, Finding
from model.hub import Hub
from model.rules import RULES
from model.secrets import Secret


def at(values: Any, *keys: str) -> Any:
    """What lies there, or None; never raises, whatever the values are made of."""
    for key in keys:
        if not isinstance(values, Mapping):
            return None
        values = values.get(key)
    return values


def mapping(value: Any) -> Mapping[str, Any]:
    """`value` if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def seen(value: Any) -> Any:
    """A value for a finding; a secret is only named."""
    if isinstance(value, Secret):
        return str(value)
    return ABSENT if value is None else value


@dataclass(frozen=True, kw_only=True)
class View:
    """`hub_values` are those of JupyterHub, `binder` those of BinderHub, wherever they lie."""

    resolved: ResolvedHub
    hub_values: Any
    binder: Any
    hub_path: str
    binder_path: str
    helper: Any = None
    """Values of the registry helper, where there is one."""

    @property
    def hub(self) -> Hub:
        """The hub whose values these are."""
        return self.resolved.hub

    @property
    def classic(self) -> bool:
        """Whether one chart brings both."""
        return self.resolved.flavour is CLASSIC

    def config(self, class_name: str, trait: str) -> Any:
        """A trait of BinderHub's own configuration."""
        return at(self.binder, "config", class_name, trait)

    def in_hub(self, *keys: str) -> Any:
        """What lies in JupyterHub's values."""
        return at(self.hub_values, *keys)

    def env(self, name: str) -> Any:
        """A variable of BinderHub's environment: its value, or None."""
        variables = at(self.binder, "extraEnv")
        if isinstance(variables, Mapping):
            return variables.get(name)
        # Of a name that is written twice, Kubernetes takes the last.
        entries: list[Any] = variables if isinstance(variables, list) else []
        for entry in reversed(entries):
            if at(entry, "name") == name:
                return at(entry, "value") or at(entry, "valueFrom")
        return None


Guard = Callable[[View], Iterator[Finding]]


def view(hub: Hub, merged: Mapping[str, Any]) -> View:
    """The view of one hub's merged values by release name."""
    resolved = ResolvedHub(hub)
    kind = resolved.flavour
    return View(
        resolved=resolved,
        hub_values=at(merged, kind.hub_release, *kind.hub_section),
        binder=merged.get(kind.binder_release),
        hub_path=".".join(("extraValues", kind.hub_release, *kind.hub_section)),
        binder_path=f"extraValues.{kind.binder_release}",
        helper=merged.get(names.REGISTRY_HELPER),
    )


def found(rule: str, path: str, value: Any, reason: str, fix: str = "leave it out.") -> Finding:
    """A finding of the catalogue's rule; derived values are right when they are left alone."""
    return RULES[rule].finding(path, seen(value), reason, fix)
