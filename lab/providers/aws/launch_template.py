"""EC2 launch templates: ``aws:ec2/launchTemplate:LaunchTemplate``.

A change of the data or the description makes a new version. A preview knows less: it says that
there may be a new one for a change of tags too, the provider's default ones included.
Source: CustomizeDiff and resourceLaunchTemplateUpdate of aws_launch_template (replacements.py).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from lab.providers.aws.context import AwsHandler, Call
from lab.providers.aws.estate import pairs
from lab.providers.sdk import words
from lab.providers.sdk.property_values import Props
from lab.providers.sdk.provider import CheckFailure

# Inputs of the resource itself that make no new version; all but the tags are no data either.
_QUIET: Final = words("defaultVersion description name namePrefix region updateDefaultVersion")
_DATA_COVERED: Final = words(
    "blockDeviceMappings ebsOptimized imageId instanceType keyName metadataOptions monitoring "
    "tagSpecifications userData vpcSecurityGroupIds"
)
# The SDK has these as text, because they may also be absent.
_TEXT_BOOLEANS: Final = words("deleteOnTermination ebsOptimized encrypted")
_RENAMED: Final = {"vpcSecurityGroupIds": "SecurityGroupIds"}


def data(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """LaunchTemplateData of these inputs."""
    out: dict[str, Any] = {}
    for key, value in inputs.items():
        if key in _DATA_COVERED and value is not None:
            out[_RENAMED.get(key, _upper(key))] = _deep(key, value)
    return out


def _deep(key: str, value: Any) -> Any:
    if key == "tags":
        return pairs(value)
    if key in _TEXT_BOOLEANS and value in ("true", "false"):
        return value == "true"
    if isinstance(value, Mapping):
        return {_upper(k): _deep(k, v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_deep("", item) for item in value]
    return value


def _new_version(old: Props, new: Props) -> bool:
    return data(old) != data(new) or old.get("description") != new.get("description")


def _upper(name: str) -> str:
    return name[:1].upper() + name[1:]


class LaunchTemplate(AwsHandler):
    """A versioned template for the machines of a node group."""

    kind = "aws:ec2/launchTemplate:LaunchTemplate"
    creation = ("ec2", "CreateLaunchTemplate")
    passed_on: ClassVar = {"name": "LaunchTemplateName", "description": "VersionDescription"}
    tagged = True
    regional = True
    names = ("name", "namePrefix")
    name_limit = 128
    computed = ("arn", "latestVersion")
    covered = (*_QUIET, "tags", *_DATA_COVERED)
    sets = ("vpcSecurityGroupIds",)

    def rules(self, inputs: Props) -> Iterator[CheckFailure]:
        script = inputs.get("userData")
        if isinstance(script, str):
            try:
                base64.b64decode(script, validate=True)
            except binascii.Error:
                yield CheckFailure("userData", "must be base64")
        for key in inputs.keys() & _TEXT_BOOLEANS:
            if inputs[key] not in ("true", "false"):
                yield CheckFailure(key, 'must be "true" or "false" as text')
        if inputs.get("defaultVersion") is not None and inputs.get("updateDefaultVersion"):
            reason = "defaultVersion and updateDefaultVersion exclude each other"
            yield CheckFailure("defaultVersion", reason)

    def parameters(self, inputs: Props) -> dict[str, Any]:
        out = {**super().parameters(inputs), "LaunchTemplateData": data(inputs)}
        if tags := self.tags(inputs):
            out["TagSpecifications"] = [{"ResourceType": "launch-template", "Tags": pairs(tags)}]
        return out

    def make(self, inputs: Props) -> tuple[str, Props]:
        made = self.send(inputs)["LaunchTemplate"]
        return made["LaunchTemplateId"], self._outputs(made)

    def recomputed(self, old: Props, olds: Props, new: Props) -> tuple[str, ...]:
        before = {**old, "tagsAll": olds.get("tagsAll")}
        after = {**new, "tagsAll": self.tags(new)}
        loud = (before.keys() | after.keys()).difference(_QUIET)
        return ("latestVersion",) if any(before.get(k) != after.get(k) for k in loud) else ()

    def change(self, id: str, old: Props, olds: Props, new: Props) -> Props:
        if _new_version(old, new):
            described = {"VersionDescription": new["description"]} if "description" in new else {}
            answer = self.cloud.change(
                "ec2",
                "CreateLaunchTemplateVersion",
                LaunchTemplateId=id,
                LaunchTemplateData=data(new),
                **described,
            )
            number = answer["LaunchTemplateVersion"]["VersionNumber"]
            if new.get("updateDefaultVersion"):
                self._default(id, number)
        if new.get("defaultVersion") not in (None, old.get("defaultVersion")):
            self._default(id, new["defaultVersion"])
        gone, tags = self.retagged(olds, new)
        if gone:
            keys = [{"Key": key} for key in gone]
            self.cloud.change("ec2", "DeleteTags", Resources=[id], Tags=keys)
        if tags:
            self.cloud.change("ec2", "CreateTags", Resources=[id], Tags=pairs(tags))
        found = self.cloud.call("ec2", "DescribeLaunchTemplates", LaunchTemplateIds=[id])
        return self._outputs(found["LaunchTemplates"][0])

    def _default(self, id: str, number: int) -> None:
        self.cloud.change(
            "ec2", "ModifyLaunchTemplate", LaunchTemplateId=id, DefaultVersion=str(number)
        )

    def _outputs(self, made: Mapping[str, Any]) -> Props:
        account, region = self.context.aws.account, self.context.region
        return {
            "arn": f"arn:aws:ec2:{region}:{account}:launch-template/{made['LaunchTemplateId']}",
            "latestVersion": made["LatestVersionNumber"],
            "defaultVersion": made["DefaultVersionNumber"],
        }

    def exists(self, id: str, inputs: Props) -> bool:
        found = self.cloud.find("ec2", "DescribeLaunchTemplates", LaunchTemplateIds=[id])
        return bool(found and found["LaunchTemplates"])

    def removal(self, id: str, inputs: Props) -> Call:
        return "ec2", "DeleteLaunchTemplate", {"LaunchTemplateId": id}
