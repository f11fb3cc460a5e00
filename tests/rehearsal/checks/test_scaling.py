"""Scale from zero, judged on made-up states: each node group is known by its own tags."""

from __future__ import annotations

from typing import Any

import pytest

from model.derived.pools import Pool, pools
from model.hub import Hub
from rehearsal.checks import scaling
from tests.values.hubs import hub

NODES = {"machineType": "r5.2xlarge", "generation": 2, "builders": {}}
NODES |= {"retiring": [{"generation": 1, "machineType": "r5.xlarge"}]}


def state(of: Hub, untagged: str = "") -> dict[str, Any]:
    """What the engine would record of the hub's groups; one of them without tags."""
    found = [_group(pool) for pool in pools(of)]
    for pool in pools(of):
        if pool.name != untagged:
            found += [_tag(pool, key, value) for key, value in pool.labels.items()]
            found += [_tag(pool, t.key, f"{t.value}:{t.effect}", "taint") for t in pool.taints]
    return {"deployment": {"resources": found}}


def _group(pool: Pool) -> dict[str, Any]:
    taints = [{"key": t.key, "value": t.value, "effect": t.cloud_effect} for t in pool.taints]
    inputs = {"nodeGroupName": pool.name, "instanceTypes": [pool.machine_type], "taints": taints}
    scaled = [{"autoscalingGroups": [{"name": f"eks-{pool.name}"}]}]
    return {
        "type": scaling.EKS_GROUP,
        "inputs": {**inputs, "labels": pool.labels},
        "outputs": {"resources": scaled},
    }


def _tag(pool: Pool, key: str, value: str, kind: str = "label") -> dict[str, Any]:
    tag = {"key": f"{scaling.TEMPLATE}/{kind}/{key}", "value": value}
    inputs = {"autoscalingGroupName": f"eks-{pool.name}", "tag": tag}
    return {"type": scaling.ASG_TAG, "inputs": inputs}


@pytest.mark.parametrize("untagged", ["", "members-eks-g2", "members-eks-build-g1"])
def test_no_group_lives_on_the_tags_of_another(untagged: str) -> None:
    of = hub("members-eks", nodes=NODES)
    assert len(pools(of)) == 4
    for pool in pools(of):
        assert bool(scaling.check(pool, state(of, untagged))) is (pool.name == untagged), pool.name
