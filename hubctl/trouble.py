"""A request that got no answer."""

from __future__ import annotations


class Trouble(Exception):
    """The text is for people, and holds no secret."""
