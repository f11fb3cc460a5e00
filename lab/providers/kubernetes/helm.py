"""Running the real helm: private files, bounded, cancellable, messages without secrets.

The binary is ``$LAB_HELM``, else ``helm`` on PATH. Values and repository passwords go in
files of mode 0600 inside a private folder that is removed when the command ends; never
in an argument. A cancel ends helm with SIGTERM, which lets an atomic install clean up.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.providers.kubernetes.cluster import Cluster
from lab.providers.kubernetes.masking import Mask
from lab.providers.sdk.provider import StandinError

# Settings of the person's own helm that would point it at another cluster.
_DROPPED = ("KUBECONFIG", "HELM_KUBE", "HELM_NAMESPACE", "HELM_DEBUG", "HELM_DRIVER")


class HelmFailed(StandinError):
    """helm ended with an error; the text is its own, with secrets hidden."""


def find_helm() -> str:
    """Path of the helm to run. Raises StandinError when there is none."""
    given = os.environ.get("LAB_HELM")
    found = given if given and os.access(given, os.X_OK) else shutil.which(given or "helm")
    if not found:
        where = f"LAB_HELM={given}" if given else "no 'helm' on PATH and LAB_HELM is not set"
        raise StandinError(
            f"helm was not found ({where}); install helm 3 or point LAB_HELM at the binary"
        )
    return found


class Helm:
    """helm on one cluster. Safe to use from several threads."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._cancelled = False

    def cancel(self) -> None:
        """End every running helm."""
        with self._lock:
            self._cancelled = True
            running = list(self._running)
        for process in running:
            process.terminate()

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A private folder for one operation, removed whatever happens."""
        folder = Path(tempfile.mkdtemp(prefix="helm-", dir=self.cluster.access.folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def run(
        self,
        arguments: Sequence[str],
        mask: Mask,
        *,
        cluster: bool = True,
        reading: bool = False,
        env: dict[str, str] | None = None,
    ) -> str:
        """Standard output of one helm command. Raises HelmFailed with helm's message.

        A command that is only ``reading`` runs also after a cancel.
        """
        command = [find_helm(), *arguments]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(_DROPPED)}
        environment |= env or {}
        if cluster:
            config = self.cluster.access.kubeconfig_path
            if config is not None:
                environment["KUBECONFIG"] = str(config)
            elif "KUBECONFIG" in os.environ:
                environment["KUBECONFIG"] = os.environ["KUBECONFIG"]
            if self.cluster.settings.context:
                command += ["--kube-context", self.cluster.settings.context]
        process = self._start(command, environment, reading)
        try:
            out, err = process.communicate()
        finally:
            if process.poll() is None:
                process.kill()
            with self._lock:
                self._running.discard(process)
        if process.returncode:
            if self._cancelled and not reading:
                told = mask.clean(_complaint(err or out))
                raise HelmFailed(f"helm {arguments[0]} was cancelled: {told}")
            raise HelmFailed(mask.clean(_complaint(err or out)))
        return out

    def _start(
        self, command: list[str], environment: dict[str, str], reading: bool
    ) -> subprocess.Popen[str]:
        with self._lock:
            if self._cancelled and not reading:
                raise HelmFailed("helm was not started: the update was cancelled")
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=environment,
            )
            self._running.add(process)
        return process

    def json(self, arguments: Sequence[str], mask: Mask, **more: Any) -> Any:
        """Decoded ``--output json`` of one helm command."""
        out = self.run([*arguments, "--output", "json"], mask, **more)
        try:
            # Some commands print notices before the document.
            return json.loads(out[min(i for i in (out.find("{"), out.find("[")) if i >= 0) :])
        except ValueError:
            raise HelmFailed(f"helm {arguments[0]} printed no JSON") from None


def _complaint(text: str) -> str:
    """helm's error without its warnings and its first word."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    start = next((i for i, line in enumerate(lines) if line.startswith("Error:")), 0)
    return "\n".join(lines[start:]).removeprefix("Error:").strip() or "helm gave no reason"
