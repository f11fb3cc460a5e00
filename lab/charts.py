"""Which chart the lab installs: one that the user has (`--charts DIR`), or the stand-in beside this file.

Fetches nothing, renders nothing, and changes nothing on disk.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab.errors import LabError

STANDINS = Path(__file__).resolve().parent / "charts"


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart on this machine. `path` (a folder or an archive) is what helm is given."""

    name: str
    version: str
    path: Path
    standin: bool

    def __str__(self) -> str:
        kind = "stand-in chart" if self.standin else "chart"
        return f"{kind} {self.name} {self.version} ({self.path})"


def resolve(name: str, version: str, source: Path | None) -> Chart:
    """The chart to install for `name`, wanted in `version`.

    `source` is a folder with chart folders or .tgz archives, or one such chart; without it the
    answer is the stand-in. The wanted version is taken where there are several; a single chart of
    another version is taken too, since the user chose the folder: compare `Chart.version`.
    Raises LabError when there is no such chart, when the choice is unclear, or when a chart folder
    lacks a chart that it depends on.
    """
    where = STANDINS if source is None else source.expanduser().resolve()
    if not where.exists():
        raise LabError(
            f"--charts {source}: there is no such folder; give one with chart folders or .tgz files"
        )
    found = [_read(path, standin=source is None) for path in _places(where)]
    named = [chart for chart in found if chart.name == name]
    exact = [chart for chart in named if chart.version == version]
    if not named:
        seen = (
            ", ".join(sorted(f"{chart.name} {chart.version}" for chart in found))
            or "no chart at all"
        )
        raise LabError(
            f"{where} has no chart named {name} (it has: {seen}); "
            f"put its folder or {name}-{version}.tgz there, or leave --charts out to use the stand-ins"
        )
    if len(exact) != 1 and len(named) > 1:
        seen = ", ".join(f"{chart.path.name} ({chart.version})" for chart in exact or named)
        raise LabError(
            f"{where} has several charts named {name}: {seen}; keep one, of version {version} if you can"
        )
    chart = (exact or named)[0]
    _check_dependencies(chart)
    return chart


def _places(where: Path) -> Iterator[Path]:
    """Every chart folder and archive in a folder, by name; or the one that the path itself is."""
    if where.is_file() or (where / "Chart.yaml").is_file():
        yield where
        return
    for path in sorted(where.iterdir()):
        if (path / "Chart.yaml").is_file() or path.suffix == ".tgz":
            yield path


def _read(path: Path, *, standin: bool) -> Chart:
    about = _metadata(path)
    name, version = about.get("name"), about.get("version")
    if not isinstance(name, str) or not isinstance(version, str):
        raise LabError(
            f"{path} is not a Helm chart: its Chart.yaml has no name and version; remove it or repair it"
        )
    return Chart(name=name, version=version, path=path, standin=standin)


def _metadata(path: Path) -> dict[str, Any]:
    """Chart.yaml of a chart folder or archive."""
    try:
        about = yaml.safe_load(_chart_yaml(path))
    except (OSError, EOFError, tarfile.TarError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise LabError(
            f"{path} cannot be read as a Helm chart ({error}); remove it or fetch it again"
        ) from error
    return about if isinstance(about, dict) else {}


def _chart_yaml(path: Path) -> bytes:
    if path.is_dir():
        return (path / "Chart.yaml").read_bytes()
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            # Charts inside the chart have one too, further down.
            if member.isfile() and re.fullmatch(r"[^/]+/Chart\.yaml", member.name):
                content = archive.extractfile(member)
                assert content is not None  # a regular file always has content
                return content.read()
    raise tarfile.ReadError("it holds no Chart.yaml")


def _check_dependencies(chart: Chart) -> None:
    """A chart folder from a source repository lacks the charts that a packed one carries."""
    if not chart.path.is_dir():
        return
    bundled = chart.path / "charts"
    names = [entry["name"] for entry in _metadata(chart.path).get("dependencies") or []]
    missing = [
        name
        for name in names
        if not (bundled / name / "Chart.yaml").is_file() and not any(bundled.glob(f"{name}-*.tgz"))
    ]
    if missing:
        raise LabError(
            f"{chart.path} needs {', '.join(missing)} in its charts/ folder; "
            f"run: helm dependency build {chart.path}"
        )
