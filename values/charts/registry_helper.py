"""Helm values of the registry helper (ECR): makes repositories and short-lived push credentials.

https://github.com/manics/binderhub-container-registry-helper
"""

from __future__ import annotations

from typing import Any

from model.derived import names
from model.hub import Hub
from model.sections.registry import Ecr

AUTH_SECRET = "registry-helper-auth"
"""Made by the program, with the key `auth_token`."""


def registry_helper_values(hub: Hub) -> dict[str, Any]:
    """Values for one hub."""
    assert isinstance(hub.registry, Ecr)
    return {
        "fullnameOverride": names.REGISTRY_HELPER,
        "cloud_provider": "amazon",
        "auth_existing_secret_name": AUTH_SECRET,
        "return_error_details": False,
        "serviceAccount": {
            "create": True,
            "name": names.helper_service_account(),
            "annotations": {"eks.amazonaws.com/role-arn": names.iam_arn(hub, "registry")},
        },
        "service": {"type": "ClusterIP", "port": 8080},
        "nodeSelector": dict(hub.cluster.core_nodes.selector),
        "extraEnv": [
            {"name": "AWS_REGION", "value": names.registry_location(hub)},
            {
                "name": "AWS_ECR_EXPIRES_AFTER_PUSH_DAYS",
                "value": str(hub.registry.expires_after_days),
            },
        ],
    }
