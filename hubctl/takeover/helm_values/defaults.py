"""Default values of charts that the person has: a folder, an archive, or NAME-VERSION.values.yaml."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path
from typing import Any

import yaml

from hubctl.console.errors import Problem
from values.merge import merge

_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(folder: Path | None, charts: list[str]) -> dict[str, dict[str, Any]]:
    """Defaults by chart; a chart that the folder has not is left out. Raises Problem."""
    if folder is None:
        return {}
    if not folder.is_dir():
        raise Problem(f"--charts {folder}: there is no such folder.", status=2)
    found: dict[str, dict[str, Any]] = {}
    for chart in charts:
        text = _text(folder, chart, "values.yaml")
        if text is None:
            continue
        found[chart] = yaml.load(text, Loader=_Loader) or {}  # noqa: S506 - a safe loader
        below = _text(folder, chart, "charts/jupyterhub/values.yaml")
        if below is not None:
            under = yaml.load(below, Loader=_Loader) or {}  # noqa: S506 - a safe loader
            found[chart] = merge({"jupyterhub": under}, found[chart])
    return found


def _text(folder: Path, chart: str, member: str) -> str | None:
    path = folder / chart / member
    if path.is_file():
        return path.read_text(encoding="utf-8")
    version = re.compile(rf"{re.escape(chart)}-v?\d[^/]*\Z")
    for path in sorted(folder.iterdir(), reverse=True):
        if path.suffix == ".tgz" and version.match(path.name.removesuffix(".tgz")):
            with tarfile.open(path) as archive:
                try:
                    file = archive.extractfile(f"{chart}/{member}")
                except KeyError:
                    return None
                return file.read().decode() if file else None
        plain, suffix = path.name.removesuffix(".values.yaml"), ".values.yaml"
        if path.name.endswith(suffix) and member == "values.yaml" and version.match(plain):
            return path.read_text(encoding="utf-8")
    return None
