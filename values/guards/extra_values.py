"""Findings on `extraValues`, which need the Helm values that they are merged into."""

from __future__ import annotations

from collections.abc import Iterable

from model.findings import Finding
from model.hub import Hub
from values.guards.run import guard
from values.releases import releases


def check_values(hub: Hub, secrets_set: Iterable[str] = ()) -> list[Finding]:
    """Findings on the values of a hub without errors; `secrets_set` names its flat secrets.

    Only `extraValues` can bring any: without them there is nothing to look at.
    """
    if not hub.extra_values:
        return []
    derived = hub.model_copy(update={"extra_values": {}})
    before = {plan.name: plan.values for plan in releases(derived, frozenset(secrets_set))}
    return guard(hub, before, {str(k): v for k, v in hub.extra_values.items()})
