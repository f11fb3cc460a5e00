"""The whole conversion: layers in, stack file text and an account of every value out. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hubctl.console.errors import Problem
from hubctl.stackfile import draft
from hubctl.takeover.helm_values import credentials, leftovers, sections
from hubctl.takeover.helm_values.credentials import Found
from hubctl.takeover.helm_values.layers import Layers
from hubctl.takeover.helm_values.leftovers import Heaps
from hubctl.takeover.helm_values.paths import first
from hubctl.takeover.helm_values.source import Source
from model.findings import Finding, errors
from model.hub import Hub
from model.secrets import MADE
from model.stackfile.read import Stack, read_config, read_text
from values.guards.extra_values import check_values
from values.releases import releases
from values.wanted_secrets import secrets_to_set, wanted_secrets

_ROUNDS = 30
_ASKED = {
    "cluster.name": "--cluster", "cluster.provider": "--provider", "cluster.project": "--project",
    "cluster.location": "--location", "cluster.account": "--account",
    "domains.hub": "--hub-domain", "domains.binder": "--binder-domain",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Converted:
    """`text` is the stack file. `secrets` are flat keys to set; `found` where credentials stood;
    `original` and `rendered` are values by release, credentials replaced."""

    text: str
    hub: Hub
    heaps: Heaps
    secrets: tuple[str, ...]
    found: tuple[Found, ...]
    remarks: tuple[str, ...]
    findings: tuple[Finding, ...]
    original: dict[str, dict[str, Any]]
    rendered: dict[str, dict[str, Any]]


def convert(
    name: str,
    layers: Layers,
    flags: Mapping[str, str],
    defaults: Mapping[str, Mapping[str, Any]] = {},
) -> Converted:
    """Turn layered values into a stack file; raises Problem when the values do not tell enough."""
    original: dict[str, dict[str, Any]] = {}
    found: list[Found] = []
    for release, values in layers.releases.items():
        original[release], taken = credentials.take_out(release, values)
        found += taken
    found += [_encrypted(file, path, layers) for file, path in layers.encrypted]
    classic = layers.flavour == "binderhub"
    binder = credentials.without_hidden(original[layers.flavour])
    hub_values = (binder.get("jupyterhub") or {}) if classic else original["jupyterhub"]
    hub_values = credentials.without_hidden(hub_values)
    source = Source(name=name, flavour=layers.flavour, hub=hub_values, binder=binder,
                             umbrella=layers.umbrella, flags=flags)  # fmt: skip
    data, remarks = sections.sections(source)
    title = f"{name}: taken over from existing Helm values."
    if layers.flat_file:
        data["secretsFile"] = layers.flat_file
    if layers.sops_files:
        title += f"\nSecrets that sops keeps in Helm's shape: {', '.join(layers.sops_files)}"
    if data["cluster"].get("coreNodes") == {"selector": {}}:
        remarks.append(
            "cluster.coreNodes.selector is empty as in the values: core pods go to any node."
        )
    if not classic and first(hub_values, "hub.config.JupyterHub.authenticator_class") is None:
        remarks.append(
            "the values name no authenticator (the chart's own lets anybody in); this is now an "
            "open hub without log-in."
        )
    names = {f.name for f in found if f.name and f.name not in MADE} | layers.flat
    hub, secret_names = _sound(name, data, names, remarks)
    rendered = {plan.name: plan.values for plan in releases(hub, secret_names)}
    translated = ["repositories"] if hub.launch.repositories else []
    refused: dict[str, str] = {}
    for _ in range(_ROUNDS):
        heaps = leftovers.sort(original, rendered, defaults, translated, refused)
        if not heaps.extra_values:
            break
        stack = read_config(name, {**data, "extraValues": heaps.extra_values}, secret_names)
        bad = errors(stack.findings)
        if stack.hub is not None and not bad:
            bad = errors(check_values(stack.hub, secret_names))
        new = _refused(bad, heaps)
        if not new:
            break
        refused |= new
    if heaps.extra_values:
        data["extraValues"] = heaps.extra_values
    if "extraEnv" in heaps.extra_values.get("binderhub-service", {}):
        remarks.append(
            "extraValues.binderhub-service.extraEnv repeats the derived variables, since Helm "
            "replaces a list whole; render again when launch.repositories changes."
        )
    text = draft.text(data, title=title)
    stack = _with_secrets(name, text, secret_names)
    assert stack.hub
    plans = releases(stack.hub, secret_names)
    secrets = wanted_secrets(stack.hub, plans).of_operator - layers.flat
    findings = [*stack.findings, *(check_values(stack.hub, secret_names) if stack.ok else [])]
    return Converted(
        text=text, hub=stack.hub, heaps=heaps, found=tuple(found), remarks=tuple(remarks),
        secrets=tuple(sorted(secrets)), findings=tuple(findings),
        original=original, rendered={plan.name: plan.values for plan in plans},
    )  # fmt: skip


def _encrypted(file: str, path: str, layers: Layers) -> Found:
    release, _, rest = path.partition(".")
    if layers.flavour == "binderhub":
        release, rest = "binderhub", path
    return Found(release=release, path=rest, name=credentials.name_of(rest), file=file)


def _sound(
    name: str, data: dict[str, Any], names: set[str], remarks: list[str]
) -> tuple[Hub, frozenset[str]]:
    """A hub without errors, its secrets set: what the model refuses is left out, and a remark says so."""
    secret_names = frozenset(names)
    for _ in range(_ROUNDS):
        stack = read_config(name, data, secret_names)
        if stack.hub is not None:
            secret_names |= (
                frozenset(secrets_to_set(stack.hub, secret_names))
                if stack.hub.domains
                else secret_names
            )
            stack = read_config(name, data, secret_names)
        bad = errors(stack.findings)
        if not bad and stack.hub is not None:
            return stack.hub, frozenset(secret_names)
        asked = [f for f in bad if f.path in _ASKED or not _take(data, f.path, dry=True)]
        if asked:
            lines = "".join(
                f"\n  {f.text()}" + (f" (here: {_ASKED[f.path]})" if f.path in _ASKED else "")
                for f in asked
            )
            raise Problem(f"the values do not make a sound hub; nothing was written:{lines}")
        for finding in bad:
            if _take(data, finding.path):
                remarks.append(f"left out {finding.text().removeprefix('error ')}")
    raise Problem("the values do not make a sound hub; nothing was written.")


_NEEDED = {"cluster", "domains", "auth", "registry", "auth.kind", "registry.kind"}


def _take(data: dict[str, Any], path: str, *, dry: bool = False) -> bool:
    """Take a key out of the sections; False when there is none, or the hub needs it."""
    steps = [s for s in re.split(r"\.|\[\d+\]", path) if s]
    if path in _NEEDED or not steps:
        return False
    parent: Any = data
    for step in steps[:-1]:
        parent = parent.get(step) if isinstance(parent, dict) else None
        if isinstance(parent, list):
            return _take(data, path.split("[")[0], dry=dry)
    if not isinstance(parent, dict) or steps[-1] not in parent:
        return False
    if not dry:
        del parent[steps[-1]]
    return True


def _refused(bad: list[Finding], heaps: Heaps) -> dict[str, str]:
    """Overrides that break a rule, by the path of the leaf."""
    out: dict[str, str] = {}
    for finding in bad:
        place = finding.path.removeprefix("extraValues.")
        for leaf in heaps.extra:
            if (
                leaf.where == place
                or leaf.where.startswith(f"{place}.")
                or place.startswith((f"{leaf.where}.", f"{leaf.where}["))
            ):
                out[leaf.where] = f"{finding.rule}: {finding.reason}"
        if place.startswith("binderhub-service.extraEnv"):
            out["binderhub-service.extraEnv"] = f"{finding.rule}: {finding.reason}"
    return out


def _with_secrets(name: str, text: str, secret_names: frozenset[str]) -> Stack:
    lines = "".join(f"  binderhub:{s}: {{secure: set}}\n" for s in sorted(secret_names))
    return read_text(name, text + lines)
