"""A chart as a newer version of itself: the same files, another version number.

It stands for an upgrade of the chart: what a preview of it touches is what any newer version
touches at least. A folder becomes a folder, an archive an archive; the given one stays as it is.
"""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

import yaml

from lab.charts import Chart

_NEWER = "+rehearsal"
_ABOUT = "Chart.yaml"


def newer(chart: Chart, folder: Path) -> Path:
    """The newer chart, made in `folder`, where an earlier one is replaced."""
    target = folder / f"{chart.name}-newer"
    shutil.rmtree(target, ignore_errors=True)
    if chart.path.is_dir():
        shutil.copytree(chart.path, target)
        about = target / _ABOUT
        about.write_bytes(_raised(about.read_bytes()))
        return target
    target.mkdir(parents=True)
    archive = target / f"{chart.name}.tgz"
    with tarfile.open(chart.path, "r:gz") as given, tarfile.open(archive, "w:gz") as made:
        for member in given:
            if not member.isfile():
                made.addfile(member)
                continue
            content = given.extractfile(member)
            assert content is not None  # a regular file always has content
            text = content.read()
            # Charts inside the chart have one too, further down.
            if member.name.removeprefix("./").split("/")[1:] == [_ABOUT]:
                text = _raised(text)
                member.size = len(text)
            made.addfile(member, io.BytesIO(text))
    return archive


def _raised(about: bytes) -> bytes:
    document = yaml.safe_load(about)
    document["version"] += _NEWER
    return yaml.safe_dump(document).encode()
