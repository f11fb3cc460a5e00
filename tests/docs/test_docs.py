"""docs: a command that does not work, or a link that leads nowhere, costs a newcomer the evening."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from hubctl.__main__ import COMMANDS
from lab.cluster.control_plane import ControlPlane
from lab.engine.session import Session
from tests.docs.pages import CHECKOUT, DOCS, NEEDED, PAGES, Block, Reader, blocks, same


def by_name(page: Path) -> str:
    return page.stem


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_command_is_run_here_or_says_what_it_needs(page: Path) -> None:
    for block in blocks(page):
        where = f"{page.name}:{block.line}"
        assert block.language not in ("", "sh", "bash", "shell"), f"{where}: use console"
        if block.language == "console" and block.title:
            assert NEEDED.search(block.title), f"{where}: say what it needs"
            assert bool(block.lab) == ("tests" in block.title), f"{where}: in the lab or not?"
        if block.language in ("diff", "yaml"):
            assert block.title, f"{where}: say which file"


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_commands_print_what_the_page_shows(page: Path, reader: Reader) -> None:
    for block in blocks(page):
        follow(block, reader)


def follow(block: Block, reader: Reader) -> None:
    if block.language in ("diff", "yaml"):
        reader.prepare(block)
    elif block.runs:
        for command, expected, printed in reader.run(block):
            shown = f"{block.page}:{block.line}: $ {command}\n{printed}"
            assert same(expected, printed), f"{shown}\nThe page shows:\n{expected}"


@pytest.mark.lab
@pytest.mark.engine
@pytest.mark.parametrize("page", [p for p in PAGES if any(b.lab for b in blocks(p))], ids=by_name)
def test_what_needs_a_cloud_runs_in_the_lab(
    page: Path, reader: Reader, control_plane: ControlPlane
) -> None:
    sessions: dict[str, Session] = {}
    gone: set[str] = set()
    try:
        for block in blocks(page):
            follow(block, reader)
            if block.lab:
                file = reader.folder / "stacks" / f"Pulumi.{block.lab}.yaml"
                session = sessions.get(block.lab) or Session(file, control_plane)
                session.prepare()
                sessions[block.lab] = session
                in_lab(block, session)
                if "pulumi destroy" in block.text:
                    gone.add(block.lab)
    finally:
        for name, session in sessions.items():
            if name not in gone:
                session.destroy()


def in_lab(block: Block, session: Session) -> None:
    for command, expected in block.commands():
        words = command.split()
        assert words[0] == "pulumi" and session.name in words, command
        words = [w for w in words[1:] if w not in ("--stack", session.name)]
        if words[0] in ("up", "destroy"):
            done = session.pulumi(*words, "--yes", "--skip-preview", "--suppress-progress")
        elif words[0] == "state":
            done = session.pulumi(*words, "--yes")
        elif words[0] == "preview":
            done = session.pulumi(*words, "--suppress-progress")
        else:
            done = session.pulumi(*words)
        where = f"{block.page}:{block.line}: $ {command}\n{done.text}"
        assert done.ok, where
        assert same(expected, done.stdout), f"{where}\nThe page shows:\n{expected}"


def test_pages_name_commands_and_rules_that_exist() -> None:
    rules = set(re.findall(r"BH\d{3}", (DOCS / "rules.md").read_text()))
    for page in PAGES:
        text = page.read_text()
        for command in re.findall(r"hubctl ([a-z]+)", text):
            assert command in COMMANDS or command == "itself", f"{page.name}: hubctl {command}"
        unknown = set(re.findall(r"BH\d{3}", text)) - rules
        assert not unknown, f"{page.name}: {unknown}"


def test_the_table_of_commands_is_whole() -> None:
    index = (DOCS / "index.md").read_text()
    missing = [name for name in COMMANDS if f"`hubctl {name}`" not in index]
    assert missing in ([], ["completion"]), missing


def test_the_two_comments_are_shown_as_they_are(reader: Reader) -> None:
    """The rendered look of a comment repeats lines of the command's output above it."""
    page = (DOCS / "pull-requests.md").read_text()
    looks = re.findall(r"^!!! quote.*\n((?:    .*\n|\n)+)", page, re.MULTILINE)
    assert len(looks) == 2
    for block in blocks(DOCS / "pull-requests.md"):
        if block.runs or block.language in ("diff", "yaml"):
            follow(block, reader)
    [(_, _, printed)] = list(
        reader.run(
            Block(page="", line=0, language="console", title="", lab="",
                  text="$ hubctl diff --affected --base HEAD")
        )
    )  # fmt: skip
    shown = re.search(r"```diff\n(.*?)\n\s*```", looks[0], re.DOTALL)
    assert shown
    lines = [line[4:] for line in shown[1].splitlines()]
    assert hunks("\n".join(lines)) in hunks(printed)


def hunks(diff: str) -> str:
    """Without line numbers, which move with every new value."""
    return re.sub(r"^@@.*@@$", "@@", diff, flags=re.MULTILINE)


def test_the_site_builds_and_every_link_and_anchor_leads_somewhere(tmp_path: Path) -> None:
    # Not --quiet: it also hides the warnings from --strict, which would then find nothing.
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path],
        cwd=CHECKOUT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "pull-requests.html").is_file()


def test_every_page_is_in_the_navigation() -> None:
    text = re.sub(r"!!python/name:\S+", "x", (CHECKOUT / "mkdocs.yml").read_text())
    listed = set(re.findall(r"[\w/-]+\.md", yaml.safe_dump(yaml.safe_load(text)["nav"])))
    assert {p.name for p in DOCS.glob("*.md")} == listed - {"decisions/README.md"}
    decisions = (DOCS / "decisions" / "README.md").read_text()
    unlisted = [p.name for p in (DOCS / "decisions").glob("*.md") if f"({p.name})" not in decisions]
    assert unlisted == ["README.md"]


def test_a_wrong_page_would_be_found() -> None:
    assert same("a\n...\nb x ...\n", "a\n1\n2\nb  x y\n")
    assert not same("a\n", "a\nb\n")
    assert not same("a\n...\nc\n", "a\nb\n")
