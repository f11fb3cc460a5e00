"""What a cloud does for a hub. `components/gcp` and `components/aws` each have one; neither
knows the other, and a stack imports only those that it needs (`components/clouds.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import pulumi

from components.dns_records import Target
from model.hub import Hub


@dataclass(frozen=True, kw_only=True)
class ClusterAccess:
    """How to reach the cluster: text or path of a kubeconfig (None: the usual files), context."""

    kubeconfig: str | None = None
    context: str | None = None


@dataclass(frozen=True, kw_only=True)
class RegistryParts:
    """What a registry of ours gives: secrets by name, and what must be there before releases."""

    secrets: Mapping[str, pulumi.Output[str]] = field(default_factory=dict)
    ready: tuple[pulumi.Resource, ...] = ()


class Cloud(Protocol):
    """One cloud, connected by its one explicit provider."""

    @property
    def provider(self) -> pulumi.ProviderResource:
        """The provider that all of a hub's resources in this cloud use."""
        ...

    def complete(self, hub: Hub) -> Hub:
        """The hub with what its stack file left out and only the cloud knows."""
        ...

    def check(self, hub: Hub) -> None:
        """`pulumi.RunError` when what runs there now must not be changed as the hub asks."""
        ...

    def access(self, hub: Hub) -> ClusterAccess:
        """Look the cluster up; `pulumi.RunError` when it cannot be found."""
        ...

    def node_pools(self, hub: Hub, opts: pulumi.ResourceOptions) -> pulumi.Resource:
        """Make the hub's pools."""
        ...

    def registry(
        self,
        hub: Hub,
        token: pulumi.Output[str] | None,
        namespace: pulumi.Resource,
        opts: pulumi.ResourceOptions,
    ) -> RegistryParts:
        """Make the hub's registry. `token` is the registry helper's (ECR), else None; what is made
        in the cluster comes after `namespace`."""
        ...

    def dns(self, hub: Hub, target: Target, opts: pulumi.ResourceOptions) -> pulumi.Resource:
        """Make the records of both domains."""
        ...
