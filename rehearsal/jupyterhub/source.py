"""What a hub is configured from: the files that the chart mounts into its pod.

Either read from the objects of a release (ConfigMap and Secret `hub`), or made from its Helm
values. A release of the real chart carries its configuration program; for one of the offline
stand-in, and for bare values, `rehearsal.jupyterhub.assembled_config` takes its place and `origin` says so.
"""

from __future__ import annotations

import base64
import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from kubernetes.client.exceptions import ApiException

from lab.cluster.client import Kube, said
from lab.errors import LabError
from lab.paths import CHECKOUT
from model.derived import names
from model.secrets import Secret
from values import pins
from values.merge import leaves, merge

_CHARTS = CHECKOUT / "lab" / "charts"
DEFAULTS = _CHARTS / "jupyterhub" / "values.yaml"
"""The chart's defaults, as the offline stand-in repeats them."""

CLASSIC_DEFAULTS = _CHARTS / "binderhub" / "values.yaml"
"""Those of the classic chart, whose section `jupyterhub` stands over the bundled chart's own."""

BINDER_TOKEN = "hub.services.binder.apiToken"
PROXY_TOKEN = "hub.config.ConfigurableHTTPProxy.auth_token"
_HEX_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class HubSource:
    """`config` and `secret` are files by name; `origin` is what a report says of where they are
    from; `hidden` are secrets that stand elsewhere in the values."""

    namespace: str
    release: str
    config: Mapping[str, str]
    secret: Mapping[str, str]
    origin: Literal["the release's objects", "assembled from the values"]
    hidden: frozenset[str] = frozenset()

    @property
    def values(self) -> dict[str, Any]:
        """All Helm values of the release, with secrets in plain."""
        loaded: dict[str, Any] = yaml.safe_load(self.secret["values.yaml"])
        return loaded

    @property
    def members_only(self) -> bool:
        """Whether people log in, as BinderHub's spawner was told."""
        sections = self.values["hub"]["config"]
        spawner = sections.get("BinderSpawnerMixin") or sections.get("BinderSpawner") or {}
        return bool(spawner.get("auth_enabled"))

    def secret_texts(self) -> frozenset[str]:
        """Everything that must not be shown."""
        found: set[Any] = set(self.hidden)
        found |= {text for name, text in self.secret.items() if name != "values.yaml"}
        sections = self.values["hub"]["config"]
        hidden = ("client_secret", "password", "keys", "cookie_secret")
        for section in sections.values():
            for key in hidden:
                value = section.get(key)
                found |= set(value) if isinstance(value, list) else {value}
        pull = self.values.get("imagePullSecret") or {}
        found |= {pull.get("password"), self.values["hub"].get("db", {}).get("url")}
        return frozenset(text for text in found if isinstance(text, str) and len(text) > 3)


def from_values(
    values: Mapping[str, Any],
    secrets: Mapping[str, str] | None = None,
    *,
    namespace: str,
    release: str = "jupyterhub",
) -> HubSource:
    """From the values of the release that carries the hub (`values.releases`): jupyterhub, or
    the classic binderhub. A secret that is not given is made up: 64 random hex digits."""
    version = pins.JUPYTERHUB.version
    if release == names.BINDERHUB:
        version = pins.BUNDLED_JUPYTERHUB
        bundled = yaml.safe_load(CLASSIC_DEFAULTS.read_text())["jupyterhub"]
        values = merge(bundled, values["jupyterhub"])
    known = dict(secrets or {})
    for _, leaf in leaves(values):
        if isinstance(leaf, Secret):
            known.setdefault(leaf.name, random.token_hex(_HEX_BYTES))
    defaults = yaml.safe_load(DEFAULTS.read_text())
    merged = merge(defaults, _resolved(dict(values), known))
    chart = {"Name": pins.JUPYTERHUB.chart, "Version": version}
    release_facts = {"Name": release, "Namespace": namespace, "Service": "Helm"}
    everything = {**merged, "Chart": chart, "Release": release_facts}
    hub = merged["hub"]
    keys = hub["config"].get("CryptKeeper", {}).get("keys") or [random.token_hex(_HEX_BYTES)]
    secret = {
        "values.yaml": yaml.safe_dump(everything),
        "hub.config.JupyterHub.cookie_secret": hub.get("cookieSecret")
        or random.token_hex(_HEX_BYTES),
        "hub.config.CryptKeeper.keys": ";".join(keys),
        PROXY_TOKEN: merged["proxy"].get("secretToken") or random.token_hex(_HEX_BYTES),
    }
    for name, service in hub["services"].items():
        token = service.get("apiToken") or random.token_hex(_HEX_BYTES)
        secret[f"hub.services.{name}.apiToken"] = token
    return HubSource(
        namespace=namespace,
        release=release,
        config={},
        secret=secret,
        origin="assembled from the values",
        hidden=frozenset(known.values()),
    )


def from_cluster(
    kubeconfig: Path | str, namespace: str, *, release: str = "jupyterhub"
) -> HubSource:
    """From ConfigMap and Secret `hub` of a release. Raises LabError when they are not there."""
    client = Kube(kubeconfig)
    try:
        path = f"/api/v1/namespaces/{namespace}"
        config = client.request("GET", f"{path}/configmaps/hub").get("data", {})
        secret = client.request("GET", f"{path}/secrets/hub").get("data", {})
    except ApiException as error:
        raise LabError(
            f"Namespace {namespace} has no ConfigMap and Secret called `hub` that can be read "
            f"({said(error)}); install the jupyterhub release there first."
        ) from error
    finally:
        client.close()
    carried = "jupyterhub_config.py" in config
    return HubSource(
        namespace=namespace,
        release=release,
        config=config,
        secret={name: base64.b64decode(text).decode() for name, text in secret.items()},
        origin="the release's objects" if carried else "assembled from the values",
    )


def _resolved(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, Secret):
        return known[value.name]
    if isinstance(value, Mapping):
        return {key: _resolved(below, known) for key, below in value.items()}
    return [_resolved(below, known) for below in value] if isinstance(value, list) else value
