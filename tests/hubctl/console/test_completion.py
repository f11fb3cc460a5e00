"""completion: a script that its shell cannot read breaks the shell of whoever sources it."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hubctl.__main__ import COMMANDS
from hubctl.commands.completion import SHELLS
from tests.hubctl.conftest import Hubctl, Write

Offer = Callable[[str], list[str]]


@pytest.fixture
def script(tmp_path: Path, hubctl: Hubctl, request: pytest.FixtureRequest) -> Path:
    """The file with the script of the test's shell; skips where there is no such shell."""
    shell = request.getfixturevalue("shell")
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not on this machine: its script is not tried here")
    path = tmp_path / "_hubctl"  # as zsh wants it to be called
    path.write_text(hubctl("completion", shell).out)
    return path


def bash(script: Path, line: str, where: Path) -> list[str]:
    """What bash offers for the last word of a line."""
    words = line.split(" ")
    quoted = " ".join(f"'{w}'" for w in words)
    code = (
        f"compopt() {{ :; }}\nsource {script}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}\n"
        "_shtab_hubctl\nprintf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = subprocess.run(
        ["bash", "-c", code], cwd=where, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.split()


def fish(script: Path, line: str, where: Path) -> list[str]:
    """What fish offers."""
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"],
        cwd=where, env={**os.environ, "HOME": str(script.parent)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return [found.split("\t")[0] for found in done.stdout.splitlines()]


def zsh(script: Path, line: str, where: Path) -> list[str]:
    """What a zsh at a terminal makes of the line when somebody types it and Tab: its last word."""
    with terminal(["zsh", "-f", "-i"], where) as ask:
        load = f"fpath=({script.parent} $fpath); autoload -Uz compinit; compinit -D -u"
        show = 'hubctl() { print -r -- "GOT<$argv[-1]>" }'
        ask(f"{load}; {show}; echo REA''DY\n", r"READY")
        return [ask(f"{line}\t", r"\S", then="\n", wait=r"GOT<([^>]*)>")]


class terminal:
    """A program at a terminal of its own; `ask` types and waits for a pattern's first group."""

    def __init__(self, words: list[str], where: Path) -> None:
        self._words, self._where, self._seen = words, where, ""

    def __enter__(self) -> Callable[..., str]:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            self._words, cwd=self._where, env={**os.environ, "TERM": "dumb"},
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        return self._ask

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def _ask(self, text: str, pattern: str, then: str = "", wait: str = "") -> str:
        self._seen = ""
        os.write(self._master, text.encode())
        found = self._until(pattern)
        if not then:
            return found
        self._quiet()
        os.write(self._master, then.encode())
        return self._until(wait)

    def _until(self, pattern: str, seconds: float = 30) -> str:
        end = time.monotonic() + seconds
        while not (match := re.search(pattern, self._seen)):
            assert time.monotonic() < end, self._seen
            self._read(0.1)
        return match[match.re.groups]

    def _quiet(self) -> None:
        """Until nothing more comes: the completion is done."""
        while self._read(0.5):
            pass

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        self._seen += os.read(self._master, 65536).decode(errors="replace")
        return True


ASK = {"bash": bash, "zsh": zsh, "fish": fish}


@pytest.fixture
def offered(shell: str, script: Path, stack: Write, project: Path) -> Iterator[Offer]:
    stack("ecology")
    stack("climate")
    yield lambda line: ASK[shell](script, line, project)


@pytest.mark.parametrize("shell", SHELLS)
def test_its_shell_reads_the_script(shell: str, script: Path) -> None:
    done = subprocess.run([shell, "-n", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("hubctl va", "validate"),
        ("hubctl diff --aff", "--affected"),
        ("hubctl smoke ec", "ecology"),
        ("hubctl graph ecology --format sv", "svg"),
        ("hubctl pipeline dr", "drift"),
        ("hubctl new --no-i", "--no-input"),
    ],
)
def test_a_shell_completes_what_can_only_be_one_thing(offered: Offer, line: str, word: str) -> None:
    assert offered(line) == [word]


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_a_shell_offers_commands_and_stacks(offered: Offer) -> None:
    assert set(COMMANDS) <= set(offered("hubctl "))
    assert {"climate", "ecology"} <= set(offered("hubctl render "))
    assert "ecology" not in offered("hubctl completion "), "it takes a shell"
    assert "ecology" not in offered("hubctl new "), "a new hub has a new name"


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_a_folder_without_stacks_is_no_trouble(shell: str, script: Path, project: Path) -> None:
    assert ASK[shell](script, "hubctl smoke ec", project) == []
