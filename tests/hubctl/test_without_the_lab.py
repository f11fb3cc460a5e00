"""Operators install requirements.txt alone: an import of the lab's packages would stop their hubs.

The environment is made of what is installed here, by links to the packages of that lock only, so
that no network is needed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from hubctl.__main__ import COMMANDS
from tests.hubctl.conftest import CHECKOUT, OPEN_HUB, Write


def locked(file: str) -> set[str]:
    """Names in a lock."""
    return set(re.findall(r"^([\w.-]+)==", (CHECKOUT / file).read_text(), re.MULTILINE))


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages of requirements.txt, as pip would have filled it."""
    folder = tmp_path_factory.mktemp("packages")
    for name in locked("requirements.txt"):
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue  # the lock is for every system; this package is for another one
        assert found.files, f"{name} does not say what it installed"
        for file in found.files:
            # Not whole top folders: packages of both locks share some, such as `google`.
            part = Path(*file.parts[:2])
            if ".." not in part.parts and not (folder / part).exists():
                (folder / part).parent.mkdir(exist_ok=True)
                (folder / part).symlink_to(Path(str(found.locate_file(part))))
    return folder


def python(packages: Path, *words: str, where: Path) -> subprocess.CompletedProcess[str]:
    """Run Python with these packages and the checkout, and nothing else of this environment."""
    path = f"{packages}:{CHECKOUT}"
    return subprocess.run(
        [sys.executable, "-S", *words], cwd=where, env={"PYTHONPATH": path, "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_packages_are_those_of_the_lock(packages: Path) -> None:
    assert not locked("requirements.txt") - locked("requirements-dev.txt")
    code = "from importlib.util import find_spec as f; print(*(n for n in {} if f(n)))"
    asked = ["pulumi", "pydantic", "kubernetes", "jsonschema", "cryptography", "pytest"]
    done = python(packages, "-c", code.format(asked), where=packages)
    assert done.stdout.split() == ["pulumi", "pydantic"], done.stderr


def test_stacks_are_checked_and_rendered(packages: Path, stack: Write, project: Path) -> None:
    stack("a")
    for words in (["validate", "--all"], ["render", "a"], ["completion", "bash"]):
        done = python(packages, "-m", "hubctl", *words, where=project)
        assert (done.returncode, done.stderr) == (0, ""), words
    code = f"from hubctl.__main__ import parser\nparser(*{list(COMMANDS)})"
    done = python(packages, "-c", code, where=project)
    assert done.returncode == 0, done.stderr


def test_the_program_runs(packages: Path, tmp_path: Path) -> None:
    text = OPEN_HUB.replace("NAME", "a")
    code = (
        "from tests.components.program import run\n"
        f"done = run('a', {text!r})\n"
        "assert done.error is None, done.error\n"
        "print(*sorted(m.name for m in done.made.values() if 'Release' in m.type))"
    )
    done = python(packages, "-c", code, where=tmp_path)
    assert "jupyterhub" in done.stdout, done.stderr


def test_a_rehearsal_says_what_to_install(packages: Path, stack: Write, project: Path) -> None:
    stack("a")
    done = python(packages, "-m", "hubctl", "rehearse", "a", where=project)
    assert done.returncode == 1
    assert "the lab needs the package" in done.stderr
    assert "install requirements-dev.txt (`make venv`)" in done.stderr
