"""Text of a kubeconfig whose credential comes from the cloud's own helper program. Pure.

No token is written: the helper asks for one with whatever login the caller has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

_API = "client.authentication.k8s.io/v1beta1"


def gke(*, name: str, endpoint: str, ca: str) -> str:
    """For a GKE cluster; `ca` is base64 as the lookup gives it."""
    user = {
        "apiVersion": _API,
        "command": "gke-gcloud-auth-plugin",
        "installHint": "run `gcloud components install gke-gcloud-auth-plugin`",
        "provideClusterInfo": True,
        "interactiveMode": "Never",
    }
    return _text(name, endpoint, ca, user)


def eks(*, name: str, region: str, endpoint: str, ca: str) -> str:
    """For an EKS cluster; `ca` is base64 as the lookup gives it."""
    user = {
        "apiVersion": _API,
        "command": "aws",
        "args": [
            "--region",
            region,
            "eks",
            "get-token",
            "--cluster-name",
            name,
            "--output",
            "json",
        ],
        "installHint": "install the AWS command line, version 2",
        "interactiveMode": "Never",
    }
    return _text(name, endpoint, ca, user)


def _text(name: str, endpoint: str, ca: str, user: Mapping[str, Any]) -> str:
    server = endpoint if "://" in endpoint else f"https://{endpoint}"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [
            {"name": name, "cluster": {"server": server, "certificate-authority-data": ca}}
        ],
        "users": [{"name": name, "user": {"exec": dict(user)}}],
    }
    return yaml.safe_dump(document, sort_keys=False)
