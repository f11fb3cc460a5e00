"""GKE node pools: ``gcp:container/nodePool:NodePool``.

Kubernetes labels and taints change on running nodes (cloud.google.com/kubernetes-engine/docs/
how-to/update-existing-nodepools). Whatever else is updated in place is taken to drain the nodes,
resource labels too, of which Google's pages say nothing; the stand-in notes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lab.providers.gcp import rules
from lab.providers.gcp.context import GcpHandler
from lab.providers.sdk import words
from lab.providers.sdk.property_values import Props
from lab.providers.sdk.provider import CheckFailure, StandinError
from lab.providers.sdk.value_rules import NODE_LABEL_VALUE, items

# Input name -> API name, where they differ. The rest is spelled the same.
_POOL_NAMES: Final = {"nodeConfig": "config", "nodeLocations": "locations"}
_CONFIG_NAMES: Final = {"guestAccelerators": "accelerators"}
_CONFIG_COVERED: Final = words(
    "bootDiskKmsKey diskSizeGb diskType ephemeralStorageLocalSsdConfig gcfsConfig "
    "guestAccelerators gvnic imageType kubeletConfig labels localSsdCount loggingVariant "
    "machineType metadata minCpuPlatform oauthScopes preemptible resourceLabels serviceAccount "
    "shieldedInstanceConfig spot tags taints workloadMetadataConfig"
)

_DRAINING: Final = words(
    "diskSizeGb diskType imageType machineType resourceLabels workloadMetadataConfig"
)


def _config(config: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in config.items():
        if key == "loggingVariant":
            out["loggingConfig"] = {"variantConfig": {"variant": value}}
        elif value is not None:
            out[_CONFIG_NAMES.get(key, key)] = value
    return out


def body(inputs: Props) -> dict[str, Any]:
    """The API's NodePool for these inputs."""
    out: dict[str, Any] = {}
    for key, value in inputs.items():
        match key:
            case "project" | "location" | "cluster" | "namePrefix" | "deletionPolicy":
                continue
            case "nodeConfig":
                out["config"] = _config(value)
            case "autoscaling":
                out[key] = {"enabled": True, **value}
            case "maxPodsPerNode":
                out["maxPodsConstraint"] = {"maxPodsPerNode": str(value)}
            case "nodeCount":
                out["initialNodeCount"] = value
            case _:
                out[_POOL_NAMES.get(key, key)] = value
    return out


class NodePool(GcpHandler):
    """A group of nodes of the seed's cluster."""

    kind = "gcp:container/nodePool:NodePool"
    creation = ("container.v1", "projects.locations.clusters.nodePools.create")
    has_location = True
    names = ("name", "namePrefix")
    name_limit = 40
    computed = ("instanceGroupUrls", "managedInstanceGroupUrls", "operation")
    covered = words(
        "autoscaling cluster deletionPolicy initialNodeCount location management "
        "maxPodsPerNode name nodeConfig nodeCount nodeLocations project queuedProvisioning "
        "upgradeSettings version"
    )
    sets = ("nodeLocations", "nodeConfig.oauthScopes")
    chosen = ("nodeLocations",)

    def rules(self, inputs: Props) -> Iterator[CheckFailure]:
        name = inputs.get("name")
        what = "a node pool name (a-z first, then a-z, 0-9 or -, at most 40 characters)"
        yield from rules.matches("name", name, rules.POOL_NAME, what)
        yield from _scaling(inputs)
        config = inputs.get("nodeConfig")
        if isinstance(config, Mapping):
            yield from _node_config(config)
        for path, zone in items("nodeLocations", inputs.get("nodeLocations")):
            yield from rules.matches(path, zone, rules.ZONE, "a zone")

    def body(self, inputs: Props) -> dict[str, Any]:
        return {"nodePool": body(inputs)}

    def _parent(self, inputs: Props) -> str:
        seed = self.context.gcp
        self.context.known_project(inputs["project"])
        cluster = inputs["cluster"].rpartition("/")[2]
        parent = f"projects/{inputs['project']}/locations/{inputs['location']}/clusters/{cluster}"
        if (cluster, inputs["location"]) != (seed.cluster, seed.location):
            raise StandinError(
                f"{parent} was not found (404); the lab has cluster {seed.cluster!r} "
                f"in {seed.location!r}"
            )
        return parent

    def _service_account(self, inputs: Props) -> None:
        email = (inputs.get("nodeConfig") or {}).get("serviceAccount")
        if email and email != "default":
            require_account(self, email)

    def make(self, inputs: Props) -> tuple[str, Props]:
        id = f"{self._parent(inputs)}/nodePools/{inputs['name']}"
        self.must_be_new(id, "node pool")
        self._service_account(inputs)
        return id, self._outputs(inputs, self.context.gcp.location)

    def change(self, id: str, old: Props, olds: Props, new: Props) -> Props:
        self._parent(new)
        before, after = old.get("nodeConfig") or {}, new.get("nodeConfig") or {}
        for key in _DRAINING:
            if before.get(key) != after.get(key):
                self.context.records.drained(id, f"nodeConfig.{key}")
        if set(old.get("nodeLocations") or ()) - set(new.get("nodeLocations") or ()):
            self.context.records.drained(id, "nodeLocations")
        return self._outputs(new, self.context.gcp.location)

    def _outputs(self, inputs: Props, location: str) -> Props:
        zones = inputs.get("nodeLocations") or zones_of(location)
        digest = hashlib.sha256(inputs["name"].encode()).hexdigest()[:8]
        group = f"gke-{self.context.gcp.cluster[:12]}-{inputs['name'][:16]}-{digest}-grp"
        urls = [
            "https://www.googleapis.com/compute/v1/projects/"
            f"{inputs['project']}/zones/{zone}/instanceGroupManagers/{group}"
            for zone in zones
        ]
        scaling = inputs.get("autoscaling") or {}
        count = inputs.get("initialNodeCount", inputs.get("nodeCount"))
        return {
            "instanceGroupUrls": urls,
            "managedInstanceGroupUrls": [
                url.replace("/instanceGroupManagers/", "/instanceGroups/") for url in urls
            ],
            "operation": "",
            "nodeLocations": zones,
            "version": inputs.get("version") or self.context.gcp.kubernetes_version,
            "initialNodeCount": scaling.get("minNodeCount", 0) if count is None else count,
        }


