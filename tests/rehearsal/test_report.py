"""What a person reads of a rehearsal: nothing that failed may look as if it passed."""

from __future__ import annotations

import io

from rich.console import Console

from rehearsal.report import HubReport, Report, Trouble, judged, skipped

FINDING = Trouble(what="it is [gone].", where="Secret/hub", why="No | pod starts.", fix="make it.")


def _report(*phases: object) -> Report:
    return Report(
        hubs=(HubReport(hub="a", phases=phases),),  # type: ignore[arg-type]
        setting=("charts: stand-in",),
        seconds=1.0,
    )


def test_a_phase_with_findings_is_never_ok() -> None:
    report = _report(judged("up", [], ["14 created"]), judged("build", [FINDING, FINDING]))
    assert not report.ok
    assert len(report.hubs[0].phases[1].findings) == 1, "the same finding is told once"


def test_a_report_of_nothing_is_not_a_success() -> None:
    assert not Report(hubs=(), setting=(), seconds=0).ok
    assert not _report().ok


def test_findings_and_what_stood_in_are_in_every_form() -> None:
    report = _report(judged("build", [FINDING]), skipped("launch", "no programs"))
    stream = io.StringIO()
    report.print(Console(file=stream, width=300))
    for text in (stream.getvalue(), report.markdown()):
        assert "it is [gone]." in text, "rich must not take a finding for markup"
        assert "Secret/hub" in text and "make it." in text
        assert "no programs" in text and "stand-in" in text
    assert report.as_dict()["hubs"][0]["phases"][0]["findings"][0]["fix"] == "make it."
    assert report.as_dict()["ok"] is False


def test_a_bar_in_a_finding_does_not_break_the_markdown_table() -> None:
    odd = Trouble(what="a|b.", where="x", why="y", fix="z")
    rows = [r for r in _report(judged("up", [odd])).markdown().splitlines() if r.startswith("| up")]
    assert rows[0].replace("\\|", "").count("|") == 5
