"""Phase `fleet`: hubs that share a cluster, all up together, keep out of each other's way."""

from __future__ import annotations

from model.findings import errors
from model.rules.fleet import check_fleet
from model.stackfile.read import Stack, read_text
from rehearsal.checks import fleet
from rehearsal.context import HubUnderTest
from rehearsal.report import Phase, Trouble, judged

NAME = "fleet"


def run(contexts: list[HubUnderTest]) -> Phase:
    members = [fleet.Member(hub=c.hub, objects=c.fresh()) for c in contexts]
    found = [*_rules(contexts), *fleet.check(members)]
    names = ", ".join(member.hub.name for member in members)
    return judged(NAME, found, [f"{names} up together on one cluster"])


def _rules(contexts: list[HubUnderTest]) -> list[Trouble]:
    """The rules about several stack files (`hubctl validate A B`)."""
    stacks = [_stack(context) for context in contexts]
    return [
        Trouble(what=f"{f.rule}: {f.value}.", where=f"{name}: {f.path}", why=f.reason, fix=f.fix)
        for name, findings in check_fleet(stacks).items()
        for f in errors(findings)
    ]


def _stack(context: HubUnderTest) -> Stack:
    return read_text(context.session.name, context.session.source.read_text(encoding="utf-8"))
