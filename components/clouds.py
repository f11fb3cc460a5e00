"""Connections to the clouds that a hub needs; only their SDKs are imported."""

from __future__ import annotations

from typing import assert_never

from components.cloud import Cloud
from model.derived.clouds import cluster_cloud, needed
from model.hub import Hub
from model.sections.cluster import CloudName

Clouds = dict[CloudName, Cloud]


def connect(hub: Hub) -> Clouds:
    """Connect to every cloud that the hub needs."""
    return {name: _connect(name, hub) for name in needed(hub)}


def complete(hub: Hub, clouds: Clouds) -> Hub:
    """The hub with everything that its stack file left out and the cluster's cloud knows;
    `pulumi.RunError` when the cloud would harm somebody for it. Nothing is made before that."""
    name = cluster_cloud(hub)
    if name is None:
        return hub
    complete = clouds[name].complete(hub)
    clouds[name].check(complete)
    return complete


def _connect(name: CloudName, hub: Hub) -> Cloud:
    # Imported here and not above: each SDK costs about a second and 50 MB.
    match name:
        case "gcp":
            from components.gcp.cloud import Gcp

            return Gcp(hub)
        case "aws":
            from components.aws.cloud import Aws

            return Aws(hub)
    assert_never(name)
