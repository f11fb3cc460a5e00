"""What a rehearsal found, and how it is shown: a table, JSON, Markdown for a pull request.

Pure but for printing: a report holds texts only, and none of them is a secret.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

Status = Literal["ok", "failed", "skipped"]
_COLOUR: dict[Status, str] = {"ok": "green", "failed": "red", "skipped": "dim"}
_SIGN: dict[Status, str] = {"ok": "✅", "failed": "❌", "skipped": "➖"}


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Something that would go wrong. `where` is an object, a field or a command; `fix` is what
    to do next."""

    what: str
    where: str
    why: str
    fix: str

    def text(self) -> str:
        return f"{self.where}: {self.what} {self.why} Fix: {self.fix}"


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One part of a rehearsal. `facts` say what was proven and measured, a line each; a skipped
    phase says why in its only fact. `seconds` is wall time from its first step to its last; phases
    share the time, so these do not add up."""

    name: str
    status: Status
    seconds: float = 0.0
    findings: tuple[Trouble, ...] = ()
    facts: tuple[str, ...] = ()

    def took(self, seconds: float) -> Phase:
        return replace(self, seconds=seconds)


def judged(name: str, findings: Iterable[Trouble], facts: Iterable[str] = ()) -> Phase:
    """`ok` without findings, `failed` with."""
    found = tuple(dict.fromkeys(findings))
    return Phase(name=name, status="failed" if found else "ok", findings=found, facts=tuple(facts))


def skipped(name: str, why: str) -> Phase:
    return Phase(name=name, status="skipped", facts=(why,))


@dataclass(frozen=True, kw_only=True)
class HubReport:
    """The phases of one hub (or, as `A + B`, of several together), in the order they ran."""

    hub: str
    phases: tuple[Phase, ...]

    @property
    def ok(self) -> bool:
        return bool(self.phases) and all(phase.status != "failed" for phase in self.phases)


@dataclass(frozen=True, kw_only=True)
class Report:
    """`setting` says what was real and what stood in, a line each."""

    hubs: tuple[HubReport, ...]
    setting: tuple[str, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        return bool(self.hubs) and all(hub.ok for hub in self.hubs)

    def as_dict(self) -> dict[str, Any]:
        return {"ok": self.ok, **asdict(self)}

    def markdown(self) -> str:
        """For a pull request's comment: a table for each hub, findings in full, facts folded."""
        lines: list[str] = []
        for hub in self.hubs:
            verdict = "passed" if hub.ok else "**failed**"
            lines += [f"### Rehearsal of `{hub.hub}`: {verdict}", "", "| phase | | s | what |"]
            lines.append("|---|---|---:|---|")
            for phase in hub.phases:
                first = _cell(_headline(phase))
                lines.append(
                    f"| {phase.name} | {_SIGN[phase.status]} | {phase.seconds:.1f} | {first} |"
                )
            for phase in hub.phases:
                for finding in phase.findings:
                    lines += ["", f"- **{phase.name}**, `{finding.where}`: {finding.what} "]
                    lines[-1] += f"{finding.why} *Fix:* {finding.fix}"
            lines += ["", "<details><summary>What was proven</summary>", ""]
            for phase in hub.phases:
                lines += [f"- {phase.name}", *(f"  - {fact}" for fact in phase.facts)]
            lines += ["", "</details>", ""]
        lines += [*(f"> {line}  " for line in self.setting), f"> {self.seconds:.0f} s in all."]
        return "\n".join(lines) + "\n"

    def print(self, console: Console) -> None:
        """The table, then every finding in full."""
        for hub in self.hubs:
            table = Table(title=f"rehearsal of {hub.hub}", title_justify="left", box=None)
            table.add_column("phase", style="bold", no_wrap=True)
            table.add_column("")
            table.add_column("s", justify="right")
            table.add_column("what", overflow="fold")
            for phase in hub.phases:
                colour = _COLOUR[phase.status]
                facts = "\n".join(escape(fact) for fact in phase.facts)
                if phase.findings:
                    count = len(phase.findings)
                    facts = f"{count} finding{'s' * (count > 1)}, below\n{facts}".strip()
                table.add_row(
                    phase.name,
                    f"[{colour}]{phase.status}[/{colour}]",
                    f"{phase.seconds:.1f}",
                    facts,
                )
            console.print(table)
            for phase in hub.phases:
                for finding in phase.findings:
                    console.print(f"[red]failed[/red] {phase.name}: {escape(finding.text())}")
        for line in self.setting:
            console.print(f"[dim]{escape(line)}[/dim]")
        verdict = "[green]passed[/green]" if self.ok else "[red]failed[/red]"
        console.print(f"{verdict} after {self.seconds:.0f} s")


def _headline(phase: Phase) -> str:
    if phase.findings:
        count = len(phase.findings)
        return f"{count} finding{'s' * (count > 1)}: {phase.findings[0].what}"
    return phase.facts[0] if phase.facts else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
