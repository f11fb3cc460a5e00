"""When servers stop, where the stack file leaves it to the kind of hub."""

from __future__ import annotations

from model.hub import Hub


def idle_seconds(hub: Hub) -> int:
    """Seconds without activity after which a server stops."""
    written = hub.user.culling.idle
    return written if written is not None else 3600 if hub.members_only else 600


def max_age_seconds(hub: Hub) -> int:
    """Seconds after which a server stops in any case; 0 for never."""
    written = hub.user.culling.max_age
    return written if written is not None else 0 if hub.members_only else 21_600
