"""Tags of auto scaling groups: ``aws:autoscaling/tag:Tag``."""

from __future__ import annotations

from typing import Any

from lab.providers.aws.context import AwsHandler, Call
from lab.providers.sdk.property_values import Props
from lab.providers.sdk.provider import StandinError


class Tag(AwsHandler):
    """One tag of one group; the cluster autoscaler reads these when a group is empty."""

    kind = "aws:autoscaling/tag:Tag"
    regional = True

    creation = ("autoscaling", "CreateOrUpdateTags")

    def parameters(self, inputs: Props) -> dict[str, Any]:
        tag: dict[str, Any] = {"ResourceType": "auto-scaling-group"}
        if "autoscalingGroupName" in inputs:
            tag["ResourceId"] = inputs["autoscalingGroupName"]
        names = (("key", "Key"), ("value", "Value"), ("propagateAtLaunch", "PropagateAtLaunch"))
        given = inputs.get("tag") or {}
        tag.update({name: given[key] for key, name in names if key in given})
        return {"Tags": [tag]}

    def _group(self, name: str) -> dict[str, Any] | None:
        found = self.cloud.call(
            "autoscaling", "DescribeAutoScalingGroups", AutoScalingGroupNames=[name]
        )["AutoScalingGroups"]
        return found[0] if found else None

    def _put(self, inputs: Props) -> None:
        group = inputs["autoscalingGroupName"]
        if self._group(group) is None:
            raise StandinError(f"auto scaling group {group!r} does not exist (ValidationError)")
        self.send(inputs)

    def make(self, inputs: Props) -> tuple[str, Props]:
        self._put(inputs)
        return f"{inputs['autoscalingGroupName']},{inputs['tag']['key']}", {}

    def change(self, id: str, old: Props, olds: Props, new: Props) -> Props:
        self._put(new)
        return {}

    def exists(self, id: str, inputs: Props) -> bool:
        group, _, key = id.partition(",")
        found = self._group(group)
        return found is not None and any(tag["Key"] == key for tag in found["Tags"])

    def removal(self, id: str, inputs: Props) -> Call:
        group, _, key = id.partition(",")
        tag = {"ResourceId": group, "ResourceType": "auto-scaling-group", "Key": key}
        return "autoscaling", "DeleteTags", {"Tags": [tag]}
