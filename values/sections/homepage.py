"""The hub's own pages: templates that follow a git repository, variables, an announcement."""

from __future__ import annotations

from typing import Any

from model.hub import Hub
from model.sections.homepage import Templates

# registry.k8s.io/git-sync: https://github.com/kubernetes/git-sync/releases
GIT_SYNC_IMAGE = "registry.k8s.io/git-sync/git-sync:v4.4.2"
_ROOT = "/srv/homepage"


def hub_values(hub: Hub) -> dict[str, Any]:
    """Keys of the chart's `hub` section; empty when there is nothing to show."""
    out: dict[str, Any] = {}
    page = hub.homepage
    variables: dict[str, str] = dict(page.variables) if hub.members_only else {}
    if page.announcement:
        variables["announcement"] = page.announcement
    if variables:
        out["templateVars"] = variables
    if page.templates and hub.members_only:
        out |= _templates(page.templates)
    return out


def _templates(templates: Templates) -> dict[str, Any]:
    folder = f"{_ROOT}/current"
    paths = [f"{folder}/{p.strip('/')}" for p in (templates.extra_path, templates.path) if p]
    return {
        "templatePaths": paths,
        "extraVolumes": [{"name": "homepage", "emptyDir": {}}],
        "extraVolumeMounts": [{"name": "homepage", "mountPath": _ROOT, "readOnly": True}],
        # The first clone before the hub starts, so that it never shows pages without it.
        "initContainers": [_git_sync(templates, "homepage-clone", once=True)],
        "extraContainers": [_git_sync(templates, "homepage-sync", once=False)],
    }


def _git_sync(templates: Templates, name: str, *, once: bool) -> dict[str, Any]:
    return {
        "name": name,
        "image": GIT_SYNC_IMAGE,
        "args": [
            f"--repo={templates.repository}",
            f"--ref={templates.branch}",
            f"--root={_ROOT}",
            "--link=current",
            "--depth=1",
            *(["--one-time"] if once else [f"--period={templates.sync_every}s"]),
        ],
        "securityContext": {
            "runAsUser": 1000,
            "runAsGroup": 1000,
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "homepage", "mountPath": _ROOT}],
    }
