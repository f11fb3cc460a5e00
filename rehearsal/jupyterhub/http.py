"""HTTP to this machine: never through a proxy of the environment, never with a .netrc."""

from __future__ import annotations

from typing import Any

import requests

SECONDS = 60.0


def ask(method: str, url: str, **given: Any) -> requests.Response:
    """`requests.request` without the environment, waiting at most 60 s unless told."""
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, **{"timeout": SECONDS, **given})
