"""validate and render: exit codes, JSON, the same bytes, no traceback, no secret."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples import STACKS
from tests.hubctl.conftest import CHECKOUT, OPEN_HUB, Hubctl, Write


def test_a_sound_file_is_0_by_name_and_by_path(hubctl: Hubctl, stack: Write) -> None:
    path = stack("a")
    for way in ("a", str(path), "stacks/Pulumi.a.yaml"):
        result = hubctl("validate", way)
        assert result.status == 0, result
        assert "ok" in result.out or "warning" in result.out


def test_an_error_is_1_and_all_errors_are_said_at_once(hubctl: Hubctl, stack: Write) -> None:
    stack(
        "a",
        OPEN_HUB.replace("binder.NAME", "hub.NAME").replace(
            "kind: none", "kind: none, adminns: []"
        ),
    )
    result = hubctl("validate", "a")
    assert result.status == 1
    assert "adminns" in result.out
    assert "error BH" in result.out


@pytest.mark.parametrize(
    "words",
    [
        ["validate"],
        ["validate", "--all", "a"],
        ["validate", "nothing"],
        ["validate", "stacks/Pulumi.nothing.yaml"],
        ["validate", "x" * 5000],
        ["validate", "a\0b"],
        ["validate", "--unknown"],
        ["render"],
        ["render", "a", "--release", "nothing"],
        ["nonsense"],
        [],
    ],
)
def test_misuse_is_2_without_a_traceback(hubctl: Hubctl, stack: Write, words: list[str]) -> None:
    stack("a")
    result = hubctl(*words)
    assert result.status == 2, result
    assert "Traceback" not in result.err
    assert result.err.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "config",
        "config: {binderhub:cluster: 3}",
        "{{ jinja }}",
        "config:\n\t- tab",
        "config: &a {binderhub:auth: *a}",
        "config: {binderhub:cluster: " + "[" * 400 + "]" * 400 + "}",
        "config: {2026-13-45: 1, ? [a] : b}",
        "config: {binderhub:launch: {quotas: {total: 1e999}}}",
        "\x00",
    ],
)
def test_no_text_ends_in_a_traceback(hubctl: Hubctl, stack: Write, text: str) -> None:
    stack("a", text)
    for command in ("validate", "render"):
        result = hubctl(command, "a")
        assert result.status == 1, result
        assert "internal error" not in result.err
        assert "error BH" in result.out + result.err


def test_a_file_that_is_not_text_is_misuse(hubctl: Hubctl, stack: Write) -> None:
    stack("a").write_bytes(b"\xff\xfe\x00")
    assert hubctl("validate", "a").status == 2


def test_json_names_stack_rule_path_and_fix(hubctl: Hubctl, stack: Write) -> None:
    stack("good")
    stack("bad", OPEN_HUB.replace("kind: none", "kind: nobody"))
    result = hubctl("validate", "--all", "--json")
    assert result.status == 1
    bad, good = json.loads(result.out)
    assert (bad["stack"], bad["ok"], good["stack"], good["ok"]) == ("bad", False, "good", True)
    assert {"rule", "severity", "path", "value", "reason", "fix"} == set(bad["findings"][0])


def test_two_stacks_with_one_host_are_found_only_together(hubctl: Hubctl, stack: Write) -> None:
    stack("a", OPEN_HUB.replace("hub.NAME", "hub.same"))
    stack("b", OPEN_HUB.replace("hub.NAME", "hub.same"))
    assert hubctl("validate", "a").status == 0
    both = hubctl("validate", "--all")
    assert both.status == 1
    assert "BH004" in both.out


def test_naming_a_stack_twice_is_not_two_stacks(hubctl: Hubctl, stack: Write) -> None:
    stack("a")
    assert hubctl("validate", "a", "stacks/Pulumi.a.yaml").status == 0


def test_the_examples_render_the_same_bytes_in_two_processes(project: Path) -> None:
    for path in STACKS:
        shutil.copy(path, project / "stacks")

    def render(seed: str) -> bytes:
        return subprocess.run(
            [sys.executable, "-m", "hubctl", "render", "--all"],
            cwd=project,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(CHECKOUT)},
            capture_output=True,
            check=True,
        ).stdout

    first = render("1")
    assert first == render("2")
    assert b"<secret:oauthClientSecret>" in first
    assert b"v1:" not in first, "an encrypted secret is no value"


def test_a_secret_pasted_in_plain_is_never_printed(hubctl: Hubctl, stack: Write) -> None:
    pasted = "ghp_" + "a" * 36
    stack("a", OPEN_HUB + f"  binderhub:githubToken: {pasted}\n")
    for words in (["validate", "a"], ["validate", "a", "--json"], ["render", "a"]):
        result = hubctl(*words)
        assert result.status == 1
        assert pasted not in result.out + result.err


def test_render_writes_a_file_for_each_release(hubctl: Hubctl, stack: Write, project: Path) -> None:
    stack("a")
    assert hubctl("render", "--all", "--output", "out").status == 0
    names = sorted(p.name for p in (project / "out" / "a").iterdir())
    assert names == ["binderhub-service.yaml", "jupyterhub.yaml"]
    [entry] = json.loads(hubctl("render", "a", "--json").out)
    assert entry["releases"][0]["values"]["hub"]["cookieSecret"] == "<secret:cookieSecret>"
    assert "registryPassword" in entry["releases"][1]["secrets"]


def test_help_loads_neither_pydantic_nor_rich() -> None:
    """Both cost most of a second; completion and help are asked for all day."""
    code = (
        "import sys; from hubctl.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('pydantic', 'rich', 'yaml', 'requests') if m in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip().endswith("[]")
    assert "examples:" in run.stdout


def test_an_unforeseen_error_is_one_line_without_its_message(
    hubctl: Hubctl, stack: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack("a")
    monkeypatch.setattr("hubctl.stackfile.find.read", lambda path: {}["a secret in a message"])
    result = hubctl("render", "a")
    assert result.status == 1
    assert "internal error: KeyError" in result.err
    assert "a secret" not in result.err
    assert "Traceback" not in result.err
