"""EKS managed node groups: ``aws:eks/nodeGroup:NodeGroup``.

Labels, taints, sizes, tags, versions and the launch template's version change in place. Of these
a version replaces every node, and a desired size below the present number takes nodes away:
whatever is noted as drained. (resourceNodeGroupUpdate of aws_eks_node_group, replacements.py:
with a changed scaling config the desired size is always sent.)

moto makes no auto scaling group for a node group, EKS does: it is made here, empty, so that
its tags can be set and read. moto has no UpdateNodegroupVersion, and tags clusters only: those
requests are checked against the service description and recorded, not sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lab.providers.aws import shapes
from lab.providers.aws.context import AwsHandler
from lab.providers.sdk import words
from lab.providers.sdk.property_values import Props
from lab.providers.sdk.provider import CheckFailure, StandinError
from lab.providers.sdk.value_rules import NODE_LABEL_KEY, NODE_LABEL_VALUE, items

# docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html
GROUP_NAME: Final = re.compile(r"[0-9A-Za-z][-_A-Za-z0-9]{0,62}")

_SAME: Final = words(
    "amiType capacityType clusterName diskSize instanceTypes labels launchTemplate "
    "nodeRepairConfig releaseVersion scalingConfig taints updateConfig version"
)
_TOLD: Final = words("amiType capacityType instanceTypes releaseVersion status version")
_PASSED_ON: Final = {
    **{name: name for name in _SAME},
    "nodeGroupName": "nodegroupName",
    "nodeRoleArn": "nodeRole",
    "subnetIds": "subnets",
}


class NodeGroup(AwsHandler):
    """A group of nodes of the seed's cluster."""

    kind = "aws:eks/nodeGroup:NodeGroup"
    creation = ("eks", "CreateNodegroup")
    passed_on = _PASSED_ON
    tagged = True
    regional = True
    names = ("nodeGroupName", "nodeGroupNamePrefix")
    computed = ("arn", "resources", "status")
    covered = (*_PASSED_ON, "forceUpdateVersion", "region", "tags")
    sets = ("subnetIds", "taints")

    def rules(self, inputs: Props) -> Iterator[CheckFailure]:
        name = inputs.get("nodeGroupName")
        if isinstance(name, str) and not GROUP_NAME.fullmatch(name):
            what = "a letter or digit, then letters, digits, - or _, at most 63"
            yield CheckFailure("nodeGroupName", f"{name!r} is not a node group name ({what})")
        yield from _sizes(inputs.get("scalingConfig"))
        yield from _pairs("labels", inputs.get("labels"))
        for path, taint in items("taints", inputs.get("taints")):
            yield from _pair(path, taint.get("key"), taint.get("value"))
        for path, machine in items("instanceTypes", inputs.get("instanceTypes")):
            if machine not in shapes.enum("ec2", "InstanceType"):
                yield CheckFailure(path, f"{machine!r} is not an EC2 instance type")
        template = inputs.get("launchTemplate")
        if isinstance(template, Mapping):
            if template.get("id") is not None and template.get("name") is not None:
                yield CheckFailure("launchTemplate", "id and name exclude each other")
            if inputs.get("diskSize") is not None:
                reason = "goes into the launch template when there is one"
                yield CheckFailure("diskSize", reason)

    def parameters(self, inputs: Props) -> dict[str, Any]:
        tags = self.tags(inputs)
        return {**super().parameters(inputs), **({"tags": tags} if tags else {})}

    def make(self, inputs: Props) -> tuple[str, Props]:
        self._needs(inputs)
        made = self.send(inputs)["nodegroup"]
        group = made["resources"]["autoScalingGroups"][0]["name"]
        template = inputs.get("launchTemplate")
        if template is None:
            data = {"InstanceType": made["instanceTypes"][0]}
            self.cloud.change(
                "ec2", "CreateLaunchTemplate", LaunchTemplateName=group, LaunchTemplateData=data
            )
            chosen = {"LaunchTemplateName": group}
        else:
            key = "id" if "id" in template else "name"
            chosen = {f"LaunchTemplate{key.title()}": template[key], "Version": template["version"]}
        self.cloud.change(
            "autoscaling",
            "CreateAutoScalingGroup",
            AutoScalingGroupName=group,
            MinSize=0,
            MaxSize=inputs["scalingConfig"]["maxSize"],
            DesiredCapacity=0,
            LaunchTemplate=chosen,
            VPCZoneIdentifier=",".join(inputs["subnetIds"]),
            Tags=[
                {"Key": f"eks:{key}-name", "Value": inputs[name], "PropagateAtLaunch": True}
                for key, name in (("cluster", "clusterName"), ("nodegroup", "nodeGroupName"))
            ],
        )
        return f"{inputs['clusterName']}:{inputs['nodeGroupName']}", outputs(made)

    def _needs(self, inputs: Props) -> None:
        """Raise when the role, a subnet or the template does not exist; moto would not."""
        role = inputs["nodeRoleArn"].rpartition("/")[2]
        if self.cloud.find("iam", "GetRole", RoleName=role) is None:
            raise StandinError(f"node role {inputs['nodeRoleArn']} does not exist")
        self.cloud.call("ec2", "DescribeSubnets", SubnetIds=inputs["subnetIds"])
        template = inputs.get("launchTemplate") or {}
        for key, asked in (("id", "LaunchTemplateIds"), ("name", "LaunchTemplateNames")):
            if key in template:
                self.cloud.call("ec2", "DescribeLaunchTemplates", **{asked: [template[key]]})

    def _describe(self, id: str) -> dict[str, Any] | None:
        cluster, _, name = id.partition(":")
        found = self.cloud.find("eks", "DescribeNodegroup", clusterName=cluster, nodegroupName=name)
        return found["nodegroup"] if found else None

    def exists(self, id: str, inputs: Props) -> bool:
        return self._describe(id) is not None

    def change(self, id: str, old: Props, olds: Props, new: Props) -> Props:
        made = self._describe(id)
        if made is None:
            raise StandinError(f"node group {id} does not exist any more; run a refresh")
        cluster, _, name = id.partition(":")
        same = {"clusterName": cluster, "nodegroupName": name}
        versions = ("launchTemplate", "releaseVersion", "version")
        if any(old.get(key) != new.get(key) for key in versions):
            wanted = {key: new[key] for key in versions if key in new}
            _unsent("UpdateNodegroupVersion", **same, **wanted)
            self.context.records.drained(id, f"rolled for {', '.join(wanted)}")
        config = _config_changes(old, new)
        if config:
            present = made["scalingConfig"]["desiredSize"]
            asked = config.get("scalingConfig", {}).get("desiredSize", present)
            if asked < present:
                self.context.records.drained(id, f"desiredSize {present} -> {asked}")
            self.cloud.change("eks", "UpdateNodegroupConfig", **same, **config)
        gone, tags = self.retagged(olds, new)
        if gone:
            _unsent("UntagResource", resourceArn=made["nodegroupArn"], tagKeys=gone)
        if tags:
            _unsent("TagResource", resourceArn=made["nodegroupArn"], tags=tags)
        return outputs(self._describe(id) or made)

    def remove(self, id: str, inputs: Props, olds: Props) -> None:
        made = self._describe(id)
        if made is None:
            return
        cluster, _, name = id.partition(":")
        self.cloud.change("eks", "DeleteNodegroup", clusterName=cluster, nodegroupName=name)
        group = made["resources"]["autoScalingGroups"][0]["name"]
        self.cloud.change(
            "autoscaling", "DeleteAutoScalingGroup", AutoScalingGroupName=group, ForceDelete=True
        )
        if not made.get("launchTemplate"):
            self.cloud.change("ec2", "DeleteLaunchTemplate", LaunchTemplateName=group)


