"""Phase `trouble`: what goes wrong in practice ends with one clear sentence and the next command,
and the stack is usable afterwards."""

from __future__ import annotations

import time
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from rehearsal.context import HubUnderTest
from rehearsal.report import Phase, Trouble, judged
from rehearsal.troubles import harmless, updates
from rehearsal.troubles.told import Told

NAME = "trouble"


@dataclass(frozen=True, kw_only=True)
class Beside:
    """The troubles that touch neither the stack nor the cluster, at work. `started` is of the
    monotonic clock."""

    told: tuple[Future[Told], ...]
    disk: Future[Told]
    started: float = field(default_factory=time.monotonic)

    def wait(self) -> None:
        """Until none of them runs any more, however it ended."""
        for one in (*self.told, self.disk):
            with suppress(CancelledError):
                one.exception()


def begin(context: HubUnderTest) -> Beside:
    """Start them. They end as previews, or on a stack of their own."""
    # The engine tries for half a minute to write to a full disk, and needs no processor for it.
    aside = ThreadPoolExecutor(1)
    disk = aside.submit(harmless.disk, context)
    aside.shutdown(wait=False)
    steps = (harmless.passphrase, harmless.secret, harmless.chart, harmless.port)
    return Beside(told=tuple(context.engines.submit(s, context) for s in steps), disk=disk)


def run(context: HubUnderTest, beside: Beside | None = None) -> Phase:
    """`beside`: what `begin` started earlier; all of it but the disk is over before this goes on."""
    beside = beside or begin(context)
    told = [one.result() for one in beside.told]
    told.append(updates.release(context))
    told += updates.killed(context)
    told.append(updates.recovered(context))
    told.append(beside.disk.result())
    found = [_finding(one) for one in told if one.wrong]
    return judged(NAME, found, [f"{one.name}: {one.sentence}" for one in told if one.sentence])


def _finding(one: Told) -> Trouble:
    return Trouble(
        what=f"{one.name}: {one.wrong}",
        where="pulumi",
        why="A person in trouble needs one sentence and a usable stack.",
        fix="see lab/engine/error_hints.py for the sentence, and the engine's own words in this report.",
    )
