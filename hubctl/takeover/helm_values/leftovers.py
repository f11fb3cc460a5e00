"""What the model did not take over, by comparing the original leaf by leaf with what the new stack
renders. Pure. Every leaf of the original ends in exactly one heap."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hubctl.review.masking import HIDDEN
from hubctl.takeover.helm_values.paths import at, items, put
from model.fields import to_bytes
from model.secrets import Secret

# What the program decides, since its parts must agree with each other (path with the release).
OWNED: tuple[tuple[str, str], ...] = (
    (r".*\.(fullnameOverride|nameOverride)", "names of objects are what the other parts look for"),
    (r"binderhub-service\.extraEnv", "BinderHub's own variables are derived"),
    (r".*\.(hub_url|hub_url_local|badge_base_url|base_url)", "derived from domains"),
    (r".*\.(use_registry|image_prefix|registry_class)", "derived from registry"),
    (r".*(nodeSelector|node_selector|build_node_selector)(\..*)?", "derived from the node pool"),
    (r".*dockerApi\.tolerations", "derived from the node pool"),
    (r".*singleuser\.extraTolerations", "derived from the node pool"),
    (r".*\.ingress\..*", "derived from cluster.ingress and domains"),
    (r".*\.httpRoute\..*", "derived from cluster.ingress.gateway"),
    (r".*proxy\.(service|https|secretToken)(\..*)?", "the ingress ends TLS"),
    (r"binderhub\.service\.type", "the ingress reaches BinderHub"),
    (r".*singleuser\.cmd", "derived from the kind of hub"),
    (r".*singleuser\.startTimeout", "the same as launch.timeout"),
    (r".*singleuser\.(storage|initContainers|profileList)(\..*)?", "a Binder hub keeps nothing"),
    (r".*(build_max_age|build_memory_limit|build_memory_request|pod_quota|build_image|"
     r"build_namespace|build_docker_host)", "BinderHub's old name of a setting"),
    (r".*\.(allowed_specs|banned_specs)", "compiled from launch.repositories and launch.banned"),
    (r".*(buildPodsRegistryCredentials|DockerRegistry|imagePullSecret)\..*", "derived from registry"),
    (r"binderhub\.registry\..*", "derived from registry"),
    (r"binderhub\.(dind|pink|imageBuilderType)(\..*)?", "derived from build.builder and namespace"),
    (r".*hub\.services\.binder\..*", "BinderHub's service is derived from auth"),
    (r".*hub\.loadRoles\.(binder|user)\..*", "roles are derived from auth"),
    (r".*hub\.redirectToServer", "people choose what to launch after they log in"),
    (r".*JupyterHub\.authenticator_class", "derived from auth.kind"),
    (r".*\.oauth_callback_url", "derived from domains"),
    (r".*(Authenticator)\..*", "derived from auth"),
    (r".*(LaunchQuota)\.total_quota", "launch.quotas.total"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """One leaf of the original (`where` starts with the release), its value masked, and why it is
    in its heap."""

    where: str
    value: Any
    why: str = ""


@dataclass(kw_only=True)
class Heaps:
    """`kept` renders the same, `defaults` equals the chart's default, `extra` goes to extraValues,
    `derived` becomes something else on purpose, `secrets` are credentials."""

    kept: list[Leaf] = field(default_factory=list)
    defaults: list[Leaf] = field(default_factory=list)
    extra: list[Leaf] = field(default_factory=list)
    derived: list[Leaf] = field(default_factory=list)
    secrets: list[Leaf] = field(default_factory=list)
    extra_values: dict[str, dict[str, Any]] = field(default_factory=dict)

    def count(self) -> int:
        """Leaves in all heaps."""
        return sum(map(len, (self.kept, self.defaults, self.extra, self.derived, self.secrets)))


def sort(
    original: Mapping[str, Mapping[str, Any]],
    rendered: Mapping[str, Mapping[str, Any]],
    defaults: Mapping[str, Mapping[str, Any]],
    translated: Sequence[str] = (),
    refused: Mapping[str, str] = {},
) -> Heaps:
    """Put every leaf of `original` (by release) in its heap. `translated` are patterns of paths
    whose value became model keys; `refused` are paths whose override broke a rule, and why."""
    heaps = Heaps()
    for release, values in original.items():
        for steps, value in items(values):
            where = ".".join((release, *steps))
            new_there, new = at(rendered.get(release, {}), steps)
            old_there, default = at(defaults.get(release, {}), steps)
            leaf = Leaf(where=where, value=str(value) if isinstance(value, Secret) else value)
            if isinstance(value, Secret) or HIDDEN in str(value) or "<secret:" in str(value):
                heaps.secrets.append(leaf)
            elif new_there and same(value, new):
                heaps.kept.append(leaf)
            elif not new_there and ((old_there and same(value, default)) or value in ({}, None)):
                heaps.defaults.append(leaf)
            elif why := refused.get(where) or _owned(where, value, translated):
                heaps.derived.append(Leaf(where=where, value=leaf.value, why=why))
            elif new_there and isinstance(new, Mapping) and not isinstance(value, Mapping):
                why = "a whole section cannot be replaced"
                heaps.derived.append(Leaf(where=where, value=leaf.value, why=why))
            else:
                heaps.extra.append(leaf)
                heaps.extra_values[release] = put(heaps.extra_values.get(release, {}), steps, value)
    _environment(original, rendered, heaps)
    return heaps


def _environment(
    original: Mapping[str, Mapping[str, Any]],
    rendered: Mapping[str, Mapping[str, Any]],
    heaps: Heaps,
) -> None:
    """Append the operator's own variables to the derived ones, since Helm replaces a list whole."""
    release = "binderhub-service"
    derived = rendered.get(release, {}).get("extraEnv")
    before = original.get(release, {}).get("extraEnv")
    if not isinstance(derived, list) or not isinstance(before, list):
        return
    known = {str(e.get("name")) for e in derived}
    own = [e for e in before if isinstance(e, Mapping) and str(e.get("name")) not in known
           and not str(e.get("name")).startswith("JUPYTERHUB_") and HIDDEN not in str(e)]  # fmt: skip
    if own:
        extra = heaps.extra_values.get(release, {})
        heaps.extra_values[release] = put(extra, ("extraEnv",), [*derived, *own])


