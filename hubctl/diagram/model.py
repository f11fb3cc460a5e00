"""Which resources a hub has and what each needs first.

hubctl never imports the program, so that a picture needs no SDK; `tests/components/test_graph.py`
compares each picture with what the program registers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from model.derived import names
from model.derived.clouds import cluster_cloud, dns_cloud, registry_cloud
from model.derived.resolved import ResolvedHub
from model.hub import Hub
from model.secrets import FINGERPRINT_KEY
from values.releases import releases
from values.sections.exposure import binder_load_balancer, own_routes
from values.wanted_secrets import wanted_secrets


@dataclass(frozen=True, kw_only=True)
class Node:
    """One box: `kind` is the resource's type in few words, `group` what it belongs to, `resource`
    its name in the program (None: the program does not make it)."""

    id: str
    kind: str
    label: str
    group: str
    resource: str | None = None


@dataclass(frozen=True, kw_only=True)
class Graph:
    """`edges` are (what is needed, who needs it), by id. Acyclic."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]


class _Builder:
    def __init__(self, hub: Hub) -> None:
        self.resolved, self.hub = ResolvedHub(hub), hub
        self.nodes: list[Node] = []
        self.edges: list[tuple[str, str]] = []

    def exists(self, id_: str, kind: str, label: str, group: str = "outside") -> str:
        """A box that the program does not make; its id."""
        self.nodes.append(Node(id=id_, kind=kind, label=label, group=group))
        return id_

    def make(self, id_: str, name: str, kind: str, label: str, group: str, *after: str) -> str:
        """A box that the program makes, under the hub's name and `name`; its id."""
        resource = f"{self.hub.name}-{name}"
        self.nodes.append(Node(id=id_, kind=kind, label=label, group=group, resource=resource))
        self.edges += [(other, id_) for other in after]
        return id_


def graph(hub: Hub, secrets_set: frozenset[str]) -> Graph:
    """The resources of a hub."""
    b = _Builder(hub)
    cluster = b.exists("cluster", "cluster (exists)", hub.cluster.name or "from another stack")
    space = b.make("namespace", "namespace", "Namespace", hub.ns, "cluster", cluster)
    ready = [space, *_nodes(b, cluster), *_registry(b, space), *_dns(b, cluster)]
    plans = releases(hub, secrets_set)
    wanted = wanted_secrets(hub, plans)
    for name in sorted({*wanted.generated, FINGERPRINT_KEY}):
        b.make(f"secret-{name}", f"secrets-{name}", "generated secret", name, "secrets")
    for name in sorted(wanted.of_operator & secrets_set):
        b.exists(f"secret-{name}", "given secret", name, "secrets")
    for plan in plans:
        own = [f"secret-{name}" for name in sorted({*plan.secrets, FINGERPRINT_KEY})]
        before = [f"release-{other}" for other in plan.after]
        label = f"{plan.name} {plan.version or ''}".strip()
        b.make(f"release-{plan.name}", f"releases-{plan.name}", "Helm release", label, "cluster",
               *ready, *before, *own)  # fmt: skip
    _exposure(b, [f"release-{plan.name}" for plan in plans])
    known = {n.id for n in b.nodes}
    edges = tuple(dict.fromkeys(e for e in b.edges if set(e) <= known))
    return Graph(title=hub.name, nodes=tuple(b.nodes), edges=edges)


def _exposure(b: _Builder, installed: list[str]) -> None:
    for route in own_routes(b.resolved):
        (host,) = route["spec"]["hostnames"]
        name = f"exposure-{route['metadata']['name']}"
        b.make("route", name, "HTTPRoute", host, "cluster", *installed)
    if service := binder_load_balancer(b.resolved):
        name = service["metadata"]["name"]
        b.make("service", "exposure-load-balancer", "Service", name, "cluster", *installed)


def _nodes(b: _Builder, cluster: str) -> list[str]:
    match cluster_cloud(b.hub):
        case "gcp":
            account = names.nodes_account_id(b.hub)
            who = b.make("nodes-account", "nodes-account", "service account", account, "nodes")
            kind = "node pool"
        case "aws":
            role = names.iam_name(b.hub, "nodes")
            who = b.make("nodes-role", "nodes-role", "IAM role", role, "nodes")
            kind = "node group"
        case None:
            return []
        case other:
            assert_never(other)
    return [
        b.make(f"pool-{pool.name}", f"nodes-{pool.key}", kind,
               f"{pool.name}: {pool.min} to {pool.max} {pool.machine_type}"
               + (", draining" if pool.draining else ""), "nodes", cluster, who)
        for pool in b.resolved.pools
    ]  # fmt: skip


def _registry(b: _Builder, space: str) -> list[str]:
    hub = b.hub
    match registry_cloud(hub):
        case "gcp":
            images = names.repository(hub)
            repository = b.make(
                "repository", "registry-repository", "Artifact Registry", images, "registry"
            )
            account = names.pusher_account_id(hub)
            pusher = b.make("pusher", "registry-pusher", "service account", account, "registry")
            writer = b.make("writer", "registry-writer", "IAM member", "writer of the repository",
                            "registry", repository, pusher)  # fmt: skip
            return [b.make("key", "registry-key", "key", "of the pusher", "registry", writer)]
        case "aws":
            name = names.iam_name(hub, "registry")
            role = b.make("helper-role", "registry-role", "IAM role", name, "registry")
            token = b.make("helper-secret", "registry-token", "Secret", "registry-helper-auth",
                           "cluster", space, "secret-registryHelperToken")  # fmt: skip
            return [role, token]
        case None:
            prefix = b.resolved.registry.image_prefix
            return [b.exists("images", "registry (exists)", prefix)] if prefix else []
        case other:
            assert_never(other)


def _dns(b: _Builder, cluster: str) -> list[str]:
    domains = b.hub.domains
    if domains is None or dns_cloud(b.hub) is None:
        return []
    zone = b.exists("zone", "DNS zone (exists)", domains.dns.zone or "")
    return [
        b.make(f"dns-{host}", f"{role}-dns", "DNS record", host, "dns", zone, cluster)
        for role, host in (("hub", domains.hub), ("binder", domains.binder))
    ]
