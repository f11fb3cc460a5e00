"""Official plugins in the lab: the engine must take what the lab says it takes.

The "official" plugin is the program of the stand-in for random under the official name and
version, without the stand-in's mark; it writes down from where it was started.
"""

from __future__ import annotations

import gc
import io
import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pulumi
import pulumi_random
import pytest
from pulumi import automation as auto

from lab.engine import official_plugins, plugins
from lab.engine.install_dir import in_one_folder, own_plugins_only
from lab.engine.official_plugins import OVERRIDES
from lab.errors import LabError
from lab.install.download import system
from lab.install.pins import ENGINE
from lab.install.tools import ensure
from lab.paths import cache_dir
from lab.progress import Progress
from lab.providers.__main__ import sdk_version
from lab.providers.install import is_standin, plugin_dir, script

VERSION = sdk_version("random")
PROGRAM = "pulumi-resource-random"
ARCHIVE = f"{PROGRAM}-v{VERSION}-{'-'.join(system())}.tar.gz"

# The SDK drops a coroutine of its inline program when an update fails.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Place:
    """A user with a PULUMI_HOME, a lab with its own, and a cache that nothing was kept in."""

    def __init__(self, folder: Path, tools: Mapping[str, Path]) -> None:
        self.folder, self.tools = folder, tools
        self.user, self.lab = folder / "user", folder / "lab"
        self.target = plugin_dir(self.lab, "random", VERSION)
        self.trace = folder / "trace"
        self.said = io.StringIO()

    def program(self) -> str:
        """The stand-in's program without its mark; it tells where it lies."""
        lines = script(Path(sys.executable), "random").splitlines(keepends=True)
        told = f'echo "$0" >> {self.trace}\n'
        return "".join([lines[0], told, *lines[2:]])

    def archive(self, *, without_program: bool = False) -> bytes:
        """What the publisher offers for download."""
        out = io.BytesIO()
        files = {"README.md": "official\n", PROGRAM: self.program()}
        if without_program:
            del files[PROGRAM]
        with tarfile.open(fileobj=out, mode="w:gz") as packed:
            for name, text in files.items():
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(text), 0o755
                packed.addfile(entry, io.BytesIO(text.encode()))
        return out.getvalue()

    def lay(self, home: Path, version: str = VERSION) -> Path:
        """A plugin as the engine's installer leaves it; for tests that need no engine."""
        folder = plugin_dir(home, "random", version)
        folder.mkdir(parents=True)
        (folder / PROGRAM).write_text(self.program())
        (folder / PROGRAM).chmod(0o755)
        (folder / "README.md").write_text("official\n")
        (folder / "licenses").mkdir()
        folder.with_name(f"{folder.name}.lock").touch()
        return folder

    def prepare(self) -> plugins.Plugins:
        return plugins.prepare(self.lab, self.tools["pulumi"], Progress(self.said))

    def started(self) -> list[str]:
        """What the real engine starts for a program that makes one random resource."""
        self.trace.unlink(missing_ok=True)
        variables = {
            "PULUMI_HOME": str(self.lab),
            "PULUMI_BACKEND_URL": self.folder.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            **own_plugins_only(self.tools),
        }
        stack = auto.create_or_select_stack(
            "t", "random", program=_program, opts=auto.LocalWorkspaceOptions(env_vars=variables)
        )
        try:
            done = stack.up()
        finally:
            gc.collect()  # while the warning about it is still filtered
        assert len(done.outputs["made"].value) == 16
        stack.destroy(remove=True)
        return self.trace.read_text().splitlines() if self.trace.is_file() else []


