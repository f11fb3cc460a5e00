"""What kube-score, an independent checker of Kubernetes manifests, says of a hub's objects.

Everything that it calls critical must be waived with a reason in `waivers.yaml`, or it is a
finding. Secrets are judged without their contents; pods by what makes them.
Source: https://github.com/zegl/kube-score
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from lab.errors import LabError
from lab.install.pins import KUBERNETES
from lab.processes import bare_environment
from rehearsal.objects import NAMESPACED, DeployedObjects
from rehearsal.report import Trouble

WAIVERS = Path(__file__).with_name("waivers.yaml")
_JUDGED = (
    *("Deployment", "DaemonSet", "StatefulSet", "Job", "CronJob"),
    *("Service", "Ingress", "NetworkPolicy", "PodDisruptionBudget"),
)
_CRITICAL = 1
_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """`objects` are patterns such as `DaemonSet/docker-api` or `*`; `says` one for the comment."""

    check: str
    objects: tuple[str, ...]
    reason: str
    says: str = "*"

    def covers(self, check: str, name: str, comment: str) -> bool:
        return (
            check == self.check
            and any(fnmatchcase(name, pattern) for pattern in self.objects)
            and fnmatchcase(comment, self.says)
        )


@dataclass(frozen=True, kw_only=True)
class Comment:
    """One critical remark."""

    check: str
    object: str
    text: str


def waivers(path: Path = WAIVERS) -> list[Waiver]:
    """The waivers of a file; each has a reason."""
    return [
        Waiver(**{**entry, "objects": tuple(entry["objects"])})
        for entry in yaml.safe_load(path.read_text())["waivers"]
    ]


def comments(objects: DeployedObjects, checker: Path) -> list[Comment]:
    """What the checker calls critical. Raises LabError when it cannot be run."""
    # JSON, which is YAML too: in YAML a checksum such as 12e5 would be read as a number.
    text = "\n---\n".join(json.dumps(_bare(obj)) for obj in objects.of(*_JUDGED))
    minor = ".".join(KUBERNETES.split(".")[:2])
    command = [str(checker), "score", "--output-format=json", f"--kubernetes-version=v{minor}"]
    # With an annotation an object could excuse itself; the waivers are in one file instead.
    command += ["--disable-ignore-checks-annotations", "-"]
    done = subprocess.run(
        command,
        input=text,
        env=bare_environment(),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    try:
        judged = json.loads(done.stdout)
    except ValueError:
        raise LabError(f"kube-score failed: {done.stderr.strip()[-500:]}") from None
    return list(_critical(judged or []))


def _critical(judged: Iterable[Mapping[str, Any]]) -> Iterator[Comment]:
    for one in judged:
        name = f"{one['type_meta']['kind']}/{one['object_meta']['name']}"
        for check in one["checks"]:
            if check["skipped"] or check["grade"] > _CRITICAL:
                continue
            for comment in check.get("comments") or [{}]:
                where = f" ({comment['path']})" if comment.get("path") else ""
                text = comment.get("summary") or check["check"]["name"]
                yield Comment(check=check["check"]["id"], object=name, text=f"{text}{where}")


def unexpected(said: Iterable[Comment], accepted: Iterable[Waiver]) -> list[Trouble]:
    """What no waiver covers."""
    known = list(accepted)
    return [
        Trouble(
            what=f"{one.text}.",
            where=one.object,
            why=f"kube-score calls it critical ({one.check}).",
            fix="correct the values, or waive it with a reason in rehearsal/checks/waivers.yaml.",
        )
        for one in said
        if not any(waiver.covers(one.check, one.object, one.text) for waiver in known)
    ]


def _bare(obj: Mapping[str, Any]) -> dict[str, Any]:
    """As it was applied: without what the server added."""
    meta = {k: obj["metadata"][k] for k in ("name", "namespace", "labels") if k in obj["metadata"]}
    assert obj["kind"] in NAMESPACED
    out = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": meta}
    return {**out, "spec": obj.get("spec") or {}}
