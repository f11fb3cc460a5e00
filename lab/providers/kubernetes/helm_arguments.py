"""Arguments, environment and private files of a helm command, from a Release's inputs.

``release`` is always the plain inputs of a Release (no ``SecretValue``, no ``UNKNOWN``).
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import yaml

from lab.paths import cache_dir

DEFAULT_SECONDS = 300
_REPOSITORY = "standin"
_FLAGS = {
    "both": {
        "atomic": "--atomic",
        "dependencyUpdate": "--dependency-update",
        "disableOpenapiValidation": "--disable-openapi-validation",
        "renderSubchartNotes": "--render-subchart-notes",
        "skipCrds": "--skip-crds",
    },
    "install": {
        "createNamespace": "--create-namespace",
        "disableWebhooks": "--no-hooks",
        "replace": "--replace",
    },
    "upgrade": {
        "cleanupOnFail": "--cleanup-on-fail",
        "disableCRDHooks": "--no-hooks",
        "forceUpdate": "--force",
        "resetValues": "--reset-values",
        "reuseValues": "--reuse-values",
    },
}


def release_arguments(
    verb: str, release: dict[str, Any], folder: Path
) -> tuple[list[str], dict[str, str]]:
    chart, arguments, env = chart_arguments(release, folder)
    out = [verb, release["name"], chart, "--namespace", release["namespace"], *arguments]
    out += ["--values", str(write_values(release.get("values") or {}, folder))]
    out += ["--timeout", timeout_of(release)]
    out += [flag for key, flag in {**_FLAGS["both"], **_FLAGS[verb]}.items() if release.get(key)]
    if not release.get("skipAwait"):
        out.append("--wait")
        if release.get("waitForJobs"):
            out.append("--wait-for-jobs")
    if release.get("description"):
        out += ["--description", str(release["description"])]
    if release.get("postrender"):
        command, *rest = str(release["postrender"]).split()
        out += ["--post-renderer", command]
        out += [word for item in rest for word in ("--post-renderer-args", item)]
    if verb == "upgrade":
        # The official plugin keeps every revision unless told otherwise; helm itself ten.
        out += ["--history-max", str(int(release.get("maxHistory") or 0))]
    return out, env


def timeout_of(release: dict[str, Any]) -> str:
    return f"{int(release.get('timeout') or DEFAULT_SECONDS)}s"


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def chart_arguments(release: dict[str, Any], folder: Path) -> tuple[str, list[str], dict[str, str]]:
    """Chart reference, arguments and environment that say where the chart comes from.

    ``release`` holds plain inputs of a Release. A repository password goes in a private
    helm configuration inside ``folder``.
    """
    chart = str(release.get("chart") or "").strip()
    options = release.get("repositoryOpts") or {}
    repo = str(options.get("repo") or "")
    arguments: list[str] = []
    env: dict[str, str] = {}
    if release.get("version"):
        arguments += ["--version", str(release["version"]).strip()]
    elif release.get("devel"):
        arguments += ["--devel"]
    if release.get("verify"):
        arguments += ["--verify"]
        if release.get("keyring"):
            arguments += ["--keyring", str(release["keyring"])]
    for key in ("ca", "cert", "key"):
        if options.get(f"{key}File"):
            arguments += [f"--{key}-file", str(options[f"{key}File"])]
    remote = "://" in chart or "://" in repo
    if (remote or Path(chart).exists()) and "HELM_CACHE_HOME" not in os.environ:
        env["HELM_CACHE_HOME"] = str(cache_dir() / "helm")
    if chart.startswith("oci://"):
        if options.get("username"):
            env["HELM_REGISTRY_CONFIG"] = str(_registry_config(chart, options, folder))
    elif "://" in repo:
        if options.get("username"):
            env["HELM_REPOSITORY_CONFIG"] = str(_repository_config(repo, options, folder))
            env["HELM_REPOSITORY_CACHE"] = str(folder / "repository")
            chart = f"{_REPOSITORY}/{chart}"
        else:
            arguments += ["--repo", repo]
    elif repo and "/" not in chart:
        chart = f"{repo}/{chart}"
    return chart, arguments, env


def _registry_config(chart: str, options: dict[str, Any], folder: Path) -> Path:
    path = folder / "registry.json"
    host = chart.removeprefix("oci://").split("/")[0]
    login = f"{options['username']}:{options.get('password') or ''}"
    auth = {"auth": base64.b64encode(login.encode()).decode()}
    _write_private(path, json.dumps({"auths": {host: auth}}))
    return path


def _repository_config(repo: str, options: dict[str, Any], folder: Path) -> Path:
    path = folder / "repositories.yaml"
    entry = {"name": _REPOSITORY, "url": repo}
    for key in ("username", "password", "caFile", "certFile", "keyFile"):
        if options.get(key):
            entry[key] = str(options[key])
    _write_private(path, yaml.safe_dump({"apiVersion": "v1", "repositories": [entry]}))
    return path


def write_values(values: dict[str, Any], folder: Path) -> Path:
    """The values as a private file; nulls stay, helm drops the chart's default for them."""
    path = folder / "values.json"
    _write_private(path, json.dumps(values))
    return path
