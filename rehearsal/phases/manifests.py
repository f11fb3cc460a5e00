"""Phase `manifests`: an independent checker finds nothing that is not waived with a reason."""

from __future__ import annotations

from lab.install.pins import CHECKER, PINS
from lab.install.tools import ensure
from rehearsal.checks import manifests
from rehearsal.context import HubUnderTest
from rehearsal.report import Phase, judged

NAME = "manifests"


def run(context: HubUnderTest) -> Phase:
    checker = context.checker or ensure([CHECKER], progress=context.progress)[CHECKER]
    accepted = manifests.waivers()
    said = manifests.comments(context.objects, checker)
    found = manifests.unexpected(said, accepted)
    version = PINS[CHECKER].version
    fact = f"{CHECKER} {version}: {len(said)} critical remarks, {len(said) - len(found)} waived"
    return judged(NAME, found, [fact])
