"""The two snapshots that a difference compares: a hub's values as they are now, as they were at a
revision, or as they are deployed.

An older revision is rendered by its own code, in a process of its own, when that code differs from
this one: what was deployed then came from that code.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from hubctl.console.errors import Problem
from hubctl.console.subprocesses import Run, require, run
from hubctl.live.access import helm_access
from hubctl.review import manifests, render
from hubctl.review.affected import RENDERING, is_under
from hubctl.review.git import GitRepository
from hubctl.review.masking import mask
from hubctl.stackfile import find
from model.findings import errors
from model.hub import Hub
from model.stackfile.read import read_text
from model.stackfile.sops import missing, read_secrets_file
from values.render import to_yaml

_RENDERER = ("model", "spec", "values", "hubctl")
"""The rooms that render a stack; `spec` was the name of `model` until it moved."""

Snapshot = dict[str, str]
"""Masked text by name: `jupyterhub values`, `jupyterhub manifests`."""


class CannotRender(Exception):
    """There is no snapshot; the text says why, in lines for people."""


def of_hub(hub: Hub, secrets_set: frozenset[str], charts: manifests.Charts | None) -> Snapshot:
    """The values (with `charts`, the manifests too) of a hub as it is now."""
    out: Snapshot = {}
    for release in render.render(hub, secrets_set):
        assert release.plan
        out |= _texts(release.name, release.chart, release.plan.values, hub.ns, charts)
    return out


def _texts(
    name: str,
    chart: str,
    values: Mapping[str, Any],
    namespace: str,
    charts: manifests.Charts | None,
) -> Snapshot:
    masked = mask(render.plain(values), values)
    out = {f"{name} values": f"# {chart}\n{to_yaml(masked)}"}
    if charts:
        objects = charts.template(name, chart, to_yaml(masked), namespace)
        out[f"{name} manifests"] = manifests.text(objects)
    return out


def of_text(
    name: str, text: str, charts: manifests.Charts | None, show: Callable[[str], str | None]
) -> Snapshot:
    """The values of a stack file's text, rendered by the code of this process; `show` gives the text
    of a file beside it."""
    secrets = None
    if named := find.secrets_named(text):
        held = show(named)
        secrets = (
            missing(named, "it was not there") if held is None else read_secrets_file(named, held)
        )
    stack = read_text(name, text, secrets)
    if stack.hub is None or errors(stack.findings):
        raise CannotRender("\n".join(f.text() for f in errors(stack.findings)))
    return of_hub(stack.hub, stack.secrets_set, charts)


class Revision:
    """The stacks of a project as they were at a commit."""

    def __init__(self, repository: GitRepository, commit: str, changed: list[str]) -> None:
        self.repository, self.commit = repository, commit
        self.own_code = any(is_under(path, RENDERING) for path in changed)
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Revision:
        if self.own_code:
            self._folder = tempfile.TemporaryDirectory(prefix="hubctl-")
            self.repository.unpack(
                self.commit, [*_RENDERER, "Pulumi.yaml"], Path(self._folder.name)
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder:
            self._folder.cleanup()

    def snapshot(
        self, name: str, charts: manifests.Charts | None, namespace: str
    ) -> Snapshot | None:
        """The values of a stack then; None when it was not there."""
        text = self.repository.show(self.commit, f"stacks/Pulumi.{name}.yaml")
        if text is None:
            return None
        if self._folder is None:
            return of_text(name, text, charts, self._show)
        folder = Path(self._folder.name)
        if not (folder / "hubctl").is_dir():
            raise CannotRender("that revision has no hubctl to render it with")
        path = folder / "stacks" / f"Pulumi.{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self._beside(text, folder)
        done = run(
            [sys.executable, "-m", "hubctl", "render", str(path)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
        )
        if not done.ok:
            raise CannotRender(done.err.replace(f"{folder}/", "").strip() or done.words)
        out: Snapshot = {}
        for release in render.parse(done.out):
            values = yaml.safe_load(release.body) or {}
            out |= _texts(release.name, release.chart, values, namespace, charts)
        return out

    def _show(self, path: str) -> str | None:
        return self.repository.show(self.commit, path)

    def _beside(self, text: str, folder: Path) -> None:
        """The stack's file of (encrypted) secrets, inside the folder only."""
        named = find.secrets_named(text)
        held = self._show(named) if named else None
        target = (folder / (named or "")).resolve()
        if held is not None and target.is_relative_to(folder.resolve()):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(held, encoding="utf-8")


def deployed(
    hub: Hub, secrets_set: frozenset[str], charts: manifests.Charts | None, run: Run = run
) -> Snapshot:
    """What Helm holds in the cluster, with secrets hidden; a release that is not there is absent."""
    out: Snapshot = {}
    access = helm_access(hub)
    for release in render.render(hub, secrets_set):
        assert release.plan
        words = ["helm", "get", "values", release.name, "--output", "yaml", *access]
        done = run(words)
        if done.status == 127:
            raise Problem("helm is not on the PATH; install it to compare with what is deployed.")
        if not done.ok:
            if "not found" in done.err:
                continue
            raise Problem(f"helm cannot read release {release.name}: {done.words}.")
        values = yaml.safe_load(done.out) or {}
        masked = mask(values, release.plan.values)
        out[f"{release.name} values"] = f"# {_chart(release, access, run)}\n{to_yaml(masked)}"
        if charts:
            told = require(
                ["helm", "get", "manifest", release.name, *access],
                f"helm cannot read the manifest of {release.name}",
                run=run,
            )
            out[f"{release.name} manifests"] = manifests.text(manifests.objects(told))
    return out


def _chart(release: render.Rendered, access: list[str], run: Run) -> str:
    """The line about the chart, with the version that is deployed."""
    assert release.plan
    done = run(["helm", "get", "metadata", release.name, "--output", "json", *access])
    version = (yaml.safe_load(done.out) or {}).get("version") if done.ok else None
    wanted = release.plan.version
    return release.chart.replace(wanted, str(version)) if version and wanted else release.chart
