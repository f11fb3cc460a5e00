"""What people type wrongly, and outputs that end early: a sentence and a status, no traceback."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from hubctl.__main__ import COMMANDS, version
from tests.hubctl.conftest import CHECKOUT, OPEN_HUB, Hubctl, Write

HUBCTL = [sys.executable, "-m", "hubctl"]
ENV = {**os.environ, "PYTHONPATH": str(CHECKOUT)}


def test_a_misspelt_command_is_answered_with_the_right_one(hubctl: Hubctl) -> None:
    result = hubctl("valdate", "--all")
    assert (result.status, result.out) == (2, "")
    assert result.err == "hubctl: there is no command 'valdate'; did you mean validate?\n"
    assert "lists them" in hubctl("xyzzy").err


def test_nothing_typed_shows_what_there_is(hubctl: Hubctl) -> None:
    result = hubctl()
    assert result.status == 2
    assert all(f"    {command}" in result.err for command in COMMANDS)


def test_the_version_is_that_of_the_project(hubctl: Hubctl) -> None:
    result = hubctl("--version")
    assert (result.status, result.out) == (0, f"hubctl {version()}\n")
    assert f'version = "{version()}"' in (CHECKOUT / "pyproject.toml").read_text()


def test_a_folder_is_called_one(hubctl: Hubctl, stack: Write, project: Path) -> None:
    stack("ecology")
    assert "such as stacks/Pulumi.ecology.yaml" in hubctl("validate", "stacks").err
    (project / "empty").mkdir()
    assert "empty is a folder" in hubctl("render", "empty").err
    (project / "ecology").mkdir()
    assert hubctl("validate", "ecology").status == 0, "a stack of that name is meant"


def test_a_picture_is_not_written_under_a_name_of_another_kind(
    hubctl: Hubctl, stack: Write, project: Path
) -> None:
    stack("a")
    result = hubctl("graph", "a", "--output", "a.png")
    assert result.status == 2
    assert "end it in .svg or .mmd" in result.err
    assert not (project / "a.png").exists()
    assert hubctl("graph", "a", "--output", "a.png", "--format", "svg").status == 0


def test_charts_that_are_not_there_are_said_to_be(hubctl: Hubctl, stack: Write) -> None:
    stack("a")
    stack("b")
    result = hubctl("diff", "a", "--against", "b", "--charts", "nowhere")
    assert result.status == 2
    assert "there is no folder nowhere" in result.err


def test_looking_without_launching_asks_for_no_repository(hubctl: Hubctl, stack: Write) -> None:
    stack("a", OPEN_HUB.replace("hub.NAME.example.org", "hub.NAME.invalid"))
    result = hubctl("smoke", "a", "--no-launch", "--hub-url", "http://127.0.0.1:9/",
                    "--binder-url", "http://127.0.0.1:9/", "--json")  # fmt: skip
    assert '"spec": null' in result.out
    assert "names no single repository" in hubctl("smoke", "a").err


def test_a_reader_that_goes_is_no_error_of_ours(stack: Write, project: Path) -> None:
    stack("a")
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*HUBCTL, "render", "a"], stdout=write, stderr=subprocess.PIPE, cwd=project, env=ENV,
        check=False,
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b""), "0 would hide what was not read"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_not_called_our_mistake(stack: Write, project: Path) -> None:
    stack("a")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*HUBCTL, "render", "a"], stdout=full, stderr=subprocess.PIPE, cwd=project, env=ENV,
            text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "hubctl: the output cannot be written: No space left on device.\n"


def test_no_output_at_all_is_no_traceback(stack: Write, project: Path) -> None:
    stack("a")
    done = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *HUBCTL, "validate", "a"],
        stderr=subprocess.PIPE, cwd=project, env=ENV, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def at_terminal(words: list[str], where: Path, **more: str) -> str:
    """What a program prints at a terminal of 40 columns."""
    env = {**ENV, "TERM": "xterm", "COLUMNS": "40", **more}
    ours, theirs = pty.openpty()
    process = subprocess.Popen(words, stdout=theirs, stderr=theirs, cwd=where, env=env)
    os.close(theirs)
    seen = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # how Linux says that the other side is gone
            break
        if not part:
            break
        seen += part
    assert process.wait() == 0, seen
    os.close(ours)
    return seen.decode().replace("\r\n", "\n")


def test_a_narrow_terminal_cuts_nothing_short(stack: Write, project: Path) -> None:
    stack("a", OPEN_HUB.replace("organization: lab,", f"organization: {'lab' * 18},"))
    stack("b")
    shown = at_terminal([*HUBCTL, "adopt", "a", "--offline"], project)
    assert "…" not in shown
    shown = at_terminal([*HUBCTL, "diff", "a", "--against", "b"], project)
    assert f"image_prefix: quay.io/{'lab' * 18}/a-" in shown
    assert "\x1b[32m" in shown
    plain = at_terminal([*HUBCTL, "diff", "a", "--against", "b"], project, NO_COLOR="1")
    assert "\x1b[" not in plain
