"""Artifact Registry for a hub: the repository, and the one key that may write to it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.gcp.shapes import cleanup_ages, decode_key, key_keepers
from components.resource_options import adopted
from model.derived import names
from model.hub import Hub
from model.sections.registry import ArtifactRegistry

_Policy = gcp.artifactregistry.RepositoryCleanupPolicyArgs


@dataclass(frozen=True, kw_only=True)
class ImageRegistryArgs:
    """The hub whose registry is made."""

    hub: Hub


class ImageRegistry(pulumi.ComponentResource):
    """A DOCKER repository, a service account that may write to this repository and nothing else,
    and its key: a build pod cannot choose its service account, so pushes need one.

    Does not manage who pulls: the nodes' account reads (`components/gcp/node_pool.py`).
    """

    key: pulumi.Output[str]
    """JSON of the key; a secret."""

    def __init__(
        self,
        name: str,
        args: ImageRegistryArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("binderhub:gcp:ImageRegistry", name, None, opts)
        hub = args.hub
        registry = hub.registry
        assert isinstance(registry, ArtifactRegistry)
        project, location = names.registry_project(hub), names.registry_location(hub)
        keep, age = cleanup_ages(registry)
        repository = gcp.artifactregistry.Repository(
            f"{name}-repository",
            repository_id=names.repository(hub),
            project=project,
            location=location,
            format="DOCKER",
            description=f"Images built by Binder hub {hub.name}",
            cleanup_policies=[
                # A KEEP policy only saves from deletion; it deletes nothing itself.
                _Policy(
                    id="keep-recent",
                    action="KEEP",
                    most_recent_versions=(
                        gcp.artifactregistry.RepositoryCleanupPolicyMostRecentVersionsArgs(
                            keep_count=keep
                        )
                    ),
                ),
                _Policy(
                    id="delete-old-untagged",
                    action="DELETE",
                    condition=gcp.artifactregistry.RepositoryCleanupPolicyConditionArgs(
                        tag_state="UNTAGGED", older_than=age
                    ),
                ),
            ],
            opts=adopted(
                hub.adopt.registry,
                pulumi.ResourceOptions(
                    parent=self,
                    # Every image that was ever launched is in it: rebuilding them takes weeks of
                    # other people's launches, and some never build again. So in production a
                    # destroy refuses until `pulumi state unprotect` says that it is meant. The
                    # images are never left behind silently (retain_on_delete): they cost money.
                    protect=hub.stage == "production",
                ),
            ),
        )
        account = gcp.serviceaccount.Account(
            f"{name}-pusher",
            account_id=names.pusher_account_id(hub),
            project=project,
            display_name=f"Pushes images of Binder hub {hub.name}",
            # Its e-mail is derived, so a second one cannot be there at the same time.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        writer = gcp.artifactregistry.RepositoryIamMember(
            f"{name}-writer",
            repository=names.repository(hub),
            project=project,
            location=location,
            role="roles/artifactregistry.writer",
            member=f"serviceAccount:{names.pusher_email(hub)}",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[repository, account]),
        )
        key = gcp.serviceaccount.Key(
            f"{name}-key",
            service_account_id=(f"projects/{project}/serviceAccounts/{names.pusher_email(hub)}"),
            # A new number makes a new key first; the old one goes last, when BinderHub has the new.
            keepers=key_keepers(hub),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[account, writer],
                additional_secret_outputs=["privateKey"],
            ),
        )
        self.key = pulumi.Output.secret(key.private_key).apply(decode_key)
        self.register_outputs({"key": self.key})
