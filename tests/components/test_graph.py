"""The picture of a hub (`hubctl graph`) is what the program registers, in its order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import pytest

from hubctl.diagram.model import graph
from tests.components.program import KEY_JSON, Recorded, run
from tests.values.hubs import EXAMPLES, example

LEFT_OUT = {
    "aws:autoscaling/tag:Tag",
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "gcp:projects/iAMMember:IAMMember",
}
"""Types that a picture leaves out: parts of a pool, and permissions of an account."""

KEY = json.dumps(json.loads(KEY_JSON) | {"client_email": "a@example.org", "project_id": "p"})
SECRETS = {
    "registryPassword": KEY,
    "launchEventsKey": KEY,
    "databaseUrl": "postgres://hub:x@db.example.org/hub",
}


def needs(edges: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """All that each one needs, also what follows from others."""
    direct: dict[str, set[str]] = {}
    for first, then in edges:
        direct.setdefault(then, set()).add(first)

    def far(one: str) -> set[str]:
        return direct.get(one, set()).union(*(far(other) for other in direct.get(one, ())))

    return {one: far(one) for one in direct}


def kept(found: Mapping[str, set[str]], names: set[str]) -> dict[str, set[str]]:
    """The same, of some names only."""
    return {one: others & names for one, others in found.items() if one in names if others & names}


def registered(recorded: Recorded) -> dict[str, str]:
    """Types of all that providers make, by logical name."""
    made = [m for m in recorded.made.values() if m.request.custom]
    types = {m.name: m.type for m in made if not m.type.startswith("pulumi:providers:")}
    assert recorded.error is None, recorded.error
    return types


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_picture_shows_what_the_program_makes(name: str) -> None:
    stack, recorded = example(name), run(name, EXAMPLES[name].read_text(), secrets=SECRETS)
    assert stack.hub is not None
    types = registered(recorded)
    drawn = graph(stack.hub, stack.secrets_set)
    boxes = {node.id: node.resource or node.id for node in drawn.nodes}
    pictured = {node.resource for node in drawn.nodes if node.resource}
    assert pictured <= types.keys(), "it shows what the program does not make"
    assert {types[one] for one in types.keys() - pictured} <= LEFT_OUT, "it does not show all"
    waits = [
        (urn.rpartition("::")[2], made.name)
        for made in recorded.made.values()
        for urn in made.request.dependencies
    ]
    arrows = [(boxes[first], boxes[then]) for first, then in drawn.edges]
    assert kept(needs(arrows), pictured) == kept(needs(waits), pictured)
