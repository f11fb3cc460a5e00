"""DNS records of both domains, and where they point. Pure, but for outputs passed through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from model.derived.example_repository import launchable
from model.hub import Hub
from model.sections.cluster import Ingress, ServiceRef

UNKNOWN_TYPE = "A or CNAME"
UNKNOWN_TARGET = "<address or host name of the cluster's ingress>"


@dataclass(frozen=True, kw_only=True)
class Target:
    """What both domains point at. `value` has no trailing dot."""

    type: pulumi.Input[str]
    value: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class Host:
    """One of the two domains."""

    role: str
    name: str


def hosts(hub: Hub) -> list[Host]:
    """Both domains; none when the hub goes without."""
    if hub.domains is None:
        return []
    return [
        Host(role="hub-dns", name=hub.domains.hub),
        Host(role="binder-dns", name=hub.domains.binder),
    ]


def given_target(ingress: Ingress) -> Target | None:
    """The target that the stack file gives: an address takes A records, a host name CNAMEs."""
    if ingress.address:
        return Target(type="A", value=ingress.address)
    if ingress.hostname:
        return Target(type="CNAME", value=ingress.hostname)
    return None


def absolute(target: Target) -> pulumi.Input[str]:
    """The target's value as a zone file spells it: a host name ends with a dot."""
    if isinstance(target.type, str) and isinstance(target.value, str):
        return _absolute(target.type, target.value)
    return pulumi.Output.all(target.type, target.value).apply(lambda given: _absolute(*given))


def _absolute(kind: str, value: str) -> str:
    return f"{value.rstrip('.')}." if kind == "CNAME" else value


def status_target(status: Any, service: ServiceRef) -> tuple[str, str]:
    """Type and value of the records for a Service, from its status.

    Raises LookupError while the cloud has not given the Service an address.
    """
    for entry in _get(_get(status, "load_balancer", "loadBalancer"), "ingress") or ():
        if ip := _get(entry, "ip"):
            return "A", str(ip)
        if hostname := _get(entry, "hostname"):
            return "CNAME", str(hostname)
    raise LookupError(
        f"cluster.ingress.service: Service {service.namespace}/{service.name} has no address yet. "
        "Wait until `kubectl get service` shows one, or write cluster.ingress.address (or hostname)."
    )


def _get(thing: Any, *names: str) -> Any:
    for name in names:
        value = thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)
        if value is not None:
            return value
    return None


def to_enter(hub: Hub, target: Target | None) -> list[dict[str, pulumi.Input[str]]]:
    """What a person enters at their DNS provider, as {name, type, value}."""
    return [
        {
            "name": host.name,
            "type": target.type if target else UNKNOWN_TYPE,
            "value": target.value if target else UNKNOWN_TARGET,
        }
        for host in hosts(hub)
    ]


def next_step(hub: Hub) -> str:
    """What to do after the first `pulumi up`."""
    smoke = f"hubctl smoke {hub.name}" + ("" if launchable(hub) else " --repo OWNER/REPO")
    if hub.domains and hub.domains.dns.provider == "manual":
        return f"enter the records of output dnsRecords at your DNS provider, then run: {smoke}"
    return f"run: {smoke}"
