"""Objects that every lab cluster has from the start, because clouds and their add-ons have them:
those of `preinstalled.yaml`."""

from __future__ import annotations

from pathlib import Path

import yaml
from kubernetes.client.exceptions import ApiException

from lab.cluster.client import Kube

_FILE = Path(__file__).with_suffix(".yaml")
_PLURALS = {
    "CustomResourceDefinition": "customresourcedefinitions",
    "StorageClass": "storageclasses",
}
_NOT_YET = (404, 429, 503)  # Unknown kind, then storage that is being made ready.


def install(client: Kube) -> None:
    """Makes these objects exist and be served. Doing it again changes nothing."""
    for one in yaml.safe_load_all(_FILE.read_text(encoding="utf-8")):
        plural, name = _PLURALS[one["kind"]], one["metadata"]["name"]
        client.apply(f"/apis/{one['apiVersion']}/{plural}/{name}", one)

    def served() -> bool:
        try:
            client.request("GET", "/apis/gateway.networking.k8s.io/v1/httproutes")
        except ApiException as error:
            if error.status in _NOT_YET:
                return False
            raise
        return True

    client.wait_for(served, "the stand-in kind HTTPRoute to be served")
