"""Artifact Registry: repositories and members of their IAM policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from lab.providers.gcp import discovery, rules
from lab.providers.gcp.context import GcpHandler
from lab.providers.gcp.iam import binding, member_rules, require_member
from lab.providers.sdk import words
from lab.providers.sdk.property_values import UNKNOWN, Props
from lab.providers.sdk.provider import CheckFailure, StandinError
from lab.providers.sdk.resource_handlers import unknown_free

_API = "artifactregistry.v1"


def _body(inputs: Props) -> dict[str, Any]:
    """The API's Repository (labels are added by the caller)."""
    out: dict[str, Any] = {}
    for key, value in unknown_free(inputs).items():
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


class ImageRepository(GcpHandler):
    """A container image repository."""

    kind = "gcp:artifactregistry/repository:Repository"
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
        policies = inputs.get("cleanupPolicies")
        for position, policy in enumerate(policies if isinstance(policies, list) else ()):
            if policy is UNKNOWN:
                continue
            where = f"cleanupPolicies[{position}]"
            if policy.get("action") == "DELETE" and policy.get("mostRecentVersions"):
                yield CheckFailure(where, "mostRecentVersions goes with action KEEP only")

    def request_problems(self, inputs: Props) -> Iterable[CheckFailure]:
        return discovery.check(
            _API,
            "projects.locations.repositories.create",
            {"parent": "projects/p/locations/l", "repositoryId": "r"},
            _body(inputs),
        )

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


class RepositoryIamMember(GcpHandler):
    """One member of one role on one repository."""

    kind = "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember"
    has_location = True
    computed = ("etag",)

    def rules(self, inputs: Props) -> Iterator[CheckFailure]:
        yield from member_rules(inputs)

    def request_problems(self, inputs: Props) -> Iterable[CheckFailure]:
        return discovery.check(
            _API,
            "projects.locations.repositories.setIamPolicy",
            {"resource": "projects/p/locations/l/repositories/r"},
            {"policy": {"bindings": [binding(inputs)]}},
        )

    def make(self, inputs: Props) -> tuple[str, Props]:
        self.context.known_project(inputs["project"])
        name = inputs["repository"].rpartition("/")[2]
        place = f"projects/{inputs['project']}/locations/{inputs['location']}"
        repository = f"{place}/repositories/{name}"
        if self.context.records.get(ImageRepository.kind, repository) is None:
            raise StandinError(f"repository {repository} was not found (404)")
        require_member(self, inputs["member"])
        id = f"{repository}/{inputs['role']}/{inputs['member']}"
        return id, {"etag": "BwXlabstandin="}

    def exists(self, id: str, inputs: Props) -> bool:
        repository = id.split("/roles/")[0].split("/projects/")[0]
        return self.context.records.get(ImageRepository.kind, repository) is not None