def _owned(where: str, value: Any, translated: Sequence[str]) -> str | None:
    for pattern, why in OWNED:
        if re.fullmatch(pattern, where):
            return None if _kept_list(where, translated) else why
    if ".extraConfig." in where and isinstance(value, str):
        if "BinderSpawner" in value:
            return "the program brings the spawner itself"
        if "EventLog" in value:
            return "launch.eventLog brings it"
        if "repo_providers" in value and "repositories" in translated:
            return "launch.repositories decides the providers"
    if ".extraFiles." in where and "launch-events" in where:
        return "launch.eventLog brings it"
    return None


def _kept_list(where: str, translated: Sequence[str]) -> bool:
    """Whether it is an allow list that no readable pattern expresses, which must stay as it is."""
    return where.endswith(".allowed_specs") and "repositories" not in translated


def same(one: Any, other: Any) -> bool:
    """Equal to the charts: `6Gi` is JupyterHub's `6G`, a trailing slash does not count, and a
    number may be quoted."""
    if one == other:
        return True
    if isinstance(one, list) and isinstance(other, list):
        try:
            return sorted(map(str, one)) == sorted(map(str, other))
        except TypeError:
            return False
    if isinstance(one, bool) or isinstance(other, bool):
        return False
    left, right = str(one), str(other)
    for number, amount in ((one, right), (other, left)):
        # JupyterHub takes bytes as a number too.
        if isinstance(number, int) and number > 1023 and amount[-1:] in "KMGT":
            return number == to_bytes(amount)
    if left.rstrip("/") == right.rstrip("/"):
        return True
    try:
        return to_bytes(left) == to_bytes(right)
    except ValueError:
        return False
