"""Existing values by their role, as the readers of sections see them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hubctl.takeover.helm_values.layers import Flavour
from hubctl.takeover.helm_values.paths import get

Section = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Source:
    """Values by their role: `hub` are the jupyterhub chart's, `binder` those of the chart that
    runs BinderHub; `umbrella` what stood around them. `flags` are the person's answers."""

    name: str
    flavour: Flavour
    hub: Mapping[str, Any]
    binder: Mapping[str, Any]
    umbrella: Mapping[str, Any]
    flags: Mapping[str, str] = field(default_factory=dict)

    def config(self, path: str) -> Any:
        """A trait of BinderHub."""
        return get(self.binder, f"config.{path}")


def only_set(**values: Any) -> Section:
    """A section of only those keys that have a value."""
    return {k: v for k, v in values.items() if v is not None and v != {} and v != []}
