"""Where the lab takes charts from: a folder that the user has, their repositories, or stand-ins.

`LAB_CHARTS` chooses when no folder is given: `auto` (repositories when reachable), `repository`,
`standin`, or a folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from lab.charts import Chart, resolve
from lab.errors import LabError
from lab.install.reachable import reachable
from values import pins

_PINS = (pins.JUPYTERHUB, pins.BINDERHUB_SERVICE, pins.BINDERHUB, pins.REGISTRY_HELPER)


def choose(folder: Path | None) -> dict[str, Chart]:
    """Charts by name, from a folder or the stand-ins; empty when the repositories are used.

    A folder of the user's must have jupyterhub and binderhub-service; for another chart that it
    lacks, the stand-in is taken.
    """
    asked = os.environ.get("LAB_CHARTS") or "auto"
    if folder is None and asked not in ("auto", "repository", "standin"):
        folder = Path(asked)
    if folder is None and (asked == "repository" or (asked == "auto" and _reachable())):
        return {}
    found: dict[str, Chart] = {}
    for pin in _PINS:
        try:
            found[pin.chart] = resolve(pin.chart, pin.version, folder)
        except LabError:
            if folder is None or pin in (pins.JUPYTERHUB, pins.BINDERHUB_SERVICE):
                raise
            found[pin.chart] = resolve(pin.chart, pin.version, None)
    return found


def _reachable() -> bool:
    """Whether every pinned repository's host answers."""
    hosts = {urlsplit(pin.repository).hostname or "" for pin in _PINS}
    return all(reachable(host) for host in sorted(hosts))
