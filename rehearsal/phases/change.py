"""Phase `change`: a second preview is empty, and each change touches what it should."""

from __future__ import annotations

import json

from lab.engine.error_hints import explain
from rehearsal.checks import planned_change
from rehearsal.context import HubUnderTest
from rehearsal.report import Phase, Trouble, judged
from rehearsal.trial_changes import Trial, trials

NAME = "change"


def run(context: HubUnderTest) -> Phase:
    session = context.session
    folder = session.folder / "variants"
    folder.mkdir(exist_ok=True)
    state = session.state()
    chosen = trials(context.hub, context.document, session.charts, folder)
    results = list(context.engines.map(lambda trial: _try(context, trial, state), chosen))
    found = [finding for findings, _ in results for finding in findings]
    return judged(NAME, found, [fact for _, fact in results])


def _try(
    context: HubUnderTest, trial: Trial, state: dict[str, object]
) -> tuple[list[Trouble], str]:
    name = trial.change.name
    if trial.document is None:
        return [], f"{name}: not tried, {trial.skipped}"
    file = context.variant(name.split()[0], trial.document)
    done = context.session.preview("--json", "--config-file", str(file))
    if not done.ok:
        advice = explain(done.text, context.session.name)
        lines = [line for line in done.text.splitlines() if '"message"' in line or "error" in line]
        finding = Trouble(
            what="the preview fails.",
            where=f"plan: {name}",
            why=advice.sentence if advice else " ".join(lines)[:600],
            fix=advice.command if advice else "correct what the engine says.",
        )
        return [finding], f"{name}: the preview fails"
    rows = planned_change.rows(json.loads(done.stdout)["steps"], state)
    return list(planned_change.judge(trial.change, rows)), planned_change.line(trial.change, rows)
