"""Stand-in for pulumi-resource-kubernetes: objects by server-side apply, releases by helm."""

from __future__ import annotations

from lab.providers.kubernetes.provider import KubernetesProvider

__all__ = ["KubernetesProvider", "provider"]


def provider() -> KubernetesProvider:
    """The provider object that ``python -m lab.providers kubernetes`` serves."""
    return KubernetesProvider()
