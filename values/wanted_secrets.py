"""Which secrets the releases of a hub use, by where each comes from.

Only the values tell: what the operator merges over them (`extraValues`) may leave one out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from model.derived.registry_access import registry_access
from model.hub import Hub
from model.secrets import GENERATED, REGISTRY_KEY
from values.releases import ReleasePlan, releases


@dataclass(frozen=True, kw_only=True)
class WantedSecrets:
    """Names of secrets."""

    generated: frozenset[str]
    """Random ones, that the program makes."""
    of_registry: frozenset[str]
    """Those that the cloud makes for a registry of ours."""
    of_operator: frozenset[str]
    """Those that somebody has to set: flat keys, of the model or of `user.environment`."""

    @property
    def rotated(self) -> frozenset[str]:
        """Those that a number under `rotate` renews."""
        return self.generated | self.of_registry


def wanted_secrets(hub: Hub, plans: Iterable[ReleasePlan]) -> WantedSecrets:
    """The secrets of these releases of the hub."""
    used = frozenset(name for plan in plans for name in plan.secrets)
    generated = used & GENERATED.keys()
    made = {REGISTRY_KEY.name} if registry_access(hub).password == REGISTRY_KEY else set()
    return WantedSecrets(
        generated=generated, of_registry=used & made, of_operator=used - generated - made
    )


def secrets_to_set(hub: Hub, secrets_set: Iterable[str]) -> list[str]:
    """Flat secrets that the hub's values need and that are not set yet."""
    have = frozenset(secrets_set)
    return sorted(wanted_secrets(hub, releases(hub, have)).of_operator - have)
