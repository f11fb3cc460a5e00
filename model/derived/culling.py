"""When servers stop, where the stack file leaves it to the kind of hub."""

from __future__ import annotations

from model.hub import Hub


def idle_seconds(hub: Hub) -> int:
    """Seconds without activity after which a server stops."""
    given = hub.user.culling.idle
    return given if given is not None else 3600 if hub.members_only else 600


def max_age_seconds(hub: Hub) -> int:
    """Seconds after which a server stops in any case; 0 for never."""
    given = hub.user.culling.max_age
    return given if given is not None else 0 if hub.members_only else 21_600
