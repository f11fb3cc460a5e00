"""How many users fit, in numbers that a person can check by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model.derived.pools import Pool, user_pool
from model.sections.nodes import Allocatable
from model.stackfile.read import read_text
from rehearsal.checks import capacity
from rehearsal.checks.capacity import Room
from tests.examples import path_of

GIB = 2**30


def _pool(memory: str = "16Gi", cpu: float = 4, pods: int = 30) -> Pool:
    """A pool of ten nodes of a known size."""
    hub = read_text("demo", path_of("demo").read_text()).hub
    assert hub is not None
    size = Allocatable(cpu=cpu, memory=memory, pods=pods)
    return replace(user_pool(hub), machine=None, allocatable=size, max=10)


@pytest.mark.parametrize(
    ("user", "per_node", "limit"),
    [
        (Room(cpu=100, memory=2 * GIB, pods=1), 7, "memory"),  # 15 GiB beside the daemons
        (Room(cpu=1000, memory=GIB, pods=1), 3, "cpu"),
        (Room(cpu=10, memory=GIB // 64, pods=1), 28, "pods"),
        (Room(cpu=0, memory=0, pods=1), 28, "pods"),  # asks for nothing
        (Room(cpu=100, memory=20 * GIB, pods=1), 0, "memory"),
    ],
)
def test_the_scarcest_resource_is_the_limit(user: Room, per_node: int, limit: str) -> None:
    daemons = Room(cpu=500, memory=GIB, pods=2)
    said = capacity.answer([_pool()], daemons, user, None)
    assert (said.per_node, said.limit) == (per_node, limit)
    assert said.users == per_node * 10 and said.ceiling == "nodes"


def test_a_quota_below_the_nodes_is_said_with_the_nodes_it_fills() -> None:
    said = capacity.answer([_pool()], Room(), Room(memory=2 * GIB, pods=1), 50)
    assert (said.users, said.ceiling, said.nodes_for_quota) == (50, "quota", 7)


def test_init_containers_count_by_their_largest_and_sidecars_always() -> None:
    def asks(memory: str, **more: str) -> dict[str, object]:
        return {"resources": {"requests": {"memory": memory}}, **more}

    spec = {
        "containers": [asks("1Gi"), {"resources": {"limits": {"memory": "512Mi"}}}],
        "initContainers": [asks("3Gi"), asks("256Mi", restartPolicy="Always")],
    }
    assert capacity.of_pod(spec).memory == 3 * GIB
    del spec["initContainers"][0]
    assert capacity.of_pod(spec).memory == GIB + GIB // 2 + GIB // 4


@pytest.mark.parametrize(("text", "value"), [("500m", 500), ("2", 2000), ("0.1", 100), (1.5, 1500)])
def test_cpu_in_every_spelling(text: str | float, value: int) -> None:
    assert capacity.millis(text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("1Gi", GIB), ("1G", 10**9), (1024, 1024), ("1e3", 1000), ("1500m", 2)]
)
def test_memory_in_every_spelling(text: str | int, value: int) -> None:
    assert capacity.size(text) == value
