"""What the model expresses of existing values: the sections of a stack file. Pure.

Each reader looks at its own part and returns keys of one section; it never fails, and what it
does not understand it leaves, to be found by comparison (hubctl.takeover.helm_values.leftovers).
"""

from __future__ import annotations

from typing import Any

from hubctl.takeover.helm_values.read_auth import auth
from hubctl.takeover.helm_values.read_cluster import cluster, domains, nodes
from hubctl.takeover.helm_values.read_launch import launch
from hubctl.takeover.helm_values.read_registry import registry
from hubctl.takeover.helm_values.read_servers import build, database, homepage, user
from hubctl.takeover.helm_values.source import Source


def sections(source: Source) -> tuple[dict[str, Any], list[str]]:
    """Sections of the stack file, and remarks for the person."""
    remarks: list[str] = []
    images = registry(source)
    found: dict[str, Any] = {
        "cluster": cluster(source, images),
        "domains": domains(source),
        "auth": auth(source),
        "registry": images,
        "nodes": nodes(source),
        "launch": launch(source, remarks),
        "user": user(source),
        "build": build(source),
        "homepage": homepage(source),
        "chart": {"kind": "binderhub"} if source.flavour == "binderhub" else {},
        "database": database(source),
    }
    for flag in ("namespace", "stage"):
        if source.flags.get(flag):
            found[flag] = source.flags[flag]
    return {key: value for key, value in found.items() if value}, remarks
