"""Pure decisions about Google Cloud resources."""

from __future__ import annotations

import base64
import math

from model.derived import names
from model.derived.pools import Pool
from model.hub import Hub
from model.sections.cluster import GcpCluster
from model.sections.registry import ArtifactRegistry, Gcr

_DAY = 86_400


def initial_node_count(pool: Pool, location: str) -> int:
    """Nodes per zone that the pool starts with, so that its minimum is there from the start.

    GKE counts them per zone; a region's pool without zones of its own spans three.
    """
    zonal = location.count("-") == 2
    zones = len(pool.zones) if pool.zones else 1 if zonal else 3
    return math.ceil(pool.min / zones)


def taints(pool: Pool) -> list[dict[str, str]]:
    """The pool's taints as GKE's API spells them."""
    return [{"key": t.key, "value": t.value, "effect": t.cloud_effect} for t in pool.taints]


def node_roles(hub: Hub) -> dict[str, tuple[str, str]]:
    """Roles of the nodes' own service account, as key -> (project, role). Nothing else: code of
    strangers runs on these nodes, and the default account could edit the whole project.
    """
    reads_from = (
        names.registry_project(hub)
        if isinstance(hub.registry, ArtifactRegistry)
        else (hub.registry.project if isinstance(hub.registry, Gcr) else None)
    ) or names.project(hub)
    project = names.project(hub)
    return {
        "images": (reads_from, "roles/artifactregistry.reader"),
        "logs": (project, "roles/logging.logWriter"),
        "metrics": (project, "roles/monitoring.metricWriter"),
    }


def cleanup_ages(registry: ArtifactRegistry) -> tuple[int, str]:
    """How many recent versions are kept, and the age ("1209600s") of untagged ones to delete."""
    return registry.keep_versions, f"{registry.delete_untagged_after_days * _DAY}s"


def key_keepers(hub: Hub) -> dict[str, str] | None:
    """A value that makes a new key when it changes: the number under `rotate`, once there is one."""
    number = dict(hub.rotate).get("registryKey", 0)
    return {"rotate": str(number)} if number else None


def decode_key(private_key: str) -> str:
    """JSON of a service-account key, which the API gives as base64."""
    return base64.b64decode(private_key).decode()


def own_project(hub: Hub) -> str | None:
    """The provider's project: the cluster's, or on a cluster elsewhere that of what is made here."""
    if isinstance(hub.cluster, GcpCluster):
        return hub.cluster.project
    if isinstance(hub.registry, ArtifactRegistry):
        return hub.registry.project
    return hub.domains.dns.project if hub.domains else None


def dns_project(hub: Hub) -> str | None:
    """Project of the Cloud DNS zone; None for the provider's own."""
    return (hub.domains.dns.project if hub.domains else None) or own_project(hub)
