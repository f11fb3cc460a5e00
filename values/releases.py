"""The Helm releases of a hub, in the order in which they are installed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from model.derived import names
from model.derived.registry_access import registry_access
from model.hub import Hub
from model.secrets import FINGERPRINT_KEY, GENERATED, Secret
from model.sections.chart import ChartPin, ClassicChart
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


def releases(hub: Hub, given: frozenset[str] = frozenset()) -> list[ReleasePlan]:
    """Every release of the hub, each after those before it. `given` are the names of the flat
    secrets that are set."""
    charts: dict[str, tuple[pins.PinnedChart, ChartPin]] = {}
    derived: dict[str, dict[str, Any]] = {}

    def add(name: str, pin: pins.PinnedChart, wanted: ChartPin, values: dict[str, Any]) -> None:
        charts[name], derived[name] = (pin, wanted), values

    if registry_access(hub).helper:
        wanted = hub.chart.registry_helper
        add(names.REGISTRY_HELPER, pins.REGISTRY_HELPER, wanted, registry_helper_values(hub))
    if isinstance(hub.chart, ClassicChart):
        add(names.BINDERHUB, pins.BINDERHUB, hub.chart, binderhub_values(hub, given))
    else:
        add(names.JUPYTERHUB, pins.JUPYTERHUB, hub.chart.jupyterhub, jupyterhub_values(hub))
        values = binderhub_service_values(hub, given)
        add(names.BINDERHUB_SERVICE, pins.BINDERHUB_SERVICE, hub.chart, values)
    used = {name for values in derived.values() for name in secrets_in(values)}
    plans: list[ReleasePlan] = []
    for name, values in derived.items():
        before = tuple(plan.name for plan in plans)
        plans.append(_plan(hub, name, *charts[name], values, restarts(hub, name, used), before))
    return plans


def generated(plans: Iterable[ReleasePlan]) -> set[str]:
    """Names of the secrets that the program makes for these releases."""
    used = {name for plan in plans for name in plan.secrets}
    return {FINGERPRINT_KEY, *(used & GENERATED.keys())}


def secrets_in(values: Any) -> set[str]:
    """Names of the secrets in values."""
    return {leaf.name for _, leaf in leaves(values) if type(leaf) is Secret}


def _plan(
    hub: Hub,
    name: str,
    pin: pins.PinnedChart,
    wanted: ChartPin,
    values: dict[str, Any],
    anew: dict[str, Any],
    after: tuple[str, ...],
) -> ReleasePlan:
    chart, version, repository = pin.chart, wanted.version or pin.version, pin.repository
    source, exact, url = wanted.source, True, True
    if source and not source.startswith(("http://", "https://")):
        # A path or an oci:// reference names the chart itself; a path has its own version.
        chart, url, exact = source, False, source.startswith("oci://")
    elif source:
        repository = source
    extra: Mapping[str, Any] = dict(hub.extra_values).get(name, {})  # type: ignore[call-overload]
    return ReleasePlan(
        name=name,
        chart=chart,
        version=version if exact else None,
        repository=repository if url else None,
        values=merge(values, merge(anew, extra)),
        after=after,
    )
