"""Every rule finds what it should, where it should, and nothing else."""

from __future__ import annotations

import pytest

from model.findings import shown
from model.rules import RULES
from tests.model.casefiles import FILES, load

KINDS = {"happy", "error", "warning"}


@pytest.mark.parametrize("name", FILES)
def test_a_mistake_is_found_and_a_right_file_passes(name: str) -> None:
    case = load(name)
    found = case.findings()
    said = "\n".join(f.text() for _, f in found)
    if case.kind == "happy":
        assert case.passes
        assert not [f for _, f in found if f.severity == "error"], said
        assert not {f.rule for _, f in found} & set(case.passes), said
        return
    assert case.expected and case.rule in {rule for rule, _ in case.expected}
    if case.kind == "warning":
        assert not [f for _, f in found if f.severity == "error"], said
    assert {(f.rule, p + f.path) for p, f in found if f.severity == case.kind} == case.expected, (
        said
    )


def test_every_rule_has_a_failing_and_a_passing_case() -> None:
    by_kind: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for name in FILES:
        rule, kind, _ = name.split(".")
        assert rule in RULES, f"{name}: no such rule"
        by_kind[kind].add(rule)
    assert set(RULES) - by_kind["happy"] == set(), "no passing case"
    assert set(RULES) - by_kind["error"] - by_kind["warning"] == set(), "no failing case"


@pytest.mark.parametrize("name", [n for n in FILES if ".happy." not in n])
def test_a_finding_says_what_why_and_what_to_write(name: str) -> None:
    for _, finding in load(name).findings():
        assert finding.rule in RULES and finding.severity == RULES[finding.rule].severity
        assert finding.path and finding.reason.endswith(".") and finding.fix.endswith((".", "?"))
        assert "\n" not in finding.text()
        assert len(shown(finding.value)) <= 121


SECRETS = ("hunter2", "ghp_aaaa", "short-lived", "not json")


@pytest.mark.parametrize("name", FILES)
def test_no_finding_shows_a_secret(name: str) -> None:
    for _, finding in load(name).findings():
        said = finding.text() + str(finding.as_dict())
        assert not [s for s in SECRETS if s in said]
