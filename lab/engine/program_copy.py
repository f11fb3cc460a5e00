"""A copy of the program and of one stack file for the lab's engine; the originals stay as they are.

Two things differ in the copy. `secure:` values, which only their owner can decrypt, become
generated ones, also those of a `secretsFile`; and the charts come from a folder when their repository is not used.
"""

from __future__ import annotations

import json
import secrets
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab.charts import Chart
from lab.errors import LabError
from lab.paths import CHECKOUT
from model.stackfile.sops import load, project_folder

PROGRAM = ("components", "model", "values", "__main__.py")


@dataclass(frozen=True, kw_only=True)
class Copy:
    """`folder` is the program's copy, `stack_file` the copy of the stack file in it."""

    folder: Path
    stack_file: Path
    generated: Mapping[str, str]
    """Flat secrets by name, made up for the lab."""

    def document(self) -> dict[str, Any]:
        """The stack file as the engine left it."""
        return _load(self.stack_file)


def copy_program(source: Path, name: str, into: Path, charts: Mapping[str, Chart] | None) -> Copy:
    """Make the copy in `into`. `charts` by chart name replaces where charts come from."""
    document = _load(source)
    config: dict[str, Any] = document["config"]
    generated: dict[str, str] = {}
    for key in encrypted(config):
        del config[key]
        short = str(key).rpartition(":")[2]
        generated[short] = lab_secret(short, config)
    filed = config.pop("binderhub:secretsFile", None)
    if isinstance(filed, str):
        generated |= {key: lab_secret(key, config) for key in _names_in(source, filed)}
    if charts:
        config["binderhub:chart"] = _chart_section(config, charts)
    stacks = into / "stacks"
    stacks.mkdir(parents=True, exist_ok=True)
    for part in PROGRAM:
        _link(CHECKOUT / part, into / part)
    # The engine's Python host looks for the virtual environment that Pulumi.yaml names.
    _link(Path(sys.prefix), into / ".venv")
    shutil.copy(CHECKOUT / "Pulumi.yaml", into / "Pulumi.yaml")
    target = stacks / f"Pulumi.{name}.yaml"
    target.write_text(yaml.safe_dump({"config": config}, sort_keys=False))
    return Copy(folder=into, stack_file=target, generated=generated)


def encrypted(config: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a stack file's `config` that only its owner can decrypt."""
    return {k: v for k, v in config.items() if isinstance(v, dict) and set(v) == {"secure"}}


def _names_in(source: Path, filed: str) -> frozenset[str]:
    """The secrets of a sops file: their names are readable, their values are their owner's."""
    folder = project_folder(source.resolve())
    found = load(filed, lambda name: (folder / name).read_text(encoding="utf-8"))
    if found.findings:
        raise LabError("\n".join(finding.text() for finding in found.findings))
    return found.names


def lab_secret(name: str, config: Mapping[str, Any]) -> str:
    """A made-up value of the form that the stack file's `config` asks for: random, a key file's
    JSON, or a database's URL."""

    def chosen(section: str, key: str) -> Any:
        found = config.get(f"binderhub:{section}")
        return found.get(key) if isinstance(found, dict) else None

    token = secrets.token_hex(20)
    if name == "launchEventsKey" or (
        name == "registryPassword" and chosen("registry", "kind") == "gcr"
    ):
        return json.dumps(
            {
                "type": "service_account",
                "project_id": "lab",
                "client_email": "lab@lab.iam.gserviceaccount.com",
                "private_key": token,
            }
        )
    if name == "databaseUrl":
        scheme = "mysql+pymysql" if chosen("database", "dialect") == "mysql" else "postgresql"
        return f"{scheme}://hub:{token}@database.invalid/hub"
    return f"lab-{token}"


def _load(source: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LabError(f"{source} cannot be read as a stack file: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("config"), dict):
        raise LabError(f"{source} is not a stack file: it has no mapping `config`.")
    return document


def _chart_section(config: Mapping[str, Any], charts: Mapping[str, Chart]) -> dict[str, Any]:
    written, registry = config.get("binderhub:chart"), config.get("binderhub:registry")
    section: dict[str, Any] = dict(written) if isinstance(written, dict) else {}
    kind = section.setdefault("kind", "binderhub-service")
    section["source"] = str(charts[kind].path)
    parts = {}
    if isinstance(registry, dict) and registry.get("kind") == "ecr":
        parts["registryHelper"] = "binderhub-container-registry-helper"
    if kind == "binderhub-service":
        parts["jupyterhub"] = "jupyterhub"
    for key, chart in parts.items():
        if chart in charts:
            section[key] = {**(section.get(key) or {}), "source": str(charts[chart].path)}
    return section


def _link(source: Path, link: Path) -> None:
    if link.is_symlink():
        link.unlink()
    link.symlink_to(source)
