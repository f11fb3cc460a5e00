"""The Helm releases of a hub, in the order in which they are installed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from spec import names
from spec.credentials import registry_access
from spec.model.chart import ChartPin, ClassicChart
from spec.model.stack import Hub
from spec.secrets import Secret
from values import pins
from values.binderhub import binderhub_values
from values.binderhub_service import binderhub_service_values
from values.jupyterhub import jupyterhub_values
from values.merge import leaves, merge
from values.registry_helper import registry_helper_values

TIMEOUT = 900
"""Seconds for a release: a pool scales from zero, and images are pulled."""


@dataclass(frozen=True, kw_only=True)
class ReleasePlan:
    """One Helm release.

    `chart` is a name in `repository`, or a path or oci:// reference when `repository` is None.
    Leaves of `values` are JSON types, except secrets: `spec.secrets.Secret(name)`.
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
        return tuple(sorted({v.name for _, v in leaves(self.values) if isinstance(v, Secret)}))


def releases(hub: Hub, given: frozenset[str] = frozenset()) -> list[ReleasePlan]:
    """Every release of the hub. `given` are the names of the flat secrets that are set."""
    plans: list[ReleasePlan] = []
    if registry_access(hub).helper:
        plans.append(
            _plan(
                hub,
                names.REGISTRY_HELPER,
                pins.REGISTRY_HELPER,
                hub.chart.registry_helper,
                registry_helper_values(hub),
                after=(),
            )
        )
    before = tuple(p.name for p in plans)
    if isinstance(hub.chart, ClassicChart):
        plans.append(
            _plan(
                hub,
                names.BINDERHUB,
                pins.BINDERHUB,
                hub.chart,
                binderhub_values(hub, given),
                after=before,
            )
        )
        return plans
    plans.append(
        _plan(
            hub,
            names.JUPYTERHUB,
            pins.JUPYTERHUB,
            hub.chart.jupyterhub,
            jupyterhub_values(hub),
            after=before,
        )
    )
    plans.append(
        _plan(
            hub,
            names.BINDERHUB_SERVICE,
            pins.BINDERHUB_SERVICE,
            hub.chart,
            binderhub_service_values(hub, given),
            after=(*before, names.JUPYTERHUB),
        )
    )
    return plans


def _plan(
    hub: Hub,
    name: str,
    pin: pins.Pin,
    wanted: ChartPin,
    values: dict[str, Any],
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
        values=merge(values, extra),
        after=after,
    )
