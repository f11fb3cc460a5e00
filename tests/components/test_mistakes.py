"""A mistake in a stack file ends the program with all findings, before anything is asked or made."""

from __future__ import annotations

import pulumi
import pytest

from tests.components.program import Recorded, run
from tests.components.test_program import stack_text


def refused(recorded: Recorded) -> str:
    """The message of a refusal; nothing was asked of a cloud, nothing made."""
    assert isinstance(recorded.error, pulumi.RunError), recorded.error
    assert recorded.calls == []
    assert [m.type for m in recorded.made.values()] == ["pulumi:pulumi:Stack"]
    return str(recorded.error)


def test_all_mistakes_are_told_at_once_and_no_cloud_is_asked() -> None:
    text = stack_text(
        "ecology",
        launch={"repositories": ["github:ecology-lab/*"], "quotas": {"totl": 3}},
        nodes={"min": 20, "machineType": "n2-highmem-5"},
        domains={"hub": "https://hub.example.org", "binder": "b.example.org"},
    )
    message = refused(run("ecology", text))
    for told in ("launch.quotas.totl", "did you mean total?", "domains.hub"):
        assert told in message
    assert "Traceback" not in message


def test_rules_between_sections_are_told_too() -> None:
    message = refused(run("climate", stack_text("climate", nodes={"min": 20, "max": 2})))
    assert "BH060" in message and "nodes.min" in message


def test_what_extra_values_break_never_reaches_a_cluster() -> None:
    """`hubctl validate` is not the only one to look: nobody has to run it before an `up`."""
    extra = {"jupyterhub": {"singleuser": {"networkPolicy": {"enabled": False}}}}
    message = refused(run("ecology", stack_text("ecology", extraValues=extra)))
    assert "BH129" in message and "extraValues.jupyterhub.singleuser" in message


@pytest.mark.parametrize(
    "value", ["7", "text", "true", "[1]", "null", "{", '{"a": {"b": [1e999]}}']
)
@pytest.mark.parametrize("section", ["cluster", "nodes", "auth", "rotate"])
def test_a_section_of_another_kind_is_no_traceback(section: str, value: str) -> None:
    message = refused(run("ecology", stack_text("ecology", **{section: value})))
    assert section in message


def test_a_secret_in_plain_text_is_refused_and_not_repeated() -> None:
    message = refused(run("ecology", stack_text("ecology", githubToken="plain-hunter2")))
    assert "githubToken" in message and "hunter2" not in message


def test_an_encrypted_section_is_refused_and_not_repeated() -> None:
    text = stack_text("ecology", cluster={"secure": "v1:x"})
    message = refused(run("ecology", text, secrets={"cluster": '{"name": "hunter2"}'}))
    assert "BH104" in message and "hunter2" not in message


def test_an_empty_secret_is_refused() -> None:
    message = refused(run("climate", stack_text("climate"), secrets={"oauthClientSecret": " "}))
    assert "oauthClientSecret" in message and "empty" in message


def test_a_key_that_is_no_key_is_refused_and_not_repeated() -> None:
    text = stack_text(
        "ecology",
        launch={"repositories": ["github:ecology-lab/*"], "eventLog": {}},
        launchEventsKey={"secure": "v1:x"},
    )
    message = refused(run("ecology", text, secrets={"launchEventsKey": "hunter2"}))
    assert "launchEventsKey" in message and "hunter2" not in message


def test_a_file_of_secrets_is_not_silently_ignored() -> None:
    message = refused(run("demo", stack_text("demo", secretsFile="secrets.yaml")))
    assert "secretsFile" in message


def test_warnings_are_told_and_do_not_stop() -> None:
    recorded = run("ecology", stack_text("ecology"))
    assert recorded.error is None
    assert [line for line in recorded.log if "example domain" in line]
