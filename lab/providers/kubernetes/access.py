"""A kubeconfig made usable: private files, current context, credentials, API client.

Private files (a kubeconfig for helm, client certificates) live in one folder of mode
0700 that ``close`` removes. A credential command (``users[].exec``) is run by the client
library, and by helm itself.
"""

# The client library has no types.
# mypy: allow-untyped-calls

from __future__ import annotations

import ipaddress
import logging
import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from kubernetes import config as kube_config
from kubernetes.client import ApiClient
from kubernetes.config.config_exception import ConfigException

from lab.providers.kubernetes.settings import ProviderSettings
from lab.providers.sdk.provider import StandinError


class KubeconfigAccess:
    """The kubeconfig that a provider's settings name."""

    def __init__(self, settings: ProviderSettings) -> None:
        self.settings = settings
        self._lock = threading.RLock()
        self._folder: Path | None = None
        self._kubeconfig: Path | None = None

    @property
    def folder(self) -> Path:
        """The private folder, made when first asked for."""
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="lab-standin-kubernetes-"))
            return self._folder

    @property
    def kubeconfig_path(self) -> Path | None:
        """A kubeconfig file for commands; None means the usual ones (KUBECONFIG, ~/.kube)."""
        with self._lock:
            if self.settings.kubeconfig is None:
                return self.settings.kubeconfig_file
            if self._kubeconfig is None:
                path = self.folder / "kubeconfig"
                with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                    yaml.safe_dump(self.settings.kubeconfig, file)
                self._kubeconfig = path
            return self._kubeconfig

    def close(self) -> None:
        """Remove the private folder."""
        with self._lock:
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder = None

    def _raw(self) -> dict[str, Any]:
        if self.settings.kubeconfig is not None:
            return self.settings.kubeconfig
        default = os.environ.get("KUBECONFIG", "").split(os.pathsep)[0] or "~/.kube/config"
        path = self.settings.kubeconfig_file or Path(default).expanduser()
        try:
            loaded = yaml.safe_load(path.read_text())
        except (OSError, yaml.YAMLError):
            return {}
        return loaded if isinstance(loaded, dict) else {}

    def _context(self) -> dict[str, Any]:
        raw = self._raw()
        wanted = self.settings.context or raw.get("current-context")
        for entry in raw.get("contexts") or []:
            if entry.get("name") == wanted:
                return entry.get("context") or {}
        return {}

    @property
    def default_namespace(self) -> str:
        """Provider's namespace, else the kubeconfig context's, else ``default``."""
        return self.settings.namespace or self._context().get("namespace") or "default"

    def _exec_command(self) -> str | None:
        user = self._context().get("user")
        for entry in self._raw().get("users") or []:
            if entry.get("name") == user and (entry.get("user") or {}).get("exec"):
                return str(entry["user"]["exec"].get("command"))
        return None

    def connect(self) -> ApiClient:
        """A client with the credentials of the kubeconfig; runs its credential command.

        Raises StandinError when the kubeconfig or the command is of no use.
        """
        complaints = _Complaints()
        logging.getLogger().addHandler(complaints)
        try:
            if self.settings.kubeconfig is not None:
                api = kube_config.new_client_from_config_dict(
                    self.settings.kubeconfig,
                    context=self.settings.context,
                    persist_config=False,
                    temp_file_path=str(self.folder),
                )
            else:
                file = self.settings.kubeconfig_file
                api = kube_config.new_client_from_config(
                    str(file) if file else None,
                    self.settings.context,
                    persist_config=False,
                )
        except (ConfigException, TypeError, KeyError) as exc:
            raise StandinError(f"the kubeconfig cannot be used: {exc}") from None
        finally:
            logging.getLogger().removeHandler(complaints)
        command = self._exec_command()
        config = api.configuration
        if command and not (config.api_key.get("authorization") or config.cert_file):
            why = "; ".join(complaints.seen) or "no credential in its output"
            raise StandinError(
                f"the kubeconfig's credential command {command!r} gave no credential: {why}"
            )
        if _is_loopback(config.host):
            config.proxy = None
        return ApiClient(config)


class _Complaints(logging.Handler):
    """Collects what the client library would print when a credential command fails."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record.getMessage())


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
