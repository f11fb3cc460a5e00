"""IAM roles, their inline policies and attached managed policies.

Managed policies must exist: moto knows AWS's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from lab.providers.aws import policies
from lab.providers.aws.context import AwsHandler, Call
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
    creation = ("iam", "CreateRole")
    passed_on: ClassVar = {
        "name": "RoleName",
        "description": "Description",
        "maxSessionDuration": "MaxSessionDuration",
        "path": "Path",
        "permissionsBoundary": "PermissionsBoundary",
    }
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

    def parameters(self, inputs: Props) -> dict[str, Any]:
        out = super().parameters(inputs)
        if "assumeRolePolicy" in inputs:
            out["AssumeRolePolicyDocument"] = policies.text_of(inputs["assumeRolePolicy"])
        if tags := self.tags(inputs):
            out["Tags"] = pairs(tags)
        return out

    def make(self, inputs: Props) -> tuple[str, Props]:
        made = self.send(inputs)["Role"]
        return inputs["name"], {
            "arn": made["Arn"],
            "uniqueId": made["RoleId"],
            "createDate": made["CreateDate"].isoformat(),
        }

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
        gone, tags = self.retagged(olds, new)
        if gone:
            self.cloud.change("iam", "UntagRole", RoleName=id, TagKeys=gone)
        if tags:
            self.cloud.change("iam", "TagRole", RoleName=id, Tags=pairs(tags))
        return {}

    def exists(self, id: str, inputs: Props) -> bool:
        return self.cloud.find("iam", "GetRole", RoleName=id) is not None

    def removal(self, id: str, inputs: Props) -> Call:
        return "iam", "DeleteRole", {"RoleName": id}


class RolePolicy(AwsHandler):
    """A policy that is part of one role."""

    kind = "aws:iam/rolePolicy:RolePolicy"
    creation = ("iam", "PutRolePolicy")
    passed_on: ClassVar = {"role": "RoleName", "name": "PolicyName"}
    names = ("name", "namePrefix")
    name_limit = 128

    def rules(self, inputs: Props) -> Iterator[CheckFailure]:
        yield from _policy("policy", inputs.get("policy"), trust=False)

    def parameters(self, inputs: Props) -> dict[str, Any]:
        out = super().parameters(inputs)
        if "policy" in inputs:
            out["PolicyDocument"] = policies.text_of(inputs["policy"])
        return out

    def make(self, inputs: Props) -> tuple[str, Props]:
        self.send(inputs)
        return f"{inputs['role']}:{inputs['name']}", {}

    def change(self, id: str, old: Props, olds: Props, new: Props) -> Props:
        self.send(new)
        return {}

    def _named(self, id: str) -> dict[str, str]:
        role, _, name = id.partition(":")
        return {"RoleName": role, "PolicyName": name}

    def exists(self, id: str, inputs: Props) -> bool:
        return self.cloud.find("iam", "GetRolePolicy", **self._named(id)) is not None

    def removal(self, id: str, inputs: Props) -> Call:
        return "iam", "DeleteRolePolicy", self._named(id)


class RolePolicyAttachment(AwsHandler):
    """A managed policy attached to one role."""

    kind = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"

    creation = ("iam", "AttachRolePolicy")
    passed_on: ClassVar = {"role": "RoleName", "policyArn": "PolicyArn"}

    def make(self, inputs: Props) -> tuple[str, Props]:
        self.send(inputs)
        return f"{inputs['role']}/{inputs['policyArn']}", {}

    def exists(self, id: str, inputs: Props) -> bool:
        role, _, arn = id.partition("/")
        found = self.cloud.find("iam", "ListAttachedRolePolicies", RoleName=role)
        attached = found["AttachedPolicies"] if found else []
        return any(policy["PolicyArn"] == arn for policy in attached)

    def removal(self, id: str, inputs: Props) -> Call:
        role, _, arn = id.partition("/")
        return "iam", "DetachRolePolicy", {"RoleName": role, "PolicyArn": arn}
