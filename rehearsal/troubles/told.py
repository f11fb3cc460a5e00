"""How a trouble ended: in one clear sentence and the next command, or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lab.engine.error_hints import explain
from lab.engine.outcome import Outcome
from rehearsal.context import HubUnderTest


@dataclass(frozen=True, kw_only=True)
class Told:
    """How a trouble ended: `wrong` says what was not as it should be."""

    name: str
    sentence: str = ""
    wrong: str = ""


def expected(name: str, kind: str, done: Outcome, stack: str) -> Told:
    """A command that has to fail with a known trouble."""
    if done.ok:
        return Told(name=name, wrong="the command succeeded; it should have failed.")
    advice = explain(done.text, stack)
    if advice is None or advice.kind != kind:
        seen = f"It was taken for {advice.kind!r}. " if advice else ""
        return Told(name=name, wrong=f"no clear sentence. {seen}The engine said: {end(done)}")
    if secret := _traceback(done):
        return Told(name=name, sentence=str(advice), wrong=secret)
    return Told(name=name, sentence=str(advice))


def _traceback(done: Outcome) -> str:
    # The program that waits when a release fails is interrupted by the engine itself.
    text = done.text.partition("KeyboardInterrupt")[0]
    if "Traceback" in text and "KeyboardInterrupt" not in done.text:
        return "it ended with a traceback."
    return ""


def end(done: Outcome) -> str:
    lines = [line.strip() for line in done.text.splitlines() if line.strip()[:1] not in ("", "@")]
    return " / ".join(lines)[-500:]


def variant(context: HubUnderTest, name: str, document: dict[str, Any]) -> list[str]:
    return ["--config-file", str(context.variant(name, document))]
