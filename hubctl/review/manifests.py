"""Kubernetes manifests of a release, by `helm template`, as comparable text."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hubctl.console.errors import Problem
from hubctl.console.subprocesses import Run, run
from hubctl.review.masking import mask_object
from values.render import to_yaml

_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True)
class Charts:
    """Where charts come from: a folder of charts and archives, else their own repositories."""

    folder: Path | None = None
    run: Run = run

    def template(self, release: str, chart: str, values: str, namespace: str) -> list[Any]:
        """Objects of a release; `chart` is the line `[REPOSITORY ]CHART VERSION` of a rendering.
        Raises Problem when helm or the chart is not there."""
        *repository, name, version = chart.split()
        where = self._where(name, version, repository[0] if repository else None)
        # Secrets are placeholders in it, yet nobody else needs to read it.
        with tempfile.TemporaryDirectory(prefix="hubctl-") as folder:
            path = Path(folder) / "values.yaml"
            path.touch(mode=0o600)
            path.write_text(values, encoding="utf-8")
            words = ["helm", "template", release, *where, "--namespace", namespace]
            done = self.run([*words, "--values", str(path)], timeout=120)
        if done.status == 127:
            raise Problem("helm is not on the PATH; install it, or leave --manifests out.")
        if not done.ok:
            raise Problem(
                f"helm cannot render {release} with chart {name} {version}: {done.words}. "
                "Give --charts DIR with the chart when its repository cannot be reached."
            )
        return objects(done.out)

    def _where(self, name: str, version: str, repository: str | None) -> list[str]:
        if self.folder is not None:
            short = os.path.basename(name)
            if not self.folder.is_dir():
                raise Problem(f"there is no folder {self.folder} with charts.", status=2)
            for path in (self.folder / f"{short}-{version}.tgz", self.folder / short):
                if path.exists():
                    return [str(path)]
            raise Problem(
                f"{self.folder} has neither {short}-{version}.tgz nor a folder {short}.", status=2
            )
        pinned = [] if version.startswith("(") or version.endswith(")") else ["--version", version]
        return [name, *(["--repo", repository] if repository else []), *pinned]


def objects(text: str) -> list[Any]:
    """The objects of a manifest."""
    return [o for o in yaml.load_all(text, Loader=_Loader) if o]


def text(found: Iterable[Any]) -> str:
    """Objects in one order, without secrets and checksums."""

    def place(item: Any) -> tuple[str, str]:
        meta = item.get("metadata") or {}
        return str(item.get("kind")), str(meta.get("name"))

    keyed = sorted((o for o in found if isinstance(o, dict)), key=place)
    return "".join(f"# {'/'.join(place(o))}\n{to_yaml(mask_object(o))}" for o in keyed)
