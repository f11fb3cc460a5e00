"""Which resources a hub has and what each needs first. Pure; says the same as the program does,
without importing it (hubctl never sees components)."""

from __future__ import annotations

from dataclasses import dataclass

from model.derived import names
from model.derived.pools import pools
from model.derived.registry_access import registry_access
from model.hub import Hub
from model.secrets import FINGERPRINT_KEY
from model.sections.chart import ServiceChart
from model.sections.cluster import AwsCluster, GcpCluster
from model.sections.registry import ArtifactRegistry, Ecr
from values.releases import releases
from values.wanted_secrets import wanted_secrets


@dataclass(frozen=True, kw_only=True)
class Node:
    """One box: `kind` is the resource's type in few words, `group` what it belongs to."""

    id: str
    kind: str
    label: str
    group: str


@dataclass(frozen=True, kw_only=True)
class Graph:
    """`edges` are (what is needed, who needs it), by id. Acyclic."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]


class _Builder:
    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.edges: list[tuple[str, str]] = []

    def add(self, id_: str, kind: str, label: str, group: str, *after: str) -> str:
        self.nodes.append(Node(id=id_, kind=kind, label=label, group=group))
        self.edges += [(other, id_) for other in after]
        return id_


def graph(hub: Hub, given: frozenset[str]) -> Graph:
    """The resources of a hub."""
    b = _Builder()
    cluster = b.add(
        "cluster", "cluster (exists)", hub.cluster.name or "from another stack", "outside"
    )
    space = b.add("namespace", "Namespace", hub.ns, "cluster", cluster)
    ready = [space, *_nodes(hub, b, cluster), *_registry(hub, b, space)]
    dns = _dns(hub, b, cluster)
    plans = releases(hub, given)
    wanted = wanted_secrets(hub, plans)
    for name in sorted({*wanted.generated, FINGERPRINT_KEY}):
        b.add(f"secret-{name}", "generated secret", name, "secrets")
    for name in sorted(wanted.of_operator & given):
        b.add(f"secret-{name}", "given secret", name, "secrets")
    for plan in plans:
        own = [f"secret-{name}" for name in sorted({*plan.secrets, FINGERPRINT_KEY})]
        before = [f"release-{other}" for other in plan.after]
        label = f"{plan.name} {plan.version or ''}".strip()
        b.add(f"release-{plan.name}", "Helm release", label, "cluster", *ready, *dns, *before, *own)
    gateway = hub.cluster.ingress.gateway
    if gateway and hub.domains and isinstance(hub.chart, ServiceChart):
        b.add("route", "HTTPRoute", hub.domains.binder, "cluster", "release-binderhub-service")
    known = {n.id for n in b.nodes}
    edges = tuple(dict.fromkeys(e for e in b.edges if set(e) <= known))
    return Graph(title=hub.name, nodes=tuple(b.nodes), edges=edges)


def _nodes(hub: Hub, b: _Builder, cluster: str) -> list[str]:
    if isinstance(hub.cluster, GcpCluster):
        who = b.add("nodes-account", "service account", names.nodes_account_id(hub), "nodes")
        kind = "node pool"
    elif isinstance(hub.cluster, AwsCluster):
        who = b.add("nodes-role", "IAM role", names.iam_name(hub, "nodes"), "nodes")
        kind = "node group"
    else:
        return []
    return [
        b.add(f"pool-{pool.name}", kind, f"{pool.name}: {pool.min} to {pool.max} {pool.machine_type}"
              + (", retiring" if pool.retiring else ""), "nodes", cluster, who)
        for pool in pools(hub)
    ]  # fmt: skip


def _registry(hub: Hub, b: _Builder, space: str) -> list[str]:
    if isinstance(hub.registry, ArtifactRegistry):
        repository = b.add("repository", "Artifact Registry", names.repository(hub), "registry")
        pusher = b.add("pusher", "service account", names.pusher_account_id(hub), "registry")
        writer = b.add(
            "writer", "IAM member", "writer of the repository", "registry", repository, pusher
        )
        return [b.add("key", "key", "of the pusher", "registry", writer)]
    if isinstance(hub.registry, Ecr):
        role = b.add("helper-role", "IAM role", names.iam_name(hub, "registry"), "registry")
        token = b.add("helper-secret", "Secret", "registry-helper-auth", "cluster", space,
                      "secret-registryHelperToken")  # fmt: skip
        return [role, token]
    prefix = registry_access(hub).image_prefix
    return [b.add("images", "registry (exists)", prefix, "outside")] if prefix else []


def _dns(hub: Hub, b: _Builder, cluster: str) -> list[str]:
    if hub.domains is None or hub.domains.dns.provider in ("external-dns", "manual"):
        return []
    zone = b.add("zone", "DNS zone (exists)", hub.domains.dns.zone or "", "outside")
    return [
        b.add(f"dns-{host}", "DNS record", host, "dns", zone, cluster)
        for host in (hub.domains.hub, hub.domains.binder)
    ]
