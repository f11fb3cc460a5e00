"""What the phases of one hub share: the stack in the lab, its objects, and what earlier phases
left for later ones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from lab.cluster.client import Kube
from lab.engine.session import Session
from lab.progress import Progress
from model.derived.resolved import ResolvedHub
from model.hub import Hub
from rehearsal.objects import DeployedObjects, Object, load

ENGINES = 2
"""Engines at once on one machine: each keeps about one processor busy."""


@dataclass(kw_only=True)
class HubUnderTest:
    """One hub. `user_pod` is the pod that KubeSpawner made in phase `launch`, when it ran;
    `checker` the manifest checker's program; `engines` runs the commands of the engine that change
    nothing, of whatever phase."""

    session: Session
    kube: Kube
    progress: Progress
    checker: Path | None = None
    user_pod: Object | None = None
    engines: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(ENGINES))
    _objects: DeployedObjects | None = None
    _document: dict[str, Any] | None = None

    @cached_property
    def resolved(self) -> ResolvedHub:
        """The hub, with its pools, its registry and what its charts are called."""
        return ResolvedHub(self.session.hub)

    @property
    def hub(self) -> Hub:
        return self.resolved.hub

    @property
    def namespace(self) -> str:
        return self.hub.ns

    @property
    def objects(self) -> DeployedObjects:
        """As of the first look after `up`."""
        if self._objects is None:
            self._objects = self.fresh()
        return self._objects

    def fresh(self) -> DeployedObjects:
        """As of now; also what `objects` is from now on."""
        self._objects = load(self.kube, self.namespace)
        return self._objects

    @property
    def document(self) -> dict[str, Any]:
        """The stack file as the engine read it in `up`."""
        if self._document is None:
            self._document = yaml.safe_load(self.session.stack_file.read_text())
        return self._document

    def variant(self, name: str, document: dict[str, Any]) -> Path:
        """A stack file of another content beside the lab's copy, for `--config-file`."""
        path = self.session.folder / "variants" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(document, sort_keys=False))
        return path
