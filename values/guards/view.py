"""Merged Helm values as the guards look at them, the same for both flavours of chart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from model.derived import names
from model.findings import ABSENT, Finding
from model.hub import Hub
from model.rules import RULES
from model.secrets import Secret
from model.sections.chart import ClassicChart


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
    """A value for a finding: never a credential."""
    if isinstance(value, Secret):
        return str(value)
    return ABSENT if value is None else value


@dataclass(frozen=True, kw_only=True)
class View:
    """`hub_values` are those of JupyterHub, `binder` those of BinderHub, wherever they lie."""

    hub: Hub
    hub_values: Any
    binder: Any
    hub_path: str
    binder_path: str
    helper: Any = None
    """Values of the registry helper, where there is one."""

    @property
    def classic(self) -> bool:
        """Whether one chart brings both."""
        return isinstance(self.hub.chart, ClassicChart)

    def config(self, class_name: str, trait: str) -> Any:
        """A trait of BinderHub's own configuration."""
        return at(self.binder, "config", class_name, trait)

    def in_hub(self, *keys: str) -> Any:
        """What lies in JupyterHub's values."""
        return at(self.hub_values, *keys)

    def env(self, name: str) -> Any:
        """A variable of BinderHub's environment: its value, or None."""
        given = at(self.binder, "extraEnv")
        if isinstance(given, Mapping):
            return given.get(name)
        # Of a name that is written twice, Kubernetes takes the last.
        entries: list[Any] = given if isinstance(given, list) else []
        for entry in reversed(entries):
            if at(entry, "name") == name:
                return at(entry, "value") or at(entry, "valueFrom")
        return None


Guard = Callable[[View], Iterator[Finding]]


def view(hub: Hub, merged: Mapping[str, Any]) -> View:
    """The view of one hub's merged values by release name."""
    if isinstance(hub.chart, ClassicChart):
        values = merged.get(names.BINDERHUB)
        path = f"extraValues.{names.BINDERHUB}"
        return View(
            hub=hub,
            hub_values=at(values, "jupyterhub"),
            binder=values,
            hub_path=f"{path}.jupyterhub",
            binder_path=path,
            helper=merged.get(names.REGISTRY_HELPER),
        )
    return View(
        hub=hub,
        hub_values=merged.get(names.JUPYTERHUB),
        binder=merged.get(names.BINDERHUB_SERVICE),
        hub_path=f"extraValues.{names.JUPYTERHUB}",
        binder_path=f"extraValues.{names.BINDERHUB_SERVICE}",
        helper=merged.get(names.REGISTRY_HELPER),
    )


def found(rule: str, path: str, value: Any, reason: str, fix: str = "leave it out.") -> Finding:
    """A finding of the catalogue's rule; derived values are right when they are left alone."""
    return RULES[rule].finding(path, seen(value), reason, fix)
