"""Objects that every lab cluster has from the start, because clouds and their add-ons have them.

- a kind HTTPRoute of the Gateway API, so that such objects can be stored. Any content is
  accepted, and no gateway acts on them;
- a default StorageClass `standard`, whose volumes are made by `lab.cluster.controllers.volumes`.
"""

from __future__ import annotations

from typing import Any

from kubernetes.client.exceptions import ApiException

from lab.cluster.client import Kube

VOLUMES_BY = "binderhub.lab/standin-volumes"
STORAGE_CLASS = "standard"

_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_NOT_YET = (404, 429, 503)  # Unknown kind, then storage that is being made ready.
_ROUTES = "httproutes.gateway.networking.k8s.io"

HTTP_ROUTE: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {
        "name": _ROUTES,
        "annotations": {
            # The API server wants this word for groups under k8s.io.
            "api-approved.kubernetes.io": "unapproved, stand-in of the BinderHub lab: any content"
        },
    },
    "spec": {
        "group": "gateway.networking.k8s.io",
        "scope": "Namespaced",
        "names": {
            "kind": "HTTPRoute",
            "listKind": "HTTPRouteList",
            "plural": "httproutes",
            "singular": "httproute",
        },
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {
                    "openAPIV3Schema": {
                        "description": "Stand-in of the BinderHub lab for Gateway API's HTTPRoute: "
                        "stores any content, routes nothing.",
                        "type": "object",
                        "x-kubernetes-preserve-unknown-fields": True,
                    }
                },
            }
        ],
    },
}

STANDARD: dict[str, Any] = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {
        "name": STORAGE_CLASS,
        "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
    },
    "provisioner": VOLUMES_BY,
    "reclaimPolicy": "Delete",
    "volumeBindingMode": "Immediate",
}


def install(client: Kube) -> None:
    """Makes these objects exist and be served. Doing it again changes nothing."""
    client.apply(f"{_DEFINITIONS}/{_ROUTES}", HTTP_ROUTE)
    client.apply(f"/apis/storage.k8s.io/v1/storageclasses/{STORAGE_CLASS}", STANDARD)

    def served() -> bool:
        try:
            client.request("GET", "/apis/gateway.networking.k8s.io/v1/httproutes")
        except ApiException as error:
            if error.status in _NOT_YET:
                return False
            raise
        return True

    client.wait_for(served, "the stand-in kind HTTPRoute to be served")
