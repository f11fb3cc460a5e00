"""Artifact Registry: repositories and members of their IAM policy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from lab.providers.gcp import rules
from lab.providers.gcp.context import GcpHandler
from lab.providers.gcp.iam import IamMember
from lab.providers.sdk import words
from lab.providers.sdk.property_values import Props
from lab.providers.sdk.provider import CheckFailure, StandinError
from lab.providers.sdk.value_rules import items


class ImageRepository(GcpHandler):
    """A container image repository."""

    kind = "gcp:artifactregistry/repository:Repository"
    creation = ("artifactregistry.v1", "projects.locations.repositories.create")
    has_location = True
    labelled = True
    computed = ("createTime", "name", "registryUri", "updateTime")
    covered = words(
        "cleanupPolicies cleanupPolicyDryRun deletionPolicy description dockerConfig format "
        "kmsKeyName labels location mode project repositoryId vulnerabilityScanningConfig"
    )
    sets = ("cleanupPolicies",)

    def defaults(self, inputs: Props) -> Props:
        return {**super().defaults(inputs), "mode": "STANDARD_REPOSITORY"}

    def rules(self, inputs: Props) -> Iterator[CheckFailure]:
        what = "a repository id (a-z first, then a-z, 0-9 or -, at most 63)"
        yield from rules.matches(
            "repositoryId", inputs.get("repositoryId"), rules.REPOSITORY_ID, what
        )
        yield from rules.labels("labels", inputs.get("labels"))
        for where, policy in items("cleanupPolicies", inputs.get("cleanupPolicies")):
            if policy.get("action") == "DELETE" and policy.get("mostRecentVersions"):
                yield CheckFailure(where, "mostRecentVersions goes with action KEEP only")

    def body(self, inputs: Props) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key, value in inputs.items():
            match key:
                case "project" | "location" | "repositoryId" | "deletionPolicy":
                    continue
                case "cleanupPolicies":
                    # A map by id; "condition" and "mostRecentVersions" are spelled the same.
                    out[key] = {policy.get("id", "?"): policy for policy in value}
                case "vulnerabilityScanningConfig":
                    out[key] = {k: v for k, v in value.items() if k == "enablementConfig"}
                case _:
                    out[key] = value
        return out

    def make(self, inputs: Props) -> tuple[str, Props]:
        self.context.known_project(inputs["project"])
        place = f"projects/{inputs['project']}/locations/{inputs['location']}"
        id = f"{place}/repositories/{inputs['repositoryId']}"
        self.must_be_new(id, "repository")
        now = datetime.now(UTC).isoformat()
        return id, {**self._outputs(inputs), "createTime": now, "updateTime": now}

    def change(self, id: str, old: Props, olds: Props, new: Props) -> Props:
        return {**self._outputs(new), "updateTime": datetime.now(UTC).isoformat()}

    def _outputs(self, inputs: Props) -> Props:
        host = f"{inputs['location']}-{inputs['format'].lower()}.pkg.dev"
        uri = f"{host}/{inputs['project']}/{inputs['repositoryId']}"
        return {"name": inputs["repositoryId"], "registryUri": uri}


class RepositoryIamMember(IamMember):
    """One member of one role on one repository."""

    kind = "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember"
    creation = ("artifactregistry.v1", "projects.locations.repositories.setIamPolicy")
    has_location = True

    def place(self, inputs: Props) -> str:
        self.context.known_project(inputs["project"])
        name = inputs["repository"].rpartition("/")[2]
        place = f"projects/{inputs['project']}/locations/{inputs['location']}"
        repository = f"{place}/repositories/{name}"
        if not self.exists(repository, inputs):
            raise StandinError(f"repository {repository} was not found (404)")
        return repository

    def exists(self, id: str, inputs: Props) -> bool:
        repository = id.split("/roles/")[0].split("/projects/")[0]
        return self.context.records.get(ImageRepository.kind, repository) is not None
