"""Helm's own release document turned into outputs and inputs of a Release. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

import yaml

from lab.standins.base import UNKNOWN, Props, mark_secrets, reveal, same, secret
from lab.standins.kubernetes.shapes import IMPORTED, identity


def chart_meta(meta: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": meta.get("chart"),
        "version": meta.get("version"),
        "appVersion": meta.get("appVersion"),
    }


def live_of(raw: dict[str, Any]) -> dict[str, Any]:
    """The parts of helm's own release document that are used here."""
    chart = raw["chart"]["metadata"]
    return {
        "name": raw["name"],
        "namespace": raw["namespace"],
        "revision": int(raw["version"]),
        "status": str(raw["info"]["status"]),
        "deployed": raw["info"].get("last_deployed"),
        "chart": chart.get("name"),
        "version": chart.get("version"),
        "appVersion": chart.get("appVersion") or "",
        "values": raw.get("config") or {},
        "manifest": raw.get("manifest") or "",
    }


def chart_name(chart: Any) -> str:
    """Base name of a chart reference: ``./charts/tiny-0.1.0.tgz`` -> ``tiny``."""
    name = PurePosixPath(str(reveal(chart) or "").rstrip("/")).name
    return re.sub(r"-\d+\.\d+\.\d+.*\.tgz$|\.tgz$", "", name)


def _status(live: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": live["name"],
        "namespace": live["namespace"],
        "revision": live["revision"],
        "status": live["status"],
        "chart": live["chart"],
        "version": live["version"],
        "appVersion": live["appVersion"],
    }


def deployed_since(live: dict[str, Any], moment: float) -> bool:
    """Whether the release's last deployment is later than ``moment`` (epoch seconds)."""
    stamp = live["deployed"]
    return bool(stamp) and datetime.fromisoformat(stamp).timestamp() >= moment - 1


def resource_names(manifest: str) -> dict[str, list[str]]:
    """``{"Deployment.apps/apps/v1": ["hub"], "Secret/v1": ["ns/hub"]}`` of a manifest.

    Keys and names are the official plugin's: a namespace shows only where the manifest
    itself states one.
    """
    names: dict[str, set[str]] = {}
    for document in yaml.safe_load_all(manifest):
        if not isinstance(document, dict) or not document.get("kind"):
            continue
        meta, api_version = document.get("metadata") or {}, str(document.get("apiVersion"))
        group = api_version.rpartition("/")[0]
        kind = f"{document['kind']}.{group}" if group else document["kind"]
        found = names.setdefault(f"{kind}/{api_version}", set())
        found.add(identity(meta.get("namespace"), str(meta.get("name"))))
    return {key: sorted(found) for key, found in sorted(names.items())}


def outputs_of(inputs: Props, live: dict[str, Any]) -> Props:
    out = {k: v for k, v in inputs.items() if k != IMPORTED}
    out["version"] = live["version"]
    out["status"] = _status(live)
    out["resourceNames"] = resource_names(live["manifest"])
    return out


def pending_of(inputs: Props) -> Props:
    return {**inputs, "status": UNKNOWN, "resourceNames": UNKNOWN}


def refreshed(inputs: Props, live: dict[str, Any]) -> Props:
    """Last inputs with what changed in the cluster since.

    New values of a release that has secrets may hold them anywhere: all become secret.
    """
    out = dict(inputs)
    values = inputs.get("values")
    if not same(reveal(values) or {}, live["values"]):
        out["values"] = secret(mark_secrets(live["values"], values))
    if inputs.get("version") is not None and inputs["version"] != live["version"]:
        out["version"] = live["version"]
    return out


def imported(live: dict[str, Any]) -> Props:
    """Inputs for an import. Nobody marked the secrets among the values: all are."""
    return {
        "name": live["name"],
        "namespace": live["namespace"],
        "chart": live["chart"],
        "version": live["version"],
        "values": secret(live["values"]),
        IMPORTED: True,
    }
