"""Helm's own release document turned into outputs and inputs of a Release. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import yaml

from lab.providers.kubernetes.helm import HelmFailed
from lab.providers.kubernetes.shapes import identity
from lab.providers.sdk import words
from lab.providers.sdk.property_values import UNKNOWN, Props, mark_secrets, reveal
from values.merge import merge

_STATUS = words("name namespace revision status chart version appVersion")


def exact_version(chart: str, shown: str) -> str:
    """The version in what ``helm show chart`` printed, of a chart that can be installed."""
    meta = yaml.safe_load(shown)
    if not isinstance(meta, dict) or not meta.get("version"):
        raise HelmFailed(f"chart {chart} has no version in its Chart.yaml")
    if meta.get("type") not in (None, "", "application"):
        raise HelmFailed(f"chart {chart} is of type {meta['type']!r}, which cannot be installed")
    return str(meta["version"])


def pending_hint(live: dict[str, Any], history: list[dict[str, Any]]) -> str:
    """The command that frees a release which an interrupted run left locked."""
    good = [int(h["revision"]) for h in history if h["status"] in ("deployed", "superseded")]
    command = (
        f"helm rollback {live['name']} {max(good)}" if good else f"helm uninstall {live['name']}"
    )
    return (
        f"the release is in state {live['status']} (revision {live['revision']}): an earlier "
        "run was interrupted. When no other run is at work, free it with: "
        f"{command} --namespace {live['namespace']}"
    )


def live_of(raw: dict[str, Any], meta: dict[str, Any] | None = None) -> dict[str, Any]:
    """The parts of helm's own release document that are used here; ``helm status`` leaves the
    chart out, which ``helm get metadata`` has."""
    chart = {**meta, "name": meta.get("chart")} if meta else raw["chart"]["metadata"]
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
    """The state after an install or upgrade."""
    return {
        **inputs,
        "version": live["version"],
        "status": {key: live[key] for key in _STATUS},
        "resourceNames": resource_names(live["manifest"]),
    }


def pending_of(inputs: Props) -> Props:
    return {**inputs, "status": UNKNOWN, "resourceNames": UNKNOWN}


def seen_by(inputs: Props, olds: Props, live: dict[str, Any]) -> Props:
    """The state after a refresh: helm's values over those of the last state, so that a value which
    helm lost stays as it was last seen (setReleaseAttributes in helm_release.go, 2026-06-05).

    Secret stays what is secret in the inputs; what helm has beside it is in clear, as officially.
    """
    values = merge(reveal(olds.get("values") or {}), live["values"])
    return outputs_of({**inputs, "values": mark_secrets(values, inputs.get("values"))}, live)


def imported(live: dict[str, Any]) -> Props:
    """Inputs for an import: what can be read back, in clear, and no option of the installation."""
    return {key: live[key] for key in ("name", "namespace", "chart", "version", "values")}


def compared(
    old_inputs: Props, olds: Props, news: Props, *, leave_out: Collection[str]
) -> tuple[Props, Props]:
    """What a difference is made of: the state as far as somebody asked for it, and the program.
    A value that helm has beside them is none, so nothing takes it away (Diff in helm_release.go,
    2026-06-05: a three-way merge deletes only what the last inputs had).

    The official plugin fills in false, 0 or "" for every option that is left out.
    """
    sides = [
        {k: v for k, v in reveal(side).items() if v and k not in leave_out}
        for side in (old_inputs, olds, news)
    ]
    asked, state, new = sides
    return _asked_for(state, asked, new), new


def _asked_for(state: Any, *asked: Any) -> Any:
    """``state`` without the keys that none of ``asked`` has."""
    if not isinstance(state, Mapping):
        return state
    maps = [one for one in asked if isinstance(one, Mapping)]
    return {
        key: _asked_for(value, *[one[key] for one in maps if key in one])
        for key, value in state.items()
        if any(key in one for one in maps)
    }
