"""A repository that a hub lets anyone launch: for a try-out, and for the sentence that names one."""

from __future__ import annotations

from urllib.parse import quote

from model.hub import Hub
from model.repository_patterns import compile_pattern

EXAMPLE = "binder-examples/requirements"
"""Small, kept by the Binder project, and open to everybody."""


def launchable(hub: Hub) -> str | None:
    """Its path in a launch address (`gh/owner/repo/HEAD`); None when the patterns of the hub name
    no single repository."""
    if not hub.launch.repositories:
        return f"gh/{EXAMPLE}/HEAD"
    patterns = [compile_pattern(text) for text in hub.launch.repositories]
    for pattern in patterns:
        if pattern.provider.name == "github":
            if pattern.matches(f"{EXAMPLE}/HEAD"):
                return f"gh/{EXAMPLE}/HEAD"
            if "*" not in pattern.path:
                return f"gh/{pattern.path}/{pattern.ref or 'HEAD'}"
        if pattern.provider.name == "gitlab" and "*" not in pattern.path:
            return f"gl/{quote(pattern.path, safe='')}/{pattern.ref or 'HEAD'}"
    return None
