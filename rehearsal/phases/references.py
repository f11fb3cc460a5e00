"""Phase `references`: everything that an object names exists."""

from __future__ import annotations

from rehearsal.checks import references
from rehearsal.context import HubUnderTest
from rehearsal.objects import NAMESPACED
from rehearsal.report import Phase, judged

NAME = "references"


def run(context: HubUnderTest) -> Phase:
    objects = context.objects
    count = sum(1 for _ in objects.of(*NAMESPACED))
    policies = sum(1 for _ in objects.of("NetworkPolicy"))
    fact = f"{count} objects, {policies} network policies: every name in them leads somewhere"
    found = references.check(objects)
    return judged(NAME, found, [] if found else [fact])
