"""A changed least or most number of nodes takes none away on EKS."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.aws.node_counts import Sizes, settled, too_many, wanted
from model.derived.pools import build_pool, user_pool
from tests.components.program import Recorded, run
from tests.components.test_program import stack_text
from tests.components.test_pure import hub

GROUPS, GROUP = "aws:eks/getNodeGroups:getNodeGroups", "aws:eks/getNodeGroup:getNodeGroup"


@pytest.mark.parametrize(
    ("least", "most", "now", "nodes", "leave"),
    [
        (0, 50, None, 0, True),
        (2, 50, None, 2, True),
        (0, 50, Sizes(min=0, max=50, nodes=7), 7, True),
        (0, 60, Sizes(min=0, max=50, nodes=7), 7, False),
        (0, 7, Sizes(min=0, max=50, nodes=7), 7, False),
        (9, 50, Sizes(min=0, max=50, nodes=7), 9, False),
        (0, 50, Sizes(min=5, max=50, nodes=7), 7, False),
    ],
)
def test_a_group_keeps_the_nodes_that_it_has(
    least: int, most: int, now: Sizes | None, nodes: int, leave: bool
) -> None:
    pool = user_pool(hub("climate", nodes={"min": least, "max": most}))
    assert wanted(pool, now) == Sizes(min=least, max=most, nodes=nodes)
    assert settled(pool, now) is leave


def test_fewer_than_run_now_are_refused_for_every_group_at_once() -> None:
    of = hub("climate", nodes={"max": 4, "builders": {"max": 2}})
    groups = (user_pool(of), build_pool(of))
    present = {p.name: Sizes(min=0, max=50, nodes=p.max + 3) for p in groups}
    first, second = too_many(groups, present)
    assert first.startswith("nodes.max: 4: 7 nodes of climate-g1 run now; AWS would take 3 of them")
    assert second.startswith("nodes.builders.max: 2: 5 nodes of climate-build-g1 run now")
    assert "Wait until the autoscaler" in first and "or write 7 or more" in first
    assert too_many(groups, {p.name: Sizes(min=0, max=50, nodes=p.max) for p in groups}) == []
    assert too_many(groups, {}) == []


def grown(nodes: dict[str, Any], *present: str) -> Recorded:
    """The program for a cluster in which the groups `present` have 7 nodes, of 0 to 50."""
    sizes = {"scalingConfigs": [{"minSize": 0, "maxSize": 50, "desiredSize": 7}]}
    answers: dict[str, Any] = {GROUPS: {"names": ["core", *present]}, GROUP: sizes}
    return run("climate", stack_text("climate", nodes=nodes), answers=answers)


def test_only_changed_bounds_are_written_and_with_the_nodes_of_now() -> None:
    group = grown({"max": 50}, "climate-g1").one("climate-nodes-user-g1")
    assert "scalingConfig" in group.request.ignoreChanges
    group = grown({"max": 60}, "climate-g1").one("climate-nodes-user-g1")
    assert group.plain["scalingConfig"] == {"minSize": 0, "maxSize": 60, "desiredSize": 7}
    assert "scalingConfig" not in group.request.ignoreChanges


def test_a_maximum_below_the_nodes_of_now_makes_nothing() -> None:
    recorded = grown({"max": 6}, "climate-g1")
    assert isinstance(recorded.error, pulumi.RunError)
    assert str(recorded.error).startswith("nodes.max: 6: 7 nodes of climate-g1 run now")
    made = [m.type for m in recorded.made.values() if not m.type.startswith("pulumi:")]
    assert made == [], "a secret made anew here would be in no release"


def test_nobody_asks_how_many_nodes_a_retiring_group_has() -> None:
    nodes = {"max": 6, "generation": 2, "retiring": [{"generation": 1}]}
    recorded = grown(nodes, "climate-g1")
    assert recorded.error is None
    assert [args for token, args, _ in recorded.calls if token == GROUP] == []
    old = recorded.one("climate-nodes-user-g1")
    assert "scalingConfig" in old.request.ignoreChanges
