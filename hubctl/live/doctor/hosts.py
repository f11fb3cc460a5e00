"""Checks of both hosts: DNS and certificate."""

from __future__ import annotations

from collections.abc import Iterator

from hubctl.console.checks import Check
from hubctl.live.doctor.edges import Edges
from model.hub import Hub

_SOON = 14


def hosts(hub: Hub, edges: Edges) -> Iterator[Check]:
    """DNS and certificate of each domain."""
    if not hub.domains:
        yield Check(name="DNS", state="skipped", detail="the hub has no domains")
        return
    for host in (hub.domains.hub, hub.domains.binder):
        found = edges.resolve(host)
        yield dns(hub, host, found, edges)
        if found:
            yield certificate(hub, host, edges)
        else:
            yield Check(
                name=f"certificate of {host}", state="skipped", detail="the host is not in DNS"
            )


def dns(hub: Hub, host: str, found: list[str], edges: Edges) -> Check:
    """Whether a host leads to the ingress."""
    ingress, name = hub.cluster.ingress, f"DNS of {host}"
    target = ingress.address or ingress.hostname
    record = (
        f"{host} {'A' if ingress.address else 'CNAME'} {target}" if target
        else f"{host} to the ingress's address"
    )  # fmt: skip
    if not found:
        manual = hub.domains is not None and hub.domains.dns.provider == "manual"
        fix = f"enter the record {record}." if manual else "run `pulumi up`; it makes the record."
        return Check(name=name, state="error", detail="it does not resolve", fix=fix)
    wanted = (
        [ingress.address]
        if ingress.address
        else edges.resolve(ingress.hostname)
        if ingress.hostname
        else []
    )
    seen = ", ".join(found)
    if not wanted:
        return Check(name=name, state="ok", detail=f"{seen} (the file names no address to compare)")
    if not set(found) & set(wanted):
        return Check(name=name, state="error", detail=f"{seen}, but the ingress is at {', '.join(wanted)}",
                     fix=f"correct the record: {record}; an old answer stays for its time to live.")  # fmt: skip
    return Check(name=name, state="ok", detail=seen)


def certificate(hub: Hub, host: str, edges: Edges) -> Check:
    """Whether the host shows a certificate that browsers trust, for long enough."""
    name, issuer = f"certificate of {host}", hub.cluster.ingress.cluster_issuer
    shown = edges.certificate(host)
    if shown.problem or shown.ends is None:
        fix = f"kubectl --namespace {hub.ns} get certificate,order,challenge"
        if "staging" in issuer:
            fix = f"{issuer} gives certificates that no browser trusts; use letsencrypt-prod when it works."
        return Check(name=name, state="error", detail=shown.problem or "none was shown", fix=fix)
    days = (shown.ends - edges.now()).days
    said = f"{shown.issuer}, {days} days left"
    if days < _SOON:
        return Check(name=name, state="warning", detail=said,
                     fix=f"cert-manager should have renewed it: kubectl --namespace {hub.ns} describe certificate")  # fmt: skip
    return Check(name=name, state="ok", detail=said)
