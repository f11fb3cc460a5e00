"""Stand-in for a cloud's disk service: makes PersistentVolumes for claims of class `standard`.

The volumes hold nothing: simulated pods mount nothing. Each is labelled as a stand-in, bound to
its claim, and removed after its claim is.
"""

from __future__ import annotations

from typing import Any

from kubernetes.client.exceptions import ApiException

from lab.cluster.client import Kube

STORAGE_CLASS = "standard"
VOLUMES_BY = "binderhub.lab/standin-volumes"
"""Its provisioner; both as `preinstalled.yaml` has them."""
_DRIVER = "standin-volumes.binderhub.lab"  # Drivers are named without a slash.
_VOLUMES = "/api/v1/persistentvolumes"


def serve_once(client: Kube) -> None:
    """Makes what pending claims need and removes what nobody claims any more."""
    for claim in client.items("/api/v1/persistentvolumeclaims"):
        if _is_waiting(claim):
            try:
                client.request("POST", _VOLUMES, body=volume_for(claim))
            except ApiException as error:
                if error.status != 409:  # Made before, not yet bound.
                    raise
    for volume in client.items(_VOLUMES):
        if _is_ours(volume) and volume.get("status", {}).get("phase") == "Released":
            client.request("DELETE", f"{_VOLUMES}/{volume['metadata']['name']}")


def volume_for(claim: dict[str, Any]) -> dict[str, Any]:
    """A volume that exactly this claim will be bound to."""
    meta, spec = claim["metadata"], claim["spec"]
    name = f"standin-{meta['uid']}"
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": name,
            "labels": {"binderhub.lab/standin": "volume"},
            "annotations": {"pv.kubernetes.io/provisioned-by": VOLUMES_BY},
        },
        "spec": {
            "storageClassName": STORAGE_CLASS,
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "accessModes": spec["accessModes"],
            "volumeMode": spec.get("volumeMode", "Filesystem"),
            "persistentVolumeReclaimPolicy": "Delete",
            "csi": {"driver": _DRIVER, "volumeHandle": name},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": meta["namespace"],
                "name": meta["name"],
                "uid": meta["uid"],
            },
        },
    }


def _is_waiting(claim: dict[str, Any]) -> bool:
    return (
        claim["spec"].get("storageClassName") == STORAGE_CLASS
        and not claim["spec"].get("volumeName")
        and claim.get("status", {}).get("phase") == "Pending"
        and "deletionTimestamp" not in claim["metadata"]
    )


def _is_ours(volume: dict[str, Any]) -> bool:
    annotations = volume["metadata"].get("annotations", {})
    return bool(annotations.get("pv.kubernetes.io/provisioned-by") == VOLUMES_BY)
