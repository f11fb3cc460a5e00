"""The real charts' schemas and defaults, where they are at hand."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from model.secrets import Secret
from values.pins import PinnedChart

_ROOT = Path(__file__).parents[2]


@cache
def folder() -> Path:
    """The folder of the charts' data, or a skip that says what is missing."""
    given = os.environ.get("BINDERHUB_CHARTS")
    place = Path(given) if given else _ROOT.parent / "shared" / "charts"
    if not place.is_dir():
        pytest.skip(
            f"the real charts' schemas are not here ({place}); set BINDERHUB_CHARTS to a folder "
            "with <chart>-<version>.schema.json and .values.yaml"
        )
    return place


def load(pin: PinnedChart) -> tuple[dict[str, Any], dict[str, Any]]:
    """(schema, defaults) of a pinned chart."""
    stem = folder() / f"{pin.chart}-{pin.version}"
    schema, defaults = Path(f"{stem}.schema.json"), Path(f"{stem}.values.yaml")
    if not schema.is_file() or not defaults.is_file():
        pytest.skip(f"{stem.name}: no schema and defaults in {folder()}")
    return json.loads(schema.read_text()), yaml.safe_load(defaults.read_text())


def coalesce(defaults: Any, given: Any) -> Any:
    """As Helm does it: maps merge, null takes a default away, anything else replaces."""
    if isinstance(given, Secret):
        return "secret"
    if isinstance(given, list):
        return [coalesce(None, v) for v in given]
    if not isinstance(given, Mapping):
        return given
    below = dict(defaults) if isinstance(defaults, Mapping) else {}
    for key, value in given.items():
        if value is None and key in below:
            del below[key]
        else:
            below[key] = coalesce(below.get(key), value)
    return below
