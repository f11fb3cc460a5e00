"""`domains`: the two hosts of a hub and who keeps their DNS records."""

from __future__ import annotations

from typing import Literal

from model.fields import Hostname, Model, Seconds, Text, defaults


class Dns(Model):
    """Where the records of both domains are kept."""

    provider: Literal["cloud-dns", "route53", "external-dns", "manual"] = "manual"
    """`manual` prints what to enter; `external-dns` leaves it to annotations."""
    zone: Text | None = None
    """Cloud DNS: name of the managed zone. Route 53: domain name of the hosted zone."""
    zone_domain: Hostname | None = None
    """Cloud DNS: domain name of the zone, to check that both hosts lie in it."""
    project: Text | None = None
    """Cloud DNS: project of the zone when it is not the cluster's."""
    alias: bool = False
    """Route 53: alias A records rather than CNAMEs; needed for a host at the zone's apex."""
    alias_zone: Text | None = None
    """Route 53: hosted zone id of the load balancer; looked up when left out."""
    ttl: Seconds = 300
    """Seconds that resolvers keep the records."""


class Domains(Model):
    """The two hosts. Both point at the cluster's ingress."""

    hub: Hostname
    """Host of JupyterHub, where servers run."""
    binder: Hostname
    """Host of BinderHub, where people paste a repository."""
    dns: Dns = defaults(Dns)
    """Who keeps the records."""
