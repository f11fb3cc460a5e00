"""IAM documents of a hub. Pure."""

from __future__ import annotations

import json
from typing import Any

from model.derived import names
from model.hub import Hub
from model.sections.registry import Ecr

NODE_POLICIES = {
    "worker": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
    "network": "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy",
    "images": "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly",
}
"""AWS's own policies that every EKS node needs; nothing else, for strangers' code runs there."""

# What the registry helper does on repositories. DescribeImages is how BinderHub asks whether an
# image is built: without it every launch builds again.
_REPOSITORY_ACTIONS = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:CreateRepository",
    "ecr:DescribeImages",
    "ecr:DescribeRepositories",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:ListImages",
    "ecr:PutImage",
    "ecr:PutLifecyclePolicy",
    "ecr:UploadLayerPart",
)


def nodes_trust() -> str:
    """Trust policy of the nodes' role: EC2 machines."""
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    )


def service_account_trust(
    *, oidc_provider_arn: str, issuer: str, namespace: str, service_account: str
) -> str:
    """Trust policy for exactly one Kubernetes service account of one cluster (IRSA)."""
    host = issuer.removeprefix("https://")
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": oidc_provider_arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    f"{host}:aud": "sts.amazonaws.com",
                    f"{host}:sub": f"system:serviceaccount:{namespace}:{service_account}",
                }
            },
        }
    )


def helper_policy(hub: Hub) -> str:
    """What the registry helper may do: everything about repositories under the hub's prefix."""
    registry = hub.registry
    assert isinstance(registry, Ecr)
    account = registry.account or names.account(hub)
    region = names.registry_location(hub)
    prefix = registry.prefix or hub.name
    return _document(
        {
            "Sid": "ImagesOfThisHub",
            "Effect": "Allow",
            "Action": list(_REPOSITORY_ACTIONS),
            "Resource": f"arn:aws:ecr:{region}:{account}:repository/{prefix}/*",
        },
        {
            # IAM has no narrower resource for a log-in.
            "Sid": "LogIn",
            "Effect": "Allow",
            "Action": "ecr:GetAuthorizationToken",
            "Resource": "*",
        },
    )


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
