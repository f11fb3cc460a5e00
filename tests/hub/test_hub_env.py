"""The environment that holds the hub's programs: its locks, and installs that go wrong."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.install import jupyterhub_env
from lab.progress import Progress

LOCK = jupyterhub_env.REQUIREMENTS.read_text()


def test_every_package_is_known_by_its_hash_and_no_index_is_named() -> None:
    entries = re.findall(r"(?m)^(\S+)==(\S+).*\n((?:[ \t]+.*\n)*)", LOCK)
    assert len(entries) > 80
    assert [name for name, _, body in entries if "--hash=sha256:" not in body] == []
    assert "://" not in LOCK and "--index" not in LOCK and "--find-links" not in LOCK


def test_the_proxy_is_locked_without_naming_a_registry() -> None:
    lock = json.loads((jupyterhub_env.PROXY / "package-lock.json").read_text())
    packages = {name: about for name, about in lock["packages"].items() if name}
    assert packages["node_modules/configurable-http-proxy"]["version"] == "5.2.0"
    assert [name for name, about in packages.items() if "integrity" not in about] == []
    assert [name for name, about in packages.items() if "resolved" in about] == []


def test_the_lock_is_compiled_from_its_source() -> None:
    wanted = re.findall(
        r"(?m)^(\S+==\S+)$", jupyterhub_env.REQUIREMENTS.with_suffix(".in").read_text()
    )
    assert len(wanted) == 5
    assert [pin for pin in wanted if not re.search(rf"(?m)^{re.escape(pin)}(\s|$)", LOCK)] == []


def test_a_machine_without_a_pycurl_wheel_loses_nothing_else() -> None:
    rest = jupyterhub_env.without(LOCK, "pycurl")
    assert not re.search(r"(?m)^pycurl==", rest)
    assert len(re.findall(r"(?m)^\S+==", rest)) == len(re.findall(r"(?m)^\S+==", LOCK)) - 1
    assert rest.count("--hash") < LOCK.count("--hash")


def test_a_failed_install_leaves_nothing_and_is_not_taken_for_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BINDERHUB_CACHE", str(tmp_path))

    def half(folder: Path, progress: Progress) -> None:
        folder.mkdir()
        (folder / "bin").mkdir()
        raise LabError("the network went away")

    monkeypatch.setattr(jupyterhub_env, "_install", half)
    for _ in range(2):
        with pytest.raises(LabError, match="network went away"):
            jupyterhub_env.ensure_hub_env(Progress(io.StringIO()))
    assert [path.name for path in (tmp_path / "hubenv").iterdir()] == [".lock"]


def test_a_machine_without_node_is_given_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pip is replaced: what is proven is the choice, not the download."""
    home = tmp_path / "wheel"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "node").touch(mode=0o644)
    fetched: list[Path] = []
    monkeypatch.setattr(jupyterhub_env.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(jupyterhub_env, "_pip", lambda folder, lock: fetched.append(lock))
    monkeypatch.setattr(
        jupyterhub_env,
        "_run",
        lambda command, *_: "v18.1.0" if "--version" in command else f"{home}\n",
    )
    node, npm = jupyterhub_env._node(tmp_path, Progress(io.StringIO()))
    assert fetched == [jupyterhub_env.PROXY / "nodejs.txt"]
    assert node == home / "bin" / "node" and node.stat().st_mode & 0o111
    assert npm[0] == str(node)
