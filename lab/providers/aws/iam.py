"""IAM roles, their inline policies and attached managed policies.

Managed policies must exist: moto knows AWS's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.providers.aws import policies
from lab.providers.aws.context import AwsHandler, Request
from lab.providers.aws.estate import pairs
from lab.providers.sdk import words
from lab.providers.sdk.property_values import UNKNOWN, Props
from lab.providers.sdk.provider import CheckFailure


def _policy(path: str, value: Any, *, trust: bool) -> Iterator[CheckFailure]:
    if value is not None and value is not UNKNOWN:
        yield from policies.check(path, value, trust=trust)


class Role(AwsHandler):
    """A role that somebody may assume."""

    kind = "aws:iam/role:Role"
    tagged = True
    names = ("name", "namePrefix")
    name_limit = 64
    computed = ("arn", "createDate", "uniqueId")
    covered = words(
        "assumeRolePolicy description forceDetachPolicies maxSessionDuration name namePrefix "
        "path permissionsBoundary tags"
    )

    def defaults(self, inputs: Props) -> Props:
        return {"forceDetachPolicies": False, "maxSessionDuration": 3600, "path": "/"}

    def rules(self, inputs: Props) -> Iterator[CheckFailure]:
        yield from _policy("assumeRolePolicy", inputs.get("assumeRolePolicy"), trust=True)

    def requests(self, inputs: Props) -> list[Request]:
        parameters: dict[str, Any] = {}
        for key, name in (
            ("name", "RoleName"),
            ("description", "Description"),
            ("maxSessionDuration", "MaxSessionDuration"),
            ("path", "Path"),
            ("permissionsBoundary", "PermissionsBoundary"),
        ):
            if key in inputs:
                parameters[name] = inputs[key]
        if "assumeRolePolicy" in inputs:
            parameters["AssumeRolePolicyDocument"] = policies.text_of(inputs["assumeRolePolicy"])
        if tags := self.tags(inputs):
            parameters["Tags"] = pairs(tags)
        return [("iam", "CreateRole", parameters)]

    def make(self, inputs: Props) -> tuple[str, Props]:
        [(service, operation, parameters)] = self.requests(inputs)
        made = self.cloud.change(service, operation, **parameters)["Role"]
        outputs = {
            "arn": made["Arn"],
            "uniqueId": made["RoleId"],
            "createDate": made["CreateDate"].isoformat(),
        }
        return inputs["name"], outputs

    def change(self, id: str, old: Props, olds: Props, new: Props) -> Props:
        trust = policies.text_of(new["assumeRolePolicy"])
        if trust != policies.text_of(old.get("assumeRolePolicy")):
            self.cloud.change("iam", "UpdateAssumeRolePolicy", RoleName=id, PolicyDocument=trust)
        if any(old.get(key) != new.get(key) for key in ("description", "maxSessionDuration")):
            self.cloud.change(
                "iam",
                "UpdateRole",
                RoleName=id,
                Description=new.get("description") or "",
                MaxSessionDuration=new["maxSessionDuration"],
            )
        before, after = olds.get("tagsAll") or {}, self.tags(new)
        gone = sorted(set(before) - set(after))
        if gone:
            self.cloud.change("iam", "UntagRole", RoleName=id, TagKeys=gone)
        if after and after != before:
            self.cloud.change("iam", "TagRole", RoleName=id, Tags=pairs(after))
        return {}

    def exists(self, id: str, inputs: Props) -> bool:
        return self.cloud.find("iam", "GetRole", RoleName=id) is not None

    def remove(self, id: str, inputs: Props, olds: Props) -> None:
        if self.exists(id, inputs):
            self.cloud.change("iam", "DeleteRole", RoleName=id)


class RolePolicy(AwsHandler):
    """A policy that is part of one role."""

    kind = "aws:iam/rolePolicy:RolePolicy"
    names = ("name", "namePrefix")
    name_limit = 128

    def rules(self, inputs: Props) -> Iterator[CheckFailure]:
        yield from _policy("policy", inputs.get("policy"), trust=False)

    def requests(self, inputs: Props) -> list[Request]:
        parameters = {
            name: inputs[key]
            for key, name in (("role", "RoleName"), ("name", "PolicyName"))
            if key in inputs
        }
        if "policy" in inputs:
            parameters["PolicyDocument"] = policies.text_of(inputs["policy"])
        return [("iam", "PutRolePolicy", parameters)]

    def _put(self, inputs: Props) -> None:
        [(service, operation, parameters)] = self.requests(inputs)
        self.cloud.change(service, operation, **parameters)

    def make(self, inputs: Props) -> tuple[str, Props]:
        self._put(inputs)
        return f"{inputs['role']}:{inputs['name']}", {}

    def change(self, id: str, old: Props, olds: Props, new: Props) -> Props:
        self._put(new)
        return {}

    def exists(self, id: str, inputs: Props) -> bool:
        role, _, name = id.partition(":")
        return self.cloud.find("iam", "GetRolePolicy", RoleName=role, PolicyName=name) is not None

    def remove(self, id: str, inputs: Props, olds: Props) -> None:
        if self.exists(id, inputs):
            role, _, name = id.partition(":")
            self.cloud.change("iam", "DeleteRolePolicy", RoleName=role, PolicyName=name)


class RolePolicyAttachment(AwsHandler):
    """A managed policy attached to one role."""

    kind = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"

    def requests(self, inputs: Props) -> list[Request]:
        names = (("role", "RoleName"), ("policyArn", "PolicyArn"))
        parameters = {name: inputs[key] for key, name in names if key in inputs}
        return [("iam", "AttachRolePolicy", parameters)]

    def make(self, inputs: Props) -> tuple[str, Props]:
        [(service, operation, parameters)] = self.requests(inputs)
        self.cloud.change(service, operation, **parameters)
        return f"{inputs['role']}/{inputs['policyArn']}", {}

    def exists(self, id: str, inputs: Props) -> bool:
        role, _, arn = id.partition("/")
        found = self.cloud.find("iam", "ListAttachedRolePolicies", RoleName=role)
        attached = found["AttachedPolicies"] if found else []
        return any(policy["PolicyArn"] == arn for policy in attached)

    def remove(self, id: str, inputs: Props, olds: Props) -> None:
        if self.exists(id, inputs):
            role, _, arn = id.partition("/")
            self.cloud.change("iam", "DetachRolePolicy", RoleName=role, PolicyArn=arn)
