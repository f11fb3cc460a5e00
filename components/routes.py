"""Routes on a Gateway. Pure."""

from __future__ import annotations

from typing import Any

from spec.model.chart import ServiceChart
from spec.model.stack import Hub

# The chart's Service: its name is not prefixed, because the values leave fullnameOverride empty.
SERVICE = "binderhub"
PORT = 80


def needs_binder_route(hub: Hub) -> bool:
    """Whether the program makes BinderHub's route: on a Gateway, with the chart that has none."""
    on_gateway = hub.cluster.ingress.gateway is not None and hub.domains is not None
    return on_gateway and isinstance(hub.chart, ServiceChart)


def binder_route(hub: Hub) -> dict[str, Any]:
    """`spec` of the HTTPRoute."""
    gateway = hub.cluster.ingress.gateway
    assert gateway and hub.domains
    parent = {"name": gateway.name, "namespace": gateway.namespace}
    if gateway.section_name:
        parent["sectionName"] = gateway.section_name
    return {
        "parentRefs": [parent],
        "hostnames": [hub.domains.binder],
        "rules": [{"backendRefs": [{"name": SERVICE, "port": PORT}]}],
    }
