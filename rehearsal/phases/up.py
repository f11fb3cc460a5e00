"""Phase `up`: from nothing to a hub whose every pod is ready."""

from __future__ import annotations

from lab.engine.error_hints import explain
from rehearsal.context import HubUnderTest
from rehearsal.report import Phase, Trouble, judged

NAME = "up"
_QUOTED = 1500


def run(context: HubUnderTest) -> Phase:
    session = context.session
    before = context.kube.namespace_contents(context.namespace)
    if before:
        return judged(
            NAME,
            [
                Trouble(
                    what=f"it holds {len(before)} objects before the first up ({before[0]}, ...).",
                    where=f"namespace {context.namespace}",
                    why="What a rehearsal proves would be of another run.",
                    fix="take that run down (its own `--keep`, or `make demo-down`).",
                )
            ],
        )
    done = session.up()
    if not done.ok:
        advice = explain(done.text, session.name)
        return judged(
            NAME,
            [
                Trouble(
                    what="the stack could not be brought up.",
                    where=f"pulumi up --stack {session.name}",
                    why=advice.sentence if advice else _errors(done.text),
                    fix=advice.command if advice else "correct what the engine says, then repeat.",
                )
            ],
        )
    pods = context.kube.pods(context.namespace)
    made = ", ".join(f"{count} {what}" for what, count in done.changes.items())
    outputs = session.outputs()
    return judged(
        NAME,
        [],
        [
            f"resources: {made}; {len(pods)} pods",
            f"hub {outputs['hubUrl']}, binder {outputs['binderUrl']}, "
            f"images {outputs.get('imagePrefix', 'none')}",
        ],
    )


def _errors(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if "error" in line and "@" not in line[:1]]
    return " ".join(dict.fromkeys(lines))[:_QUOTED] or "The engine gave no reason."
