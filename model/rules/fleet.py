"""Rules about several stacks: what each of them may do alone, but not beside the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from model.derived import names
from model.derived.cluster_identity import cluster_key
from model.derived.flavour import builder_folders, node_builder
from model.derived.pools import pools
from model.derived.registry_access import registry_access
from model.findings import Finding, in_order
from model.hub import Hub
from model.rules import RULES, Rule
from model.sections.cluster import AwsCluster, GcpCluster, KubernetesCluster
from model.sections.registry import ArtifactRegistry, Ecr
from model.stackfile.read import Stack

_HOST, _NAMESPACE, _NAME = RULES["BH004"], RULES["BH007"], RULES["BH008"]
_PREFIX, _HOST_PATH, _CLOUD_NAME = RULES["BH056"], RULES["BH119"], RULES["BH120"]

# (rule, path in the stack file, what two hubs may not share: (scope..., value), reason, fix)
Claim = tuple[Rule, str, tuple[str, ...], str, str]


def check_fleet(stacks: Sequence[Stack]) -> dict[str, list[Finding]]:
    """Findings by stack name; every stack is in the result. Stacks that could not be read are
    left out of the comparison."""
    out: dict[str, list[Finding]] = {stack.name: [] for stack in stacks}
    seen: dict[str, int] = defaultdict(int)
    for stack in stacks:
        seen[stack.name] += 1
    for name, count in seen.items():
        if count > 1:
            out[name].append(
                _NAME.finding(
                    "(file)",
                    name,
                    f"{count} stack files have this name; they would be one stack.",
                    "rename all but one; the file's name is the hub's.",
                )
            )
    owners: dict[tuple[str, ...], list[tuple[str, Claim]]] = defaultdict(list)
    read = [(s.name, s.hub) for s in stacks if s.hub is not None and seen[s.name] == 1]
    for name, hub in _completed(read):
        for claim in _claims(hub):
            owners[(claim[0].id, *claim[2])].append((name, claim))
    for claims in owners.values():
        holders = {name for name, _ in claims}
        if len(holders) < 2:
            continue
        for name, (broken, path, key, reason, fix) in claims:
            others = ", ".join(sorted(holders - {name}))
            out[name].append(
                broken.finding(path, key[-1], reason.format(others=f'"{others}"'), fix)
            )
    return {name: in_order(_once(found)) for name, found in out.items()}


def _once(found: list[Finding]) -> list[Finding]:
    return list({(f.rule, f.path, str(f.value)): f for f in found}.values())


def _completed(hubs: list[tuple[str, Hub]]) -> list[tuple[str, Hub]]:
    """Hubs with a project, account or context that they leave out taken from the others on a cluster of
    the same name and place: most likely it is the same cluster."""
    known: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for _, hub in hubs:
        if owner := _owner(hub):
            known[_place(hub)].add(owner)
    out = []
    for name, hub in hubs:
        owners = set(known.get(_place(hub), ()))
        if _owner(hub) is None and len(owners) == 1:
            cluster = hub.cluster.model_copy(update={_OWNER[hub.cluster.provider]: owners.pop()})
            hub = hub.model_copy(update={"cluster": cluster})
        out.append((name, hub))
    return out


_OWNER = {"gcp": "project", "aws": "account", "kubernetes": "kube_context"}


def _owner(hub: Hub) -> str | None:
    """Project, account or context of the cluster; None where it is left out."""
    found: str | None = getattr(hub.cluster, _OWNER[hub.cluster.provider])
    return found


def _place(hub: Hub) -> tuple[str, ...]:
    cluster = hub.cluster
    location = "" if isinstance(cluster, KubernetesCluster) else cluster.location
    return (cluster.provider, cluster.name or "", location)


def _claims(hub: Hub) -> Iterator[Claim]:
    cluster = cluster_key(hub)
    if hub.domains:
        for path, host in (
            ("domains.hub", hub.domains.hub),
            ("domains.binder", hub.domains.binder),
        ):
            reason = "it is also used by stack {others}; each host belongs to one hub."
            yield _HOST, path, (host,), reason, "use another host."
    for path, host in _extra_hosts(hub):
        reason = "it is also used by stack {others}; each host belongs to one hub."
        yield _HOST, path, (host,), reason, "use another host."
    if hub.cluster.load_balancer and not hub.domains:
        for key, address in hub.cluster.load_balancer.model_dump().items():
            reason = "it is also the address of stack {others}."
            yield (
                _HOST,
                f"cluster.loadBalancer.{key}",
                (address,),
                reason,
                "reserve an address for each.",
            )
    yield (
        _NAMESPACE,
        "namespace",
        (*cluster, hub.ns),
        f"the namespace on cluster {cluster[1]!r} is taken by stack {{others}}.",
        "choose another namespace (the hub's name when left out).",
    )
    prefix = registry_access(hub).image_prefix
    if prefix:
        yield (
            _PREFIX,
            "registry.prefix",
            # The account of somebody who leaves it out is one and the same.
            (prefix,),
            "the image prefix is shared with stack {others}; caches and permissions would mix.",
            "set registry.prefix to a name of this hub's own.",
        )
    for path, folder in _host_paths(hub):
        yield (
            _HOST_PATH,
            path,
            (*cluster, folder),
            "the builder's folder on the node is also that of stack {others}.",
            "leave it out; it is derived from the namespace.",
        )
    for scope, name in _cloud_names(hub):
        yield (
            _CLOUD_NAME,
            "(file)",
            (*scope, name),
            "this name is derived for stack {others} too, and can exist once.",
            "rename one of the stacks.",
        )


def _extra_hosts(hub: Hub) -> Iterator[tuple[str, str]]:
    """(path, host) of further hosts that extraValues bring."""
    own = {hub.domains.hub, hub.domains.binder} if hub.domains else set()
    releases: dict[str, Any] = {str(k): v for k, v in hub.extra_values.items()}
    if isinstance(bundled := releases.get("binderhub", {}).get("jupyterhub"), dict):
        releases["binderhub.jupyterhub"] = bundled
    for release, values in releases.items():
        for section, key in (("ingress", "hosts"), ("httpRoute", "hostnames")):
            written = values.get(section)
            listed = written.get(key) if isinstance(written, dict) else None
            for i, host in enumerate(listed if isinstance(listed, list) else ()):
                if isinstance(host, str) and host not in own:
                    yield f"extraValues.{release}.{section}.{key}[{i}]", host


def _host_paths(hub: Hub) -> Iterator[tuple[str, str]]:
    """(path in the file, folder on the node) of the classic chart's builder."""
    kind = node_builder(hub)
    written: Any = hub.extra_values.get("binderhub", {}).get(kind or "")
    for key, folder in builder_folders(hub).items():
        over = written.get(key) if isinstance(written, dict) else None
        if isinstance(over, str):
            yield f"extraValues.binderhub.{kind}.{key}", over.rstrip("/")
        else:
            yield "namespace", folder


def _cloud_names(hub: Hub) -> Iterator[tuple[tuple[str, ...], str]]:
    """(scope, name) of what can exist once in its project, account or cluster."""
    cluster = hub.cluster
    if not isinstance(cluster, KubernetesCluster):
        for pool in pools(hub):
            yield ("pool", *cluster_key(hub)), pool.name
    if isinstance(cluster, GcpCluster):
        yield ("account", names.project(hub)), names.nodes_account_id(hub)
    if isinstance(hub.registry, ArtifactRegistry):
        project = names.registry_project(hub)
        yield ("account", project), names.pusher_account_id(hub)
        yield ("repository", project, names.registry_location(hub)), names.repository(hub)
    if isinstance(cluster, AwsCluster):
        yield ("role", names.account(hub)), names.iam_name(hub, "nodes")
        if isinstance(hub.registry, Ecr):
            yield ("role", names.account(hub)), names.iam_name(hub, "registry")