def require_account(handler: GcpHandler, email: str) -> None:
    """Raise unless the service account of this address exists, when its project is known."""
    seed = handler.context.gcp
    local, _, domain = email.partition("@")
    project = domain.removesuffix(".iam.gserviceaccount.com")
    if project == domain or project not in (seed.project, *seed.other_projects):
        return
    if project == seed.project and local in seed.service_accounts:
        return
    id = f"projects/{project}/serviceAccounts/{email}"
    if handler.context.records.get("gcp:serviceaccount/account:Account", id) is None:
        raise StandinError(
            f"service account {email} does not exist (400); create it first (depends_on)"
        )


def zones_of(location: str) -> list[str]:
    """The zones of a region as the lab has them (three), or the zone itself."""
    return [location] if rules.ZONE.fullmatch(location) else [f"{location}-{z}" for z in "abc"]


def _scaling(inputs: Props) -> Iterator[CheckFailure]:
    scaling = inputs.get("autoscaling")
    if not isinstance(scaling, Mapping):
        return
    limits = {key: scaling.get(key) for key in scaling if key.lower().endswith("nodecount")}
    if {"minNodeCount", "maxNodeCount"} & limits.keys() and {
        "totalMinNodeCount",
        "totalMaxNodeCount",
    } & limits.keys():
        yield CheckFailure("autoscaling", "limits per zone and total limits exclude each other")
    for low, high in (("minNodeCount", "maxNodeCount"), ("totalMinNodeCount", "totalMaxNodeCount")):
        least, most = limits.get(low), limits.get(high)
        if isinstance(least, int) and isinstance(most, int) and least > most:
            yield CheckFailure(f"autoscaling.{low}", f"{least} is more than {high} {most}")
        for key, value in ((low, least), (high, most)):
            if isinstance(value, int) and value < 0:
                yield CheckFailure(f"autoscaling.{key}", f"{value} is negative")


def _node_config(config: Mapping[str, Any]) -> Iterator[CheckFailure]:
    for key, value in config.items():
        if key not in _CONFIG_COVERED and value is not None:
            reason = "the stand-in for gcp does not translate this one"
            yield CheckFailure(f"nodeConfig.{key}", reason)
    machine = config.get("machineType")
    what = "a machine type like n2-highmem-4"
    yield from rules.matches("nodeConfig.machineType", machine, rules.MACHINE_TYPE, what)
    yield from rules.one_of("nodeConfig.diskType", config.get("diskType"), rules.DISK_TYPES)
    size = config.get("diskSizeGb")
    if isinstance(size, int) and size < 10:
        yield CheckFailure("nodeConfig.diskSizeGb", f"{size} GB; the smallest disk has 10 GB")
    if config.get("spot") is True and config.get("preemptible") is True:
        yield CheckFailure("nodeConfig.spot", "spot and preemptible exclude each other")
    yield from rules.node_labels("nodeConfig.labels", config.get("labels"))
    yield from rules.labels("nodeConfig.resourceLabels", config.get("resourceLabels"))
    for path, taint in items("nodeConfig.taints", config.get("taints")):
        yield from _taint(path, taint)


def _taint(path: str, taint: Mapping[str, Any]) -> Iterator[CheckFailure]:
    effects = ("NO_SCHEDULE", "PREFER_NO_SCHEDULE", "NO_EXECUTE")
    yield from rules.one_of(f"{path}.effect", taint.get("effect"), effects)
    key = taint.get("key")
    if isinstance(key, str) and "/" in key:
        yield CheckFailure(f"{path}.key", f"{key!r}: GKE allows no slash in a taint key; use _")
    else:
        yield from rules.matches(f"{path}.key", key, rules.TAINT_KEY, "a taint key")
    what = "a taint value"
    yield from rules.matches(f"{path}.value", taint.get("value"), NODE_LABEL_VALUE, what)
