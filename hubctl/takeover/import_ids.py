"""Import ids of what a hub would make and may exist already. Pure.

Pulumi takes an object over only when its inputs are those of the program: a pool, repository or
release under another name cannot be adopted, and is left beside the new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model.derived import names
from model.derived.pools import build_pool, user_pool
from model.hub import Hub
from model.sections.cluster import AwsCluster, GcpCluster
from model.sections.registry import ArtifactRegistry
from values.releases import releases


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """`key` is where it stands under `adopt`; `probe` asks whether it exists (a command)."""

    key: str
    id: str
    what: str
    probe: tuple[str, ...]


def candidates(hub: Hub, kube: tuple[str, ...] = (), helm: tuple[str, ...] = ()) -> list[Candidate]:
    """Everything of this hub that can be taken over. `kube` and `helm` are options that reach the
    cluster."""
    out = [
        Candidate(key="namespace", id=hub.ns, what=f"namespace {hub.ns}",
                  probe=("kubectl", "get", "namespace", hub.ns, "--output", "name", *kube))
    ]  # fmt: skip
    pools = [("nodePool", user_pool(hub))]
    if hub.nodes.builders:
        pools.append(("builderPool", build_pool(hub)))
    cluster = hub.cluster
    for key, pool in pools:
        if isinstance(cluster, GcpCluster):
            project = names.project(hub)
            out.append(
                Candidate(
                    key=key, what=f"node pool {pool.name}",
                    id=f"{project}/{cluster.location}/{cluster.name}/{pool.name}",
                    probe=("gcloud", "container", "node-pools", "describe", pool.name,
                           f"--cluster={cluster.name}", f"--location={cluster.location}",
                           f"--project={project}", "--format=value(name)"),
                )
            )  # fmt: skip
        elif isinstance(cluster, AwsCluster):
            out.append(
                Candidate(
                    key=key, what=f"node group {pool.name}", id=f"{cluster.name}:{pool.name}",
                    probe=("aws", "eks", "describe-nodegroup", "--cluster-name", str(cluster.name),
                           "--nodegroup-name", pool.name, "--region", cluster.region,
                           "--query", "nodegroup.status"),
                )
            )  # fmt: skip
    if isinstance(hub.registry, ArtifactRegistry):
        project, location = names.registry_project(hub), names.registry_location(hub)
        repository = names.repository(hub)
        out.append(
            Candidate(
                key="registry", what=f"repository {repository}",
                id=f"projects/{project}/locations/{location}/repositories/{repository}",
                probe=("gcloud", "artifacts", "repositories", "describe", repository,
                       f"--location={location}", f"--project={project}", "--format=value(name)"),
            )
        )  # fmt: skip
    for plan in releases(hub):
        out.append(
            Candidate(
                key=f"releases.{plan.name}", id=f"{hub.ns}/{plan.name}", what=f"release {plan.name}",
                probe=("helm", "status", plan.name, *helm),
            )
        )  # fmt: skip
    return out


def section(chosen: list[Candidate]) -> dict[str, Any]:
    """The `adopt` section."""
    out: dict[str, Any] = {}
    for candidate in chosen:
        head, _, name = candidate.key.partition(".")
        if name:
            out.setdefault(head, {})[name] = candidate.id
        else:
            out[head] = candidate.id
    return out
