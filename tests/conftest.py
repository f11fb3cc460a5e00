"""Fixtures that more than one room's tests use."""

from __future__ import annotations

from tests.labfixtures import control_plane, kube, lab_tools

__all__ = ["control_plane", "kube", "lab_tools"]
