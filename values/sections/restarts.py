"""What makes the readers of a changed secret start anew, and nobody else.

The charts restart a pod when a Secret that they make for it changes. They do not when the secret
lies in another release, or beside the releases: BinderHub takes its API token from the hub's
Secret, the registry helper its own from one that the program makes. So every pod says which
secrets it has read: each number under `rotate`, for people who review a change, and a fingerprint
of all of them, which also tells a secret that was given anew, or made anew without a number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, assert_never

from model.derived.resolved import ResolvedHub
from model.derived.secret_readers import readers
from model.hub import ReleaseName
from model.secrets import ROTATED, Fingerprint, Reader, Secret

PREFIX = "hub.jupyter.org/"
FINGERPRINT = f"{PREFIX}fingerprint"
"""The annotation of a pod that changes with its secrets; it tells nothing to people."""


def restarts(resolved: ResolvedHub, release: ReleaseName, used: Collection[str]) -> dict[str, Any]:
    """Values of a release that change with what its pods read; `used` are the hub's secrets."""

    def annotations(pod: Reader) -> dict[str, str | Secret]:
        return {f"{PREFIX}{key}": text for key, text in _versions(resolved, pod, used).items()}

    pods: tuple[Reader, ...] = ("hub", "proxy")
    jupyterhub: dict[str, Any] = {pod: {"annotations": annotations(pod)} for pod in pods}
    match release:
        case "jupyterhub":
            return jupyterhub
        case "binderhub":
            return {"jupyterhub": jupyterhub, "podAnnotations": annotations("binderhub")}
        case "registry-helper":
            return {"podAnnotations": annotations("registry-helper")}
        case "binderhub-service":
            # Not `podAnnotations`: this chart puts them on docker-api too, and builds would end.
            # `custom` is in the Secret that BinderHub alone restarts for.
            return {"custom": {"secrets": _versions(resolved, "binderhub", used)}}
        case _:
            assert_never(release)


def _versions(resolved: ResolvedHub, pod: Reader, used: Collection[str]) -> dict[str, str | Secret]:
    numbers: Mapping[str, int] = {str(name): number for name, number in resolved.hub.rotate.items()}
    read = sorted(name for name in used if pod in readers(resolved.registry, name))
    told = {f"{name}.version": str(numbers.get(name, 0)) for name in read if name in ROTATED}
    return {**told, "fingerprint": Fingerprint(",".join(read))}
