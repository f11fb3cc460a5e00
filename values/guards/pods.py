"""Guards on where pods run, what they keep and reach, and BinderHub's settings."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from model.findings import Finding
from values.guards import traits
from values.guards.view import Guard, View, at, found, mapping


def selectors(view: View) -> Iterator[Finding]:
    """BH058: a build needs the docker socket of its own node."""
    build = view.config("KubernetesBuildExecutor", "node_selector")
    if view.classic:
        daemon, key = (
            view.config("BinderHub", "build_node_selector"),
            "config.BinderHub.build_node_selector",
        )
    else:
        daemon, key = at(view.binder, "dockerApi", "nodeSelector"), "dockerApi.nodeSelector"
    # A daemon that asks for less is on more nodes; one that asks for nothing is on every node.
    wide = mapping(build) and not mapping(daemon)
    if wide or not mapping(daemon).items() <= mapping(build).items():
        yield found(
            "BH058",
            f"{view.binder_path}.{key}",
            daemon,
            f"build pods run where {dict(mapping(build))} is; they need the docker socket there.",
        )
    user = view.in_hub("singleuser", "nodeSelector")
    if view.resolved.build_pool.role == "user" and mapping(user) != mapping(build):
        yield found(
            "BH058",
            f"{view.hub_path}.singleuser.nodeSelector",
            user,
            f"builds run where {dict(mapping(build))} is, and this hub has one pool for both.",
            "leave it out; nodes.builders makes a pool for builds.",
        )


def storage(view: View) -> Iterator[Finding]:
    """BH064, BH065: servers keep nothing and are made of one container."""
    path = f"{view.hub_path}.singleuser"
    if view.in_hub("singleuser", "storage", "type") != "none":
        yield found(
            "BH064",
            f"{path}.storage.type",
            view.in_hub("singleuser", "storage", "type"),
            "a Binder hub keeps nothing.",
        )
    for key in ("extraVolumes", "extraVolumeMounts"):
        if value := view.in_hub("singleuser", "storage", key):
            yield found("BH064", f"{path}.storage.{key}", value, "a Binder hub keeps nothing.")
    for key in ("profileList", "initContainers"):
        if value := view.in_hub("singleuser", key):
            yield found("BH065", f"{path}.{key}", value, "launches from BinderHub would fail.")


def policies(view: View) -> Iterator[Finding]:
    """BH129, BH067: anyone's code stays off the private network."""
    for path, values, keys in (
        (view.hub_path, view.hub_values, ("hub", "networkPolicy", "enabled")),
        (view.hub_path, view.hub_values, ("proxy", "chp", "networkPolicy", "enabled")),
        (view.hub_path, view.hub_values, ("singleuser", "networkPolicy", "enabled")),
        *([] if view.classic else [(view.binder_path, view.binder, ("networkPolicy", "enabled"))]),
    ):
        if at(values, *keys) is not True:
            yield found(
                "BH129",
                f"{path}.{'.'.join(keys)}",
                at(values, *keys),
                "anyone's code could reach the hub's own network.",
            )
    rules = view.in_hub("singleuser", "networkPolicy", "egressAllowRules")
    for key in ("privateIPs", "cloudMetadataServer"):
        if at(rules, key) is not False:
            yield found(
                "BH067",
                f"{view.hub_path}.singleuser.networkPolicy.egressAllowRules.{key}",
                at(rules, key),
                "servers could reach private addresses or the cloud's credentials.",
                "leave it out; open single addresses in user.egress.",
            )
    if view.in_hub("singleuser", "cloudMetadata", "blockWithIptables") is not True:
        yield found(
            "BH067",
            f"{view.hub_path}.singleuser.cloudMetadata.blockWithIptables",
            view.in_hub("singleuser", "cloudMetadata", "blockWithIptables"),
            "servers could read the node's cloud credentials.",
        )


def metadata_address(view: View) -> Iterator[Finding]:
    """BH067: what is blocked is where the credentials are."""
    address = view.in_hub("singleuser", "cloudMetadata", "ip")
    if address not in (None, "169.254.169.254"):
        yield found(
            "BH067",
            f"{view.hub_path}.singleuser.cloudMetadata.ip",
            address,
            "clouds hand out credentials at 169.254.169.254, which would be open.",
        )


def events(view: View) -> Iterator[Finding]:
    """BH074: the launch-event log has its key."""
    texts = mapping(at(view.binder, "extraConfig")).values()
    if not any("EventLog" in str(text) for text in texts) or view.classic:
        return
    if not at(view.binder, "extraCredentials", "googleServiceAccountKey"):
        yield found(
            "BH074",
            f"{view.binder_path}.extraCredentials.googleServiceAccountKey",
            None,
            "the launch-event log is on and cannot be written without its key.",
            "use launch.eventLog and the flat secret launchEventsKey.",
        )


def docker_storage(view: View) -> Iterator[Finding]:
    """BH075: the docker daemon's folder has a bound."""
    if view.classic or view.hub.build.docker_storage is None:
        return
    if not at(view.binder, "dockerApi", "storage", "emptyDir", "sizeLimit"):
        yield found(
            "BH075",
            f"{view.binder_path}.dockerApi.storage",
            at(view.binder, "dockerApi", "storage"),
            "images would fill the node's disk until it evicts pods.",
            "use build.dockerStorage.",
        )


def settings(view: View) -> Iterator[Finding]:
    """BH127, BH128: the schema leaves `config` open, so a misspelt trait would be ignored."""
    table = traits.CLASSIC if view.classic else traits.SERVICE
    yield from _unknown(at(view.binder, "config"), table, f"{view.binder_path}.config", whole=True)
    spawner = view.resolved.flavour.spawner_section
    section = {spawner: view.in_hub("hub", "config", spawner)}
    yield from _unknown(
        section, {spawner: traits.SPAWNER}, f"{view.hub_path}.hub.config", whole=False
    )


def _unknown(
    config: Any, table: Mapping[str, frozenset[str]], path: str, *, whole: bool
) -> Iterator[Finding]:
    for name, section in mapping(config).items():
        known = table.get(name)
        if known is None:
            if whole:
                yield found(
                    "BH128",
                    f"{path}.{name}",
                    name,
                    "BinderHub has no such class and would ignore it.",
                    _nearest(str(name), table),
                )
            continue
        if name == "BinderSpawner":
            continue  # any trait of KubeSpawner is one of its too
        for trait in mapping(section):
            if trait not in known:
                yield found(
                    "BH127",
                    f"{path}.{name}.{trait}",
                    trait,
                    f"{name} has no such setting and would ignore it.",
                    _nearest(str(trait), known),
                )


def _nearest(name: str, known: Mapping[str, Any] | frozenset[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"did you mean {near[0]}?" if near else "remove it."


GUARDS: tuple[Guard, ...] = (
    selectors,
    storage,
    policies,
    metadata_address,
    events,
    docker_storage,
    settings,
)
