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
from logging.handlers import BufferingHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from kubernetes.client import ApiClient
from kubernetes.config import new_client_from_config, new_client_from_config_dict
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

    def _config(self) -> dict[str, Any]:
        """The kubeconfig's contents, of several files the first's; empty without any."""
        if self.settings.kubeconfig is not None:
            return self.settings.kubeconfig
        default = os.environ.get("KUBECONFIG", "").split(os.pathsep)[0] or "~/.kube/config"
        path = self.settings.kubeconfig_file or Path(default).expanduser()
        try:
            loaded = yaml.safe_load(path.read_text())
        except (OSError, yaml.YAMLError):
            return {}
        return loaded if isinstance(loaded, dict) else {}

    def _part(self, kind: str, name: Any) -> dict[str, Any]:
        """What the kubeconfig has under this name: ``_part("user", "admin")``."""
        listed = self._config().get(f"{kind}s") or []
        return next((one.get(kind) or {} for one in listed if one.get("name") == name), {})

    def _context(self) -> dict[str, Any]:
        return self._part("context", self.settings.context or self._config().get("current-context"))

    @property
    def default_namespace(self) -> str:
        """Provider's namespace, else the kubeconfig context's, else ``default``."""
        return self.settings.namespace or self._context().get("namespace") or "default"

    def connect(self) -> ApiClient:
        """A client with the credentials of the kubeconfig; runs its credential command.

        Raises StandinError when the kubeconfig or the command is of no use.
        """
        given, file = self.settings.kubeconfig, self.settings.kubeconfig_file
        options = {"context": self.settings.context, "persist_config": False}
        complaints = BufferingHandler(1000)  # what the client library says of a failed command
        complaints.setLevel(logging.ERROR)
        logging.getLogger().addHandler(complaints)
        try:
            if given is not None:
                folder = str(self.folder)
                api = new_client_from_config_dict(given, temp_file_path=folder, **options)
            else:
                api = new_client_from_config(str(file) if file else None, **options)
        except (ConfigException, TypeError, KeyError) as exc:
            raise StandinError(f"the kubeconfig cannot be used: {exc}") from None
        finally:
            logging.getLogger().removeHandler(complaints)
        config = api.configuration
        login = self._part("user", self._context().get("user")).get("exec")
        if login and not (config.api_key.get("authorization") or config.cert_file):
            told = [record.getMessage() for record in complaints.buffer]
            raise StandinError(
                f"the kubeconfig's credential command {login.get('command')!r} gave no credential: "
                f"{'; '.join(told) or 'no credential in its output'}"
            )
        if _is_loopback(config.host):
            config.proxy = None
        return ApiClient(config)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
