"""Labels and tags that say whose a thing is. Pure."""

from __future__ import annotations

from model.derived.pools import HUB_LABEL
from model.hub import Hub


def cloud_labels(hub: Hub) -> dict[str, str]:
    """Labels (GCP) or tags (AWS) of everything of the hub; set once, on the provider."""
    return {**machine_labels(hub), "stage": hub.stage}


def machine_labels(hub: Hub) -> dict[str, str]:
    """Labels (GCP) or tags (AWS) of the machines and disks that a cloud makes for a pool.

    Only what never changes: to label a machine anew, a cloud may replace it.
    """
    return {"binder-hub": hub.name, "managed-by": "pulumi"}


def namespace_labels(hub: Hub) -> dict[str, str]:
    """Labels of the namespace.

    Builds run in a privileged docker daemon, so a cluster that enforces the Pod Security Standards
    must be told to let them in here. (Without the label such a cluster refuses docker-api's pods,
    and builds wait for ever.)
    """
    return {
        "app.kubernetes.io/managed-by": "pulumi",
        HUB_LABEL: hub.name,
        "pod-security.kubernetes.io/enforce": "privileged",
    }
