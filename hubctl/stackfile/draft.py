"""The text of a new stack file, from a few answers. Pure.

About fifteen lines with comments; whatever equals a default or can be derived is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

SCHEMA = "# yaml-language-server: $schema=../docs/stack.schema.json"

HOW: dict[str, str] = {
    "oauthClientSecret": "from the OAuth application; its callback is {callback}",
    "registryPassword": "of an account that may push to the registry",
    "dummyPassword": "any; everybody logs in with it",
    "githubToken": "a GitHub token without scopes lifts the limit of API requests",
    "gitlabToken": "a GitLab token with read_api and read_repository",
    "githubAppSecret": "from the GitHub OAuth application",
    "launchEventsKey": "`< key.json`, the service account's key file",
    "databaseUrl": "postgresql://USER:PASSWORD@HOST/NAME",
}
"""Where an operator finds each flat secret."""

_COMMENTS: dict[str, str] = {
    "cluster": "The cluster exists already; ingress says what reaches it.",
    "domains": "Two hosts, one ingress. JupyterHub runs servers on hub, people start on binder.",
    "auth": "Who may use the hub.",
    "registry": "Where built images are kept.",
    "nodes": "The machines that build images and run servers.",
    "launch": "What may be launched: github:ORG/*, github:ORG/REPO, gitlab:GROUP/**, zenodo:*, ...",
    "user": "What each running server gets.",
    "extraValues": "What the model has no key for; merged last, as Helm merges.",
}
_WIDTH = 96


def text(sections: Mapping[str, Any], *, title: str, comments: Mapping[str, str] = {}) -> str:
    """A stack file. `sections` are camelCase keys in the order to write them; `comments` are added
    above a section."""
    lines = [SCHEMA, *(f"# {line}" for line in title.splitlines()), "config:"]
    for key, value in sections.items():
        for said in (_COMMENTS.get(key), comments.get(key)):
            lines += [f"  # {line}" for line in (said or "").splitlines() if line]
        lines += section(key, value)
    return "\n".join(lines) + "\n"


def section(key: str, value: Any, indent: str = "  ", prefix: str = "binderhub:") -> list[str]:
    """One key: on one line where that is short, else a block."""
    head = f"{indent}{prefix}{_scalar(key)}:"
    if isinstance(value, str) and "\n" in value and not value.startswith((" ", "\n")):
        keep = "-" if not value.endswith("\n") else "+" if value.endswith("\n\n") else ""
        return [f"{head} |{keep}", *(f"{indent}  {x}" if x else "" for x in value.splitlines())]
    line = f"{head} {flow(value)}"
    if len(line) <= _WIDTH or not isinstance(value, Mapping | list) or not value:
        return [line]
    if isinstance(value, list):
        return [head, *(x for item in value for x in _item(item, indent + "  "))]
    return [head, *(x for k, v in value.items() for x in section(str(k), v, indent + "  ", ""))]


def _item(value: Any, indent: str) -> list[str]:
    if isinstance(value, Mapping) and value and len(indent + flow(value)) > _WIDTH:
        lines = [x for k, v in value.items() for x in section(str(k), v, indent + "  ", "")]
        return [f"{indent}- {lines[0].lstrip()}", *lines[1:]]
    if isinstance(value, str) and "\n" in value and not value.startswith((" ", "\n")):
        keep = "-" if not value.endswith("\n") else ""
        return [f"{indent}- |{keep}", *(f"{indent}  {x}" if x else "" for x in value.splitlines())]
    return [f"{indent}- {flow(value)}"]


def flow(value: Any) -> str:
    """A value on one line, as a person would write it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(str(k))}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """JSON is YAML; quotes are left out where YAML reads the same text without them."""
    if not isinstance(value, str):
        return json.dumps(value)
    import re

    import yaml

    plain = re.match(r"[A-Za-z0-9_/.][A-Za-z0-9_/.+@-]*(?::[A-Za-z0-9_/.@-]+)*\Z", value)
    if plain and yaml.safe_load(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)
