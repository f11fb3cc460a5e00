"""The Helm releases of a hub, in the order in which they are installed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, assert_never

from model.derived.flavour import chart_pins, release_names
from model.derived.resolved import ResolvedHub
from model.hub import Hub, ReleaseName
from model.secrets import Secret
from values import pins
from values.charts.binderhub import binderhub_values
from values.charts.binderhub_service import binderhub_service_values
from values.charts.jupyterhub import jupyterhub_values
from values.charts.registry_helper import registry_helper_values
from values.merge import leaves, merge
from values.sections.restarts import restarts

TIMEOUT = 900
"""Seconds for a release: a pool scales from zero, and images are pulled."""


@dataclass(frozen=True, kw_only=True)
class ReleasePlan:
    """One Helm release.

    `chart` is a name in `repository`, or a path or oci:// reference when `repository` is None.
    Leaves of `values` are JSON types, except secrets: `model.secrets.Secret(name)`.
    `after` names the releases that must be there first.
    """

    name: str
    chart: str
    version: str | None
    repository: str | None
    values: dict[str, Any]
    timeout: int = TIMEOUT
    after: tuple[str, ...] = field(default=())

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of the secrets in the values."""
        return tuple(sorted(secrets_in(self.values)))


def releases(hub: Hub, secrets_set: frozenset[str] = frozenset()) -> list[ReleasePlan]:
    """Every release of the hub, each after those before it. `secrets_set` are the names of the flat
    secrets that are set."""
    resolved = ResolvedHub(hub)
    derived = {name: _derived(resolved, name, secrets_set) for name in release_names(hub)}
    used = {name for values in derived.values() for name in secrets_in(values)}
    plans: list[ReleasePlan] = []
    for name, values in derived.items():
        before = tuple(plan.name for plan in plans)
        plans.append(_plan(hub, name, values, restarts(resolved, name, used), before))
    return plans


def _derived(
    resolved: ResolvedHub, name: ReleaseName, secrets_set: frozenset[str]
) -> dict[str, Any]:
    match name:
        case "registry-helper":
            return registry_helper_values(resolved.hub)
        case "jupyterhub":
            return jupyterhub_values(resolved)
        case "binderhub-service":
            return binderhub_service_values(resolved, secrets_set)
        case "binderhub":
            return binderhub_values(resolved, secrets_set)
        case _:
            assert_never(name)


def secrets_in(values: Any) -> set[str]:
    """Names of the secrets in values."""
    return {leaf.name for _, leaf in leaves(values) if type(leaf) is Secret}


def _plan(
    hub: Hub,
    name: ReleaseName,
    values: dict[str, Any],
    anew: dict[str, Any],
    after: tuple[str, ...],
) -> ReleasePlan:
    pin, (_, wanted) = pins.PINS[name], chart_pins(hub)[name]
    chart, version, repository = pin.chart, wanted.version or pin.version, pin.repository
    source, exact, url = wanted.source, True, True
    if source and not source.startswith(("http://", "https://")):
        # A path or an oci:// reference names the chart itself; a path has its own version.
        chart, url, exact = source, False, source.startswith("oci://")
    elif source:
        repository = source
    return ReleasePlan(
        name=name,
        chart=chart,
        version=version if exact else None,
        repository=repository if url else None,
        values=merge(values, merge(anew, hub.extra_values.get(name, {}))),
        after=after,
    )
