"""A checked hub with what follows from its stack file for whoever makes, judges or shows it.

Each fact is derived when it is first asked for, and then kept: who passes this object on, rather
than the hub, passes on the same pools and the same access to the registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from model.derived.cluster_identity import identifier
from model.derived.flavour import Flavour, flavour
from model.derived.pools import Pool, build_pool, pools, user_pools
from model.derived.registry_access import RegistryAccess, registry_access
from model.hub import Hub


@dataclass(frozen=True)
class ResolvedHub:
    """The hub (complete, where the program runs), and facts of it."""

    hub: Hub

    @cached_property
    def cluster_identifier(self) -> str:
        """What names its cluster, whatever the kubeconfig says."""
        return identifier(self.hub)

    @cached_property
    def flavour(self) -> Flavour:
        """What its charts are called, and what they can do."""
        return flavour(self.hub)

    @cached_property
    def registry(self) -> RegistryAccess:
        """How images are pushed, looked up and pulled."""
        return registry_access(self.hub)

    @cached_property
    def pools(self) -> list[Pool]:
        """Every pool: those of the present generation, then the draining ones."""
        return pools(self.hub)

    @cached_property
    def user_pools(self) -> list[Pool]:
        """The pools on which servers start: one for each machine type."""
        return user_pools(self.hub)

    @property
    def user_pool(self) -> Pool:
        """The first of them; all share labels, taints and selector."""
        return self.user_pools[0]

    @cached_property
    def build_pool(self) -> Pool:
        """The pool of builds and of the docker API beside them."""
        return build_pool(self.hub)
