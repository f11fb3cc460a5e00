"""Scale from zero: could an autoscaler know, before there is a node, what a node would be like?

Read from the cloud resources that the engine recorded. GKE's autoscaler knows a pool's own
template. For an EKS group it reads tags of the auto scaling group: one for each label and taint.
Pure. Sources: https://cloud.google.com/kubernetes-engine/docs/concepts/cluster-autoscaler,
https://github.com/kubernetes/autoscaler/tree/master/cluster-autoscaler/cloudprovider/aws
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from model.derived.pools import Pool
from rehearsal.report import Trouble

GKE_POOL = "gcp:container/nodePool:NodePool"
EKS_GROUP = "aws:eks/nodeGroup:NodeGroup"
ASG_TAG = "aws:autoscaling/tag:Tag"
TEMPLATE = "k8s.io/cluster-autoscaler/node-template"


def check(pool: Pool, state: Mapping[str, Any]) -> list[Trouble]:
    """`state` is an exported deployment. Empty where nodes are not the stack's."""
    resources = (state.get("deployment") or {}).get("resources") or []
    if not pool.managed:
        return []
    for resource in resources:
        if resource["type"] == GKE_POOL and _inputs(resource).get("name") == pool.name:
            return list(_gke(pool, _inputs(resource)))
        if resource["type"] == EKS_GROUP and _inputs(resource).get("nodeGroupName") == pool.name:
            return [*_eks(pool, _inputs(resource)), *_tags(pool, resource, resources)]
    return [
        Trouble(
            what=f"the stack makes no pool of the name {pool.name}.",
            where="node pool",
            why="Nobody could be served.",
            fix="see the plan of `pulumi preview`.",
        )
    ]


def _gke(pool: Pool, inputs: Mapping[str, Any]) -> Iterator[Trouble]:
    config = inputs.get("nodeConfig") or {}
    where = f"NodePool {pool.name}"
    yield from _labels(pool, where, config.get("labels") or {})
    yield from _taints(pool, where, config.get("taints") or [])
    if config.get("machineType") != pool.machine_type:
        yield _differs(where, "machineType", config.get("machineType"), pool.machine_type)
    autoscaling = inputs.get("autoscaling") or {}
    if (autoscaling.get("totalMaxNodeCount") or autoscaling.get("maxNodeCount")) is None:
        yield Trouble(
            what="it has no autoscaling.",
            where=where,
            why="It would stay at its first size, whatever users ask for.",
            fix="set autoscaling with the stack's min and max.",
        )


def _eks(pool: Pool, inputs: Mapping[str, Any]) -> Iterator[Trouble]:
    where = f"NodeGroup {pool.name}"
    yield from _labels(pool, where, inputs.get("labels") or {})
    yield from _taints(pool, where, inputs.get("taints") or [])
    if inputs.get("instanceTypes") != [pool.machine_type]:
        yield _differs(where, "instanceTypes", inputs.get("instanceTypes"), [pool.machine_type])


def _labels(pool: Pool, where: str, found: Mapping[str, str]) -> Iterator[Trouble]:
    if not pool.labels.items() <= found.items():
        yield _differs(where, "labels", dict(found), pool.labels)


def _taints(pool: Pool, where: str, found: list[Mapping[str, str]]) -> Iterator[Trouble]:
    wanted = {(t.key, t.value, t.cloud_effect) for t in pool.taints}
    seen = {(t.get("key"), t.get("value"), t.get("effect")) for t in found}
    if wanted != seen:
        yield _differs(where, "taints", sorted(map(str, seen)), sorted(map(str, wanted)))


def _tags(
    pool: Pool, group: Mapping[str, Any], resources: list[Mapping[str, Any]]
) -> Iterator[Trouble]:
    own = {
        scaled.get("name")
        for made in (group.get("outputs") or {}).get("resources") or []
        for scaled in made.get("autoscalingGroups") or []
    }
    tagged = [_inputs(r) for r in resources if r["type"] == ASG_TAG]
    tags = [one.get("tag") or {} for one in tagged if one.get("autoscalingGroupName") in own]
    seen = {tag.get("key"): tag.get("value") for tag in tags}
    wanted = {f"{TEMPLATE}/label/{k}": v for k, v in pool.labels.items()}
    wanted |= {f"{TEMPLATE}/taint/{t.key}": f"{t.value}:{t.effect}" for t in pool.taints}
    for key, value in wanted.items():
        if seen.get(key) != value:
            yield Trouble(
                what=f"the auto scaling group has no tag {key} = {value}.",
                where=f"NodeGroup {pool.name}",
                why="With no node, the autoscaler cannot know that a new one would take the pod: "
                "the first user of the day waits in vain.",
                fix="tag the auto scaling group for every label and taint of the pool.",
            )


def _differs(where: str, field: str, seen: object, wanted: object) -> Trouble:
    return Trouble(
        what=f"{field} is {seen}.",
        where=where,
        why=f"The autoscaler expects nodes that fit pods with {wanted}: it would add none.",
        fix=f"make it {wanted}.",
    )


def _inputs(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    return resource.get("inputs") or {}
