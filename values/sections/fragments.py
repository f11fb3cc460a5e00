"""Python that runs inside the hub, BinderHub or a user's server: real files, read from here."""

from __future__ import annotations

from functools import cache
from importlib import resources

Fragment = str


@cache
def fragment(name: str) -> Fragment:
    """Text of `values/python/<name>.py`."""
    return resources.files("values.python").joinpath(f"{name}.py").read_text(encoding="utf-8")
