"""Two hubs on one cluster: do they take each other's names, nodes, host paths, hosts or images?
Pure; the two have been brought up together before this is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from model.derived.pools import Pool, pools
from model.hub import Hub
from rehearsal.checks import build_pod, build_settings
from rehearsal.objects import DeployedObjects, labels
from rehearsal.report import Trouble


@dataclass(frozen=True, kw_only=True)
class Member:
    """One hub of the cluster, and its objects while the others were there too."""

    hub: Hub
    objects: DeployedObjects


def check(members: Sequence[Member]) -> list[Trouble]:
    """Findings about pairs of hubs."""
    found: list[Trouble] = []
    for what, why, fix, taken in (
        ("namespace", "One would overwrite the other.", "namespace", _namespaces),
        ("host", "The ingress controller would serve only one.", "domains", _hosts),
        ("image prefix", "They would use each other's images.", "registry.prefix", _prefixes),
        ("host path", "Their docker daemons would share it.", "the releases", _host_paths),
    ):
        owners: dict[str, list[str]] = {}
        for member in members:
            for value in sorted(set(taken(member))):
                owners.setdefault(value, []).append(member.hub.name)
        for value, names in owners.items():
            if len(names) > 1:
                found.append(
                    Trouble(
                        what=f"{what} {value} belongs to {' and '.join(names)}.",
                        where=" + ".join(names),
                        why=why,
                        fix=f"give each its own ({fix}).",
                    )
                )
    for member in members:
        others = [other for other in members if other is not member]
        found += _nodes(member, others)
    return found


def _namespaces(member: Member) -> Iterator[str]:
    yield member.hub.ns


def _hosts(member: Member) -> Iterator[str]:
    for ingress in member.objects.of("Ingress"):
        yield from (rule["host"] for rule in ingress["spec"].get("rules") or [] if "host" in rule)
    for route in member.objects.of("HTTPRoute"):
        yield from route["spec"].get("hostnames") or []


def _prefixes(member: Member) -> Iterator[str]:
    yield build_settings.settings(member.objects).image_prefix


def _host_paths(member: Member) -> Iterator[str]:
    """Folders of their nodes where the docker daemons keep sockets and images; they may share
    others, such as certificates."""
    served = build_pod.daemons(member.objects)
    for pod in member.objects.of("Pod"):
        if pod["metadata"]["name"] in served:
            yield from (
                p for p in build_pod.host_paths(pod) if p.startswith(("/var/lib/", "/var/run/"))
            )


def _nodes(member: Member, others: Iterable[Member]) -> Iterator[Trouble]:
    """Would this hub's pods be put on the nodes that another hub's stack makes."""
    for other in others:
        for mine in pools(member.hub):
            for theirs in pools(other.hub):
                if theirs.managed and _lands(mine, theirs):
                    yield Trouble(
                        what=f"its pods may run on nodes of pool {theirs.name} of {other.hub.name}.",
                        where=member.hub.name,
                        why=f"Its selector {mine.selector} fits their labels {theirs.selector}.",
                        fix="select by a label that only its own nodes have.",
                    )
        yield from _strays(member, other)


def _lands(mine: Pool, theirs: Pool) -> bool:
    return mine.selector.items() <= theirs.selector.items()


def _strays(member: Member, other: Member) -> Iterator[Trouble]:
    """Pods that really are on nodes that only the other hub's pools describe."""
    nodes: dict[str, Mapping[str, str]] = {
        node["metadata"]["name"]: labels(node) for node in member.objects.of("Node")
    }
    theirs = [p.selector for p in pools(other.hub) if p.managed]
    mine = [p.selector for p in pools(member.hub)]
    for pod in member.objects.of("Pod"):
        found = nodes.get(pod["spec"].get("nodeName") or "", {})
        if any(s.items() <= found.items() for s in theirs) and not any(
            s.items() <= found.items() for s in mine
        ):
            yield Trouble(
                what=f"it runs on a node of {other.hub.name}.",
                where=f"Pod/{pod['metadata']['name']} of {member.hub.name}",
                why="The other hub's users pay for it with their room.",
                fix="give it a node selector.",
            )
