"""Configuration of the kubernetes stand-in, decoded once from the provider's inputs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab.providers.sdk.property_values import UNKNOWN, Props, reveal
from lab.providers.sdk.provider import StandinError, config_bool, config_json

_NOT_COVERED = ("cluster", "renderYamlToDirectory", "skipUpdateUnreachable")


@dataclass(frozen=True, kw_only=True)
class ProviderSettings:
    """What the provider was given. ``kubeconfig`` is the parsed text when text was given,
    ``kubeconfig_file`` the path when a path was; neither means the usual files."""

    kubeconfig: dict[str, Any] | None = None
    kubeconfig_file: Path | None = None
    context: str | None = None
    namespace: str | None = None
    delete_unreachable: bool = False
    enable_secret_mutable: bool = False
    enable_config_map_mutable: bool = False
    patch_force: bool = False
    upsert_existing: bool = False


def _text(args: Props, key: str) -> str | None:
    value = reveal(args.get(key))
    return None if value in (None, "") or value is UNKNOWN else str(value)


def parse_kubeconfig(text: str) -> dict[str, Any] | Path:
    """A kubeconfig given as text (YAML or JSON) or as the path of a file.

    Raises StandinError, which never quotes the text: it may hold credentials.
    """
    if "\n" not in text and not text.lstrip().startswith("{"):
        path = Path(text).expanduser()
        if not path.is_file():
            raise StandinError(
                f"provider setting 'kubeconfig': no file at {path}; give the contents of a "
                "kubeconfig or the path of an existing one"
            )
        return path
    try:
        parsed = yaml.safe_load(text)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise StandinError(f"provider setting 'kubeconfig' is not YAML or JSON{where}") from None
    if not isinstance(parsed, dict) or not isinstance(parsed.get("clusters"), list):
        raise StandinError("provider setting 'kubeconfig' has no 'clusters' list")
    return parsed


# Setting and environment variable of each yes or no.
_FLAGS = {
    "delete_unreachable": ("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
    "enable_secret_mutable": ("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
    "enable_config_map_mutable": ("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
    "patch_force": ("enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
    "upsert_existing": ("upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"),
}


def decode(args: Props) -> ProviderSettings:
    """Settings from the provider's configuration.

    Raises StandinError for a setting that this stand-in does not cover: ignoring one
    silently would rehearse something else than what will run.
    """
    for key in _NOT_COVERED:
        if _text(args, key):
            raise StandinError(
                f"provider setting {key!r} is not covered by the stand-in for "
                "pulumi-resource-kubernetes; leave it out or use the official plugin"
            )
    if not config_bool(args, "enableServerSideApply", default=True):
        raise StandinError(
            "provider setting 'enableServerSideApply' is false, but the stand-in for "
            "pulumi-resource-kubernetes only does server-side apply"
        )
    if config_json(args, "helmReleaseSettings"):
        raise StandinError(
            "provider setting 'helmReleaseSettings' is not covered by the stand-in for "
            "pulumi-resource-kubernetes"
        )
    text = _text(args, "kubeconfig")
    parsed = parse_kubeconfig(text) if text else None
    return ProviderSettings(
        kubeconfig=parsed if isinstance(parsed, dict) else None,
        kubeconfig_file=parsed if isinstance(parsed, Path) else None,
        context=_text(args, "context"),
        namespace=_text(args, "namespace"),
        **{
            name: config_bool(args, key, os.environ.get(variable, "").lower() in ("1", "true"))
            for name, (key, variable) in _FLAGS.items()
        },
    )