def _program() -> None:
    pulumi.export("made", pulumi_random.RandomId("one", byte_length=8).hex)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    made = Place(tmp_path, {"pulumi": Path("no-engine")})
    monkeypatch.setenv("PULUMI_HOME", str(made.user))
    monkeypatch.setenv("BINDERHUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(plugins, "OFFICIAL", ("random",))
    monkeypatch.setattr(official_plugins, "reachable", lambda host: False)
    monkeypatch.delenv("LAB_PLUGINS", raising=False)
    monkeypatch.delenv(OVERRIDES, raising=False)
    yield made


@pytest.fixture(scope="session")
def engine_tools() -> dict[str, Path]:
    return in_one_folder(ensure(ENGINE))


@pytest.fixture
def bench(
    engine_tools: dict[str, Path], place: Place, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    place.tools = engine_tools
    monkeypatch.setenv("PATH", f"{engine_tools['pulumi'].parent}:{os.environ['PATH']}")
    yield place


class Mirror:
    """A mirror of the publisher on loopback: the body to send, its length as told, the status."""

    def __init__(self) -> None:
        self.status, self.body, self.told = 404, b"", 0
        self.asked: list[str] = []

    def offer(self, body: bytes, *, told: int | None = None) -> None:
        self.status, self.body, self.told = 200, body, told or len(body)


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    offered = Mirror()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            offered.asked.append(self.path)
            self.send_response(offered.status)
            self.send_header("Content-Length", str(offered.told))
            self.end_headers()
            self.wfile.write(offered.body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/mirror"
    monkeypatch.setenv(OVERRIDES, f"^github://api.github.com/pulumi={address}")
    yield offered
    server.shutdown()
    server.server_close()


@pytest.mark.engine
def test_the_engine_takes_a_plugin_that_the_user_has_installed(bench: Place) -> None:
    packed = bench.folder / ARCHIVE
    packed.write_bytes(bench.archive())
    subprocess.run(
        [bench.tools["pulumi"], "plugin", "install", "resource", "random", f"v{VERSION}",
         "--file", packed],
        env={**os.environ, "PULUMI_HOME": str(bench.user)}, check=True, capture_output=True,
    )  # fmt: skip
    assert bench.prepare().kinds["random"] == "official"
    assert bench.started() == [str(bench.target / PROGRAM)] * 2


@pytest.mark.engine
def test_the_engine_takes_a_plugin_that_the_lab_downloads_from_the_users_mirror(
    bench: Place, mirror: Mirror
) -> None:
    mirror.offer(bench.archive())
    assert bench.prepare().kinds["random"] == "official"
    assert mirror.asked == [f"/mirror/{ARCHIVE}"]
    assert bench.started() == [str(bench.target / PROGRAM)] * 2
    assert bench.prepare().kinds["random"] == "official"
    assert len(mirror.asked) == 1, "it is kept in the cache"


@pytest.mark.engine
def test_a_choice_that_changes_in_one_run_directory_is_what_the_engine_takes(
    bench: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.lay(bench.user)
    for choice, kind in (("official", "official"), ("standin", "stand-in"), ("auto", "official")):
        monkeypatch.setenv("LAB_PLUGINS", choice)
        assert bench.prepare().kinds["random"] == kind
        assert bool(bench.started()) == (kind == "official"), choice


@pytest.mark.engine
@pytest.mark.parametrize("apart", [False, True], ids=["together", "engine and host apart"])
def test_a_plugin_on_the_path_never_takes_the_place_of_the_labs(
    bench: Place, monkeypatch: pytest.MonkeyPatch, apart: bool
) -> None:
    """One for a cloud would act on a real account."""
    if apart:  # As of two packages: an engine on PATH, and a host of somebody else.
        parts = dict(bench.tools)
        for tool in ENGINE:
            parts[tool] = bench.folder / tool / tool
            parts[tool].parent.mkdir()
            for file in bench.tools[tool].parent.glob(f"{tool}*"):
                if tool == "pulumi-language-python" or file.name == tool:
                    os.link(file, parts[tool].parent / file.name)
        bench.tools = in_one_folder(parts)
        monkeypatch.setenv("PATH", f"{bench.tools['pulumi'].parent}:{os.environ['PATH']}")
    folder = bench.lay(bench.folder / "elsewhere")
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("LAB_PLUGINS", "standin")
    bench.prepare()
    assert bench.started() == []


BROKEN = {
    "missing": "404 HTTP error",
    "cut off": "failed to download plugin",
    "a web page": "uncompressing",
    "no program": "holds no program pulumi-resource-random",
}


@pytest.mark.engine
@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_download_is_said_and_leaves_nothing_broken(
    how: str, bench: Place, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = bench.archive()
    match how:
        case "cut off":
            mirror.offer(whole[:200], told=len(whole))
        case "a web page":
            mirror.offer(b"<html>Log in first</html>")
        case "no program":
            mirror.offer(bench.archive(without_program=True))
    assert bench.prepare().kinds["random"] == "stand-in"
    assert is_standin(bench.target / PROGRAM)
    said = bench.said.getvalue()
    assert f"the official plugin random {VERSION} was not downloaded (" in said
    assert BROKEN[how] in said and "a stand-in takes its place" in said
    monkeypatch.setenv("LAB_PLUGINS", "official")
    with pytest.raises(LabError, match=BROKEN[how]) as told:
        bench.prepare()
    assert f"pulumi plugin install resource random v{VERSION}" in str(told.value)
    mirror.offer(whole)
    assert bench.prepare().kinds["random"] == "official", "the next run begins anew"


def test_the_folder_is_real_and_everything_of_the_official_one_is_in_it(place: Place) -> None:
    official = place.lay(place.user)
    (official / "PulumiPlugin.yaml").write_text("runtime: go\n")
    place.prepare()
    assert place.target.is_dir() and not place.target.is_symlink(), "the engine skips a link"
    assert {e.name for e in place.target.iterdir()} == {e.name for e in official.iterdir()}
    assert all(e.resolve() == official / e.name for e in place.target.iterdir())


@pytest.mark.parametrize(
    ("choice", "marked"), [("auto", False), ("standin", False), ("standin", True)]
)
def test_a_link_of_an_older_lab_goes_and_the_users_folder_stays(
    place: Place, choice: str, marked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = place.lay(place.user)
    if marked:
        (theirs / PROGRAM).write_text(script(Path("/old/python"), "random"))
    before = {e.name: e.stat().st_mtime_ns for e in theirs.iterdir()}
    place.target.parent.mkdir(parents=True)
    place.target.symlink_to(theirs)
    monkeypatch.setenv("LAB_PLUGINS", choice)
    place.prepare()
    assert not place.target.is_symlink()
    assert is_standin(place.target / PROGRAM) == (choice == "standin")
    assert {e.name: e.stat().st_mtime_ns for e in theirs.iterdir()} == before


def test_nothing_is_laid_anew_under_a_running_engine(place: Place) -> None:
    place.lay(place.user)
    place.prepare()
    before = place.target.stat()
    place.prepare()
    after = place.target.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_plugin_that_is_not_the_one_is_not_taken(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of another version, half installed, without its program, or a stand-in."""
    place.lay(place.user, "4.0.0")
    assert place.prepare().kinds["random"] == "stand-in"
    folder = place.lay(place.user)
    partial = folder.with_name(f"{folder.name}.partial")
    partial.touch()
    assert place.prepare().kinds["random"] == "stand-in"
    partial.unlink()
    (folder / PROGRAM).chmod(0o644)
    assert place.prepare().kinds["random"] == "stand-in"
    (folder / PROGRAM).write_text(script(Path(sys.executable), "random"))
    (folder / PROGRAM).chmod(0o755)
    assert place.prepare().kinds["random"] == "stand-in"
    monkeypatch.setenv("PULUMI_HOME", str(place.lab))  # To look around in the lab by hand.
    place.lay(cache_dir() / "pulumi")
    assert place.prepare().kinds["random"] == "official"
    assert place.prepare().kinds["random"] == "official"
    assert (place.target / PROGRAM).is_file(), "a link to itself"


@pytest.mark.parametrize(
    ("overrides", "tried"),
    [
        ("", False),
        ("^https://example.org=http://127.0.0.1:9", False),
        ("^https://get.pulumi.com/=http://127.0.0.1:9", True),
        ("^https://x=http://127.0.0.1:9,^github://=http://127.0.0.1:9", True),
    ],
)
def test_only_a_mirror_of_these_plugins_is_asked_without_the_internet(
    place: Place, overrides: str, tried: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OVERRIDES, overrides)
    monkeypatch.setenv("LAB_PLUGINS", "official")
    ask = "no such file" if tried else "get.pulumi.com does not answer"
    place.tools = {"pulumi": place.folder / "false"}
    (place.folder / "false").write_text("#!/bin/sh\necho 'error: no such file' >&2; exit 1\n")
    (place.folder / "false").chmod(0o755)
    with pytest.raises(LabError, match=ask):
        place.prepare()