def _unsent(operation: str, **parameters: Any) -> None:
    """Check a request that moto does not know."""
    if failures := shapes.check("eks", operation, parameters):
        raise StandinError("; ".join(f"{f.property}: {f.reason}" for f in failures))


def outputs(made: Mapping[str, Any]) -> Props:
    """What the cloud says of a group, by the names that resource and lookup share."""
    groups = [{"name": group["name"]} for group in made["resources"]["autoScalingGroups"]]
    return {
        "arn": made["nodegroupArn"],
        "resources": [{"autoscalingGroups": groups, "remoteAccessSecurityGroupId": ""}],
        "diskSize": made.get("diskSize", 20),
        **{key: made[key] for key in _TOLD},
    }


def _config_changes(old: Props, new: Props) -> dict[str, Any]:
    """Parameters of UpdateNodegroupConfig for what differs."""
    out: dict[str, Any] = {}
    for key in ("scalingConfig", "updateConfig", "nodeRepairConfig"):
        if old.get(key) != new.get(key) and new.get(key) is not None:
            out[key] = new[key]
    before, after = old.get("labels") or {}, new.get("labels") or {}
    if before != after:
        out["labels"] = {
            "addOrUpdateLabels": {k: v for k, v in after.items() if before.get(k) != v},
            "removeLabels": sorted(set(before) - set(after)),
        }
    had, has = old.get("taints") or [], new.get("taints") or []
    if had != has:
        identity = {(t["key"], t["effect"]) for t in has}
        out["taints"] = {
            "addOrUpdateTaints": [t for t in has if t not in had],
            "removeTaints": [t for t in had if (t["key"], t["effect"]) not in identity],
        }
    return out


def _sizes(config: Any) -> Iterator[CheckFailure]:
    if not isinstance(config, Mapping):
        return
    low, wanted, high = (config.get(key) for key in ("minSize", "desiredSize", "maxSize"))
    for left, right, told in (
        (low, high, "minSize is more than maxSize"),
        (low, wanted, "minSize is more than desiredSize"),
        (wanted, high, "desiredSize is more than maxSize"),
    ):
        if isinstance(left, int) and isinstance(right, int) and left > right:
            yield CheckFailure("scalingConfig", f"{told} ({left} > {right})")


def _pairs(path: str, value: Any) -> Iterator[CheckFailure]:
    for key, text in value.items() if isinstance(value, Mapping) else ():
        yield from _pair(path, key, text)


def _pair(path: str, key: Any, value: Any) -> Iterator[CheckFailure]:
    if isinstance(key, str) and not NODE_LABEL_KEY.fullmatch(key):
        yield CheckFailure(path, f"{key!r} is not a Kubernetes key")
    if isinstance(value, str) and not NODE_LABEL_VALUE.fullmatch(value):
        yield CheckFailure(path, f"{value!r} is not a Kubernetes value (key {key!r})")
