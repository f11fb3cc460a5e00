"""Stand-in for pulumi-resource-gcp: records resources, checks every request it would make.

Request bodies are built as the official provider builds them and checked against Google's
published discovery documents (``discovery.py``); values against the documented rules
(``rules.py``). Nothing leaves the machine.
"""

from __future__ import annotations

from lab.providers.sdk.provider import StandinProvider


def provider() -> StandinProvider:
    """The stand-in, for ``python -m lab.providers gcp``."""
    from lab.providers.gcp.provider import GcpProvider

    return GcpProvider()
