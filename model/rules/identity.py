"""Rules about hosts, DNS, and how the world reaches the hub."""

from __future__ import annotations

from collections.abc import Iterator

from model.findings import ABSENT, Finding
from model.hub import Hub
from model.rules.catalogue import Rule, RuleContext, check_of
from model.sections.cluster import AwsCluster

_EXAMPLES = ("example.org", "example.com", "example.net", "example.edu", "localhost", "invalid")


def hosts(hub: Hub) -> list[tuple[str, str]]:
    """(path, host) of both domains."""
    if hub.domains is None:
        return []
    return [("domains.hub", hub.domains.hub), ("domains.binder", hub.domains.binder)]


@check_of("BH003", "error", "`domains.hub` and `domains.binder` are different hosts.")
def two_hosts(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if hub.domains and hub.domains.hub == hub.domains.binder:
        yield rule.finding(
            "domains.binder",
            hub.domains.binder,
            "hub and binder are the same host; they need two.",
            f"use for instance binder.{hub.domains.hub.partition('.')[2]}.",
        )


@check_of("BH005", "error", "Both hosts are inside the DNS zone of `domains.dns`.")
def in_zone(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if not hub.domains:
        return
    dns = hub.domains.dns
    zone = dns.zone if dns.provider == "route53" else dns.zone_domain
    for path, host in hosts(hub):
        if zone and host != zone.rstrip(".") and not host.endswith(f".{zone.rstrip('.')}"):
            yield rule.finding(
                path,
                host,
                f"it is not inside the DNS zone {zone}, so its record cannot be made.",
                f"use a host under {zone}, or name its own zone.",
            )


@check_of("BH006", "error", "No host is the apex of its DNS zone, unless it gets an alias record.")
def apex(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if not hub.domains or hub.domains.dns.alias or hub.cluster.ingress.address:
        return
    dns = hub.domains.dns
    zone = dns.zone if dns.provider == "route53" else dns.zone_domain
    for path, host in hosts(hub):
        if zone and host == zone.rstrip(".") and dns.provider in ("route53", "cloud-dns"):
            yield rule.finding(
                path,
                host,
                "it is the apex of its zone, where a CNAME is illegal.",
                "set domains.dns.alias: true (Route 53), or use a sub-domain.",
            )


@check_of("BH010", "warning", "No host is in an example domain.")
def example(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if hub.stage == "development":
        return
    for path, host in hosts(hub):
        if host.endswith(tuple(f".{e}" for e in _EXAMPLES)):
            yield rule.finding(path, host, "it is an example domain.", "use a domain of yours.")


@check_of("BH014", "warning", "The ingress controller is not ingress-nginx, which is retired.")
def retired(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    ingress = hub.cluster.ingress
    if ingress.kind == "ingress-nginx" and not ingress.gateway:
        yield rule.finding(
            "cluster.ingress.controller",
            "ingress-nginx",
            "ingress-nginx was retired in March 2026 and gets no security fixes.",
            "move to F5 nginx-ingress, traefik or a Gateway.",
        )


@check_of("BH106", "error", "A hub has either `domains` or `cluster.loadBalancer`.")
def exposure(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if hub.domains is None and hub.cluster.load_balancer is None:
        yield rule.finding(
            "domains",
            ABSENT,
            "nobody could reach the hub.",
            "write domains.hub and domains.binder (or, without any domain, "
            "cluster.loadBalancer with two reserved addresses).",
        )
    if hub.domains and hub.cluster.load_balancer:
        yield rule.finding(
            "cluster.loadBalancer",
            hub.cluster.load_balancer.model_dump(),
            "the hub has domains too; it is reached through one or the other.",
            "remove domains or cluster.loadBalancer.",
        )


@check_of("BH107", "warning", "A hub without domains is reached over plain HTTP.")
def plain_http(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if hub.cluster.load_balancer and not hub.domains:
        yield rule.finding(
            "cluster.loadBalancer",
            hub.cluster.load_balancer.hub,
            "tokens and passwords cross the network unencrypted.",
            "use it for trials; get two domains for anything else.",
        )


@check_of("BH108", "error", "DNS records have a zone and a target.")
def dns(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if not hub.domains:
        return
    dns, ingress = hub.domains.dns, hub.cluster.ingress
    if dns.provider in ("cloud-dns", "route53") and not dns.zone:
        yield rule.finding(
            "domains.dns.zone",
            ABSENT,
            f"{dns.provider} needs to know the zone.",
            "name the zone that both hosts lie in.",
        )
    target = ingress.address or ingress.hostname or ingress.service or hub.cluster.stack_reference
    if dns.provider in ("cloud-dns", "route53") and not target:
        yield rule.finding(
            "cluster.ingress",
            ABSENT,
            "there is nothing for the records to point at.",
            "set cluster.ingress.address (or hostname, or service).",
        )
    if dns.alias and dns.provider != "route53":
        yield rule.finding(
            "domains.dns.alias",
            True,
            f"{dns.provider} has no alias records.",
            "remove it; it belongs to Route 53.",
        )
    if dns.alias and dns.provider == "route53" and not ingress.hostname and not dns.alias_zone:
        yield rule.finding(
            "domains.dns.alias",
            True,
            "an alias record points at the host name of an AWS load balancer.",
            "set cluster.ingress.hostname.",
        )


@check_of("BH066", "warning", "The cluster enforces NetworkPolicy.")
def enforced(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if not hub.cluster.network_policy_enforced:
        how = (
            "turn on network policy in the VPC CNI add-on"
            if isinstance(hub.cluster, AwsCluster)
            else "use a network plug-in that enforces it (GKE Dataplane V2, Calico, Cilium)"
        )
        yield rule.finding(
            "cluster.networkPolicyEnforced",
            False,
            "anyone's code could reach the hub's own network.",
            f"{how}.",
        )


@check_of("BH123", "warning", "The ingress class is not `gce`, unless a Gateway is used.")
def controller(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    ingress = hub.cluster.ingress
    if hub.domains and ingress.kind == "gce" and not ingress.gateway:
        yield rule.finding(
            "cluster.ingress.className",
            ingress.class_name,
            "GKE's controller makes a load balancer per Ingress, so both hosts cannot share one "
            "address, and it ends requests after 30 s, so logs of builds and websockets break off.",
            "use a Gateway, F5 nginx-ingress or traefik, or give the Services a BackendConfig.",
        )
