"""Makes sure that the binaries of the lab are there: `ensure(["etcd", "helm"])`.

Each is looked for on PATH (a suitable version), then in the cache, then downloaded from its
publisher, then built with Go. `$LAB_TOOLS` restricts these install methods: `auto` (default),
`path`, `download` or `build`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab.errors import LabError
from lab.install.download import Downloader, DownloadFailed
from lab.install.found import find
from lab.install.gobuild import GoBuilder
from lab.install.pins import PINS, PinnedTool
from lab.paths import cache_dir
from lab.progress import Progress
from lab.waiting import only_one

Method = Literal["path", "download", "build"]
_METHODS: tuple[Method, ...] = ("path", "download", "build")
_OLD_ORIGIN = ".road"  # Its name in a cache that an earlier lab filled.
_ORIGIN = ".method"  # In a tool's folder: by which install method it came.


@dataclass(frozen=True, kw_only=True)
class Tool:
    """An installed binary. `method` is its install method; `version` is empty for `path`."""

    name: str
    path: Path
    version: str
    method: str


def ensure(names: Iterable[str], *, progress: Progress | None = None) -> dict[str, Path]:
    """The path of each binary in `names`, installing what is missing.

    Raises LabError with what was tried. A machine that has everything needs about a second.
    """
    return {tool.name: tool.path for tool in install(names, progress=progress)}


def install(
    names: Iterable[str],
    *,
    progress: Progress | None = None,
    pins: Mapping[str, PinnedTool] = PINS,
) -> list[Tool]:
    """Like `ensure`, but also says by which install method each binary came."""
    shown = progress or Progress()
    wanted = [_pin(name, pins) for name in dict.fromkeys(names)]
    methods = _methods()
    found = {pin.name: _present(pin, methods) for pin in wanted}
    missing = [pin for pin in wanted if found[pin.name] is None]
    if missing:
        root = cache_dir() / "tools"
        with only_one(root / ".lock", shown):
            found.update(_install_missing(missing, methods, root, shown))
    return [tool for tool in found.values() if tool is not None]


def _pin(name: str, pins: Mapping[str, PinnedTool]) -> PinnedTool:
    if name not in pins:
        raise LabError(f"{name!r} is not a tool of the lab; it has {', '.join(sorted(pins))}.")
    return pins[name]


def _methods() -> tuple[Method, ...]:
    mode = os.environ.get("LAB_TOOLS") or "auto"
    chosen = tuple(one for one in _METHODS if mode in ("auto", one))
    if not chosen:
        allowed = ", ".join(("auto", *_METHODS))
        raise LabError(f"LAB_TOOLS is {mode!r}; it must be one of {allowed}.")
    return chosen


def _present(pin: PinnedTool, methods: tuple[Method, ...]) -> Tool | None:
    if "path" in methods and (path := find(pin)[0]):
        return Tool(name=pin.name, path=path, version="", method="path")
    return _cached(pin, methods)


def _cached(pin: PinnedTool, methods: tuple[Method, ...]) -> Tool | None:
    """A whole earlier installation that came by an allowed method."""
    versions = [pin.download.version] if pin.download else []
    for version in dict.fromkeys([*versions, pin.version]):
        folder = cache_dir() / "tools" / pin.name / version
        if not all(os.access(folder / name, os.X_OK) for name in pin.all_files):
            continue
        origins = [folder / name for name in (_ORIGIN, _OLD_ORIGIN) if (folder / name).is_file()]
        method = origins[0].read_text().strip() if origins else "unknown"
        # What was put there by hand counts only when any method will do.
        if method in methods or len(methods) > 1:
            return Tool(name=pin.name, path=folder / pin.name, version=version, method=method)
    return None


def _install_missing(
    missing: list[PinnedTool], methods: tuple[Method, ...], root: Path, progress: Progress
) -> dict[str, Tool]:
    installed: dict[str, Tool] = {}
    for partial in root.glob("*/.partial-*"):  # Left by a run that was killed; we hold the lock.
        shutil.rmtree(partial, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".download-", dir=root) as scratch:
        downloader = Downloader(Path(scratch))
        builder = GoBuilder(root.parent / "build", root / "go", progress)
        to_build: list[tuple[PinnedTool, list[str]]] = []
        try:
            for pin in missing:
                # Another run may have installed it while this one waited for the lock.
                tool = _cached(pin, methods)
                tried = [find(pin)[1]] if tool is None and "path" in methods else []
                if tool is None and "download" in methods:
                    tool = _download(pin, downloader, root, progress, tried)
                if tool:
                    installed[pin.name] = tool
                else:
                    to_build.append((pin, tried))
            if to_build and "build" not in methods:
                raise _nowhere(to_build, methods)
            if to_build:
                _announce([pin for pin, _ in to_build], progress)
            for pin, _ in to_build:
                with _placed(pin, pin.version, "build", root) as (partial, installed[pin.name]):
                    builder.install(pin, partial)
        finally:
            downloader.close()
            builder.prune()
    return installed


def _download(
    pin: PinnedTool, downloader: Downloader, root: Path, progress: Progress, tried: list[str]
) -> Tool | None:
    if pin.download is None:
        tried.append("its publisher offers no file")
        return None
    if reason := downloader.unreachable(pin.download):
        tried.append(reason)  # Said once already, for the first file from that host.
        return None
    try:
        with (
            _placed(pin, pin.download.version, "download", root) as (partial, tool),
            progress.task(f"downloading {pin.name} {pin.download.version}"),
        ):
            downloader.install(pin.download, pin.all_files, partial)
        return tool
    except DownloadFailed as failure:
        tried.append(str(failure))
        progress.note(f"  {pin.name} was not downloaded: {failure}")
        return None


@contextmanager
def _placed(
    pin: PinnedTool, version: str, method: Method, root: Path
) -> Iterator[tuple[Path, Tool]]:
    """Gives a private folder to fill, and moves it into place only when the block succeeds."""
    final = root / pin.name / version
    final.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=final.parent))
    try:
        yield partial, Tool(name=pin.name, path=final / pin.name, version=version, method=method)
        (partial / _ORIGIN).write_text(f"{method}\n")
        partial.chmod(0o755)
        if final.exists():  # Incomplete, or come by a method that is not allowed now.
            final.rename(partial.with_name(partial.name + "-old"))
        partial.rename(final)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(partial.with_name(partial.name + "-old"), ignore_errors=True)
        if not any(final.parent.iterdir()):
            final.parent.rmdir()


def _announce(pins: list[PinnedTool], progress: Progress) -> None:
    minutes = sum(pin.build.minutes for pin in pins)
    names = ", ".join(pin.name for pin in pins)
    progress.note(
        f"Building {len(pins)} from source with Go: {names}. About {max(1, round(minutes))} min "
        f"on two cores, once; the result is kept in {cache_dir()}."
    )


def _nowhere(pins: list[tuple[PinnedTool, list[str]]], methods: tuple[Method, ...]) -> LabError:
    lines = [f"  {pin.name}: {'; '.join(tried) or 'not in the cache'}" for pin, tried in pins]
    return LabError(
        f"With LAB_TOOLS={methods[0]} these could not be found:\n"
        + "\n".join(lines)
        + "\nUnset LAB_TOOLS to allow every install method."
    )
