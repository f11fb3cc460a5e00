"""The explicit providers of a hub: built once here, passed down by the `Hub` component.

No resource of a hub uses a default provider, so nothing of the caller's surroundings (a current
context, a default region) decides where something is made.
"""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_random as random

from components.clouds import Clouds
from components.cluster.access import access
from model.derived.resolved import ResolvedHub


def build(resolved: ResolvedHub, clouds: Clouds) -> list[pulumi.ProviderResource]:
    """Every provider of the hub; `pulumi.RunError` when its cluster cannot be found."""
    hub, reached = resolved.hub, access(resolved.hub, clouds)
    return [
        kubernetes.Provider(
            f"{hub.name}-kubernetes",
            kubeconfig=pulumi.Output.secret(reached.kubeconfig) if reached.kubeconfig else None,
            context=reached.context,
            cluster_identifier=resolved.cluster_identifier,
            enable_server_side_apply=True,
        ),
        random.Provider(f"{hub.name}-random"),
        *(cloud.provider for cloud in clouds.values()),
    ]
