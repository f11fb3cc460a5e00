"""Whether a host on the internet answers, decided quickly and once per run."""

from __future__ import annotations

import socket
from functools import cache

CONNECT_SECONDS = 3.0


@cache
def reachable(host: str, port: int = 443) -> bool:
    """True when a connection opens; an offline machine says no within seconds."""
    try:
        socket.create_connection((host, port), timeout=CONNECT_SECONDS).close()
    except OSError:
        return False
    return True
