"""ECR for a hub: what the registry helper needs to make repositories and to let builds push."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from components.aws.cluster import OidcProvider
from components.aws.policies import helper_policy, service_account_trust
from model.derived import names
from model.hub import Hub
from values.charts.registry_helper import AUTH_SECRET


@dataclass(frozen=True, kw_only=True)
class EcrHelperAccessArgs:
    """The hub, BinderHub's token for the helper, the cluster's identity provider, and the
    namespace."""

    hub: Hub
    token: pulumi.Input[str]
    identity: OidcProvider
    namespace: pulumi.Resource


class EcrHelperAccess(pulumi.ComponentResource):
    """A role that only the helper's service account may take, limited to the hub's own prefix, and
    the Kubernetes Secret with the token that the helper asks of BinderHub.

    Does not manage repositories: the helper makes one for each image, and a destroyed hub leaves
    them (with their expiry) behind. The helper itself is a release (`components/cluster/releases.py`).
    """

    def __init__(
        self, name: str, args: EcrHelperAccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("binderhub:aws:EcrHelperAccess", name, None, opts)
        hub = args.hub
        role_name = names.iam_name(hub, "registry")
        role = aws.iam.Role(
            f"{name}-role",
            name=role_name,
            description=f"Registry helper of Binder hub {hub.name}",
            assume_role_policy=service_account_trust(
                oidc_provider_arn=args.identity.arn,
                issuer=args.identity.issuer,
                namespace=hub.ns,
                service_account=names.helper_service_account(),
            ),
            # Its ARN is derived, so a second one cannot be there at the same time.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        aws.iam.RolePolicy(
            f"{name}-policy",
            name="images",
            role=role_name,
            policy=helper_policy(hub),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role], delete_before_replace=True),
        )
        kubernetes.core.v1.Secret(
            f"{name}-token",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=AUTH_SECRET, namespace=hub.ns),
            string_data={"auth_token": args.token},
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[args.namespace],
                delete_before_replace=True,  # its name is fixed
                additional_secret_outputs=["data", "stringData"],
            ),
        )
        self.register_outputs({})
