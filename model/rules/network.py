"""Rules about what servers reach, and what crosses a network."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.alias_generators import to_camel

from model.derived.flavour import chart_pins
from model.findings import Finding
from model.hub import Hub
from model.rules.catalogue import Rule, RuleContext, check_of
from model.sections.cluster import AwsCluster

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Where clouds hand out the credentials of a node or pod: AWS, Azure and GCP; EKS Pod Identity.
_METADATA = tuple(
    ipaddress.ip_network(n) for n in ("169.254.169.254/32", "169.254.170.0/23", "fd00:ec2::/32")
)
_PRIVATE = tuple(
    ipaddress.ip_network(n)
    for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
_WIDEST = {4: 16, 6: 64}
"""Shortest prefix of private addresses that is still a place rather than the whole network."""


def opens(rule: Any) -> str | None:
    """Why one egress rule (as Kubernetes spells it) opens too much, or None."""
    peers = rule.get("to") if isinstance(rule, Mapping) else None
    if not isinstance(peers, list) or not peers:
        return "it names no destination, and so opens every address, also private ones."
    return next((why for peer in peers if (why := _peer(peer))), None)


def _peer(peer: Any) -> str | None:
    if not isinstance(peer, Mapping):
        return "one of its destinations is none."
    block = peer.get("ipBlock")
    if isinstance(block, Mapping):
        return _block(block)
    selectors = [peer.get(key) for key in ("namespaceSelector", "podSelector")]
    if not any(_asks(s) for s in selectors):
        return "it opens every pod, also the hub's own and those of other hubs."
    return None


def _asks(selector: Any) -> bool:
    if not isinstance(selector, Mapping):
        return False
    return bool(selector.get("matchLabels") or selector.get("matchExpressions"))


def _block(block: Mapping[str, Any]) -> str | None:
    try:
        cidr = ipaddress.ip_network(str(block.get("cidr")))
        closed = [ipaddress.ip_network(str(n)) for n in block.get("except") or ()]
    except (ValueError, TypeError):
        return "its range of addresses is none."
    for place in _METADATA:
        if _open(cidr, place, closed):
            return f"{cidr} opens {place}, where the cloud hands out the node's credentials."
    for place in _PRIVATE:
        shared = place if place.prefixlen >= cidr.prefixlen else cidr
        if shared.prefixlen < _WIDEST[place.version] and _open(cidr, place, closed):
            return f"{cidr} opens the private network {shared}."
    return None


def _open(cidr: Network, place: Network, closed: list[Network]) -> bool:
    """Whether any part of `place` is in the range and not closed as a whole."""
    if cidr.version != place.version or not cidr.overlaps(place):
        return False
    shared = place if place.prefixlen >= cidr.prefixlen else cidr
    return not any(
        shared.version == n.version and shared.subnet_of(n)  # type: ignore[arg-type]
        for n in closed
    )


@check_of("BH140", "error", "`user.egress` opens neither private networks nor every address.")
def egress(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    for i, entry in enumerate(hub.user.egress):
        if why := opens(entry.as_policy()):
            yield rule.finding(
                f"user.egress[{i}]",
                entry.as_policy(),
                why,
                "name the addresses or pods that are meant; the internet is open anyway.",
            )


OWN_KEYS = {
    "cert-manager.io/cluster-issuer": "cluster.ingress.clusterIssuer",
    "cert-manager.io/issuer": "cluster.ingress.clusterIssuer",
    "kubernetes.io/ingress.class": "cluster.ingress.className",
    "external-dns.alpha.kubernetes.io/hostname": "domains",
    "external-dns.alpha.kubernetes.io/ttl": "domains.dns.ttl",
}


@check_of("BH145", "error", "`cluster.ingress.annotations` has nothing that another key decides.")
def own_keys(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    for name, value in hub.cluster.ingress.annotations.items():
        if key := OWN_KEYS.get(name):
            yield rule.finding(
                f"cluster.ingress.annotations.{name}",
                value,
                "it would be the same on both Ingress objects and contradict what is derived.",
                f"remove it; {key} decides.",
            )


@check_of("BH149", "error", "Addresses that get credentials or give code begin with https.")
def plain(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if hub.stage == "development":
        return
    for path, url in _urls(hub):
        if url and url.startswith("http://"):
            yield rule.finding(
                path,
                url,
                "whoever is on the way could read it, or answer in its place.",
                "write https:// (plain HTTP is for stage: development).",
            )


def _urls(hub: Hub) -> Iterator[tuple[str, str | None]]:
    """(path, address) of every service that gets a credential or gives code."""
    for section, model in (("registry", hub.registry), ("auth", hub.auth)):
        for field, value in model:
            if field == "url" or field.endswith("_url"):
                yield f"{section}.{to_camel(field)}", value
    if hub.homepage.templates:
        yield "homepage.templates.repository", hub.homepage.templates.repository
    for path, pin in chart_pins(hub).values():
        yield f"{path}.source", pin.source


@check_of("BH162", "error", "`cluster.loadBalancer` has two addresses, on a cloud that takes them.")
def addresses(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    balancers = hub.cluster.load_balancer
    if not balancers:
        return
    if balancers.hub == balancers.binder:
        yield rule.finding(
            "cluster.loadBalancer.binder",
            balancers.binder,
            "both load balancers would listen at the same port of one address.",
            "reserve two addresses.",
        )
    if isinstance(hub.cluster, AwsCluster):
        yield rule.finding(
            "cluster.loadBalancer",
            balancers.model_dump(),
            "AWS gives a load balancer a host name of its own and takes no address for it.",
            "write domains.hub and domains.binder.",
        )
