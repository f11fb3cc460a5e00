"""How both hosts are reached: Ingress or HTTPRoute values, and their annotations."""

from __future__ import annotations

from typing import Any, assert_never

from model.derived import names
from model.derived.flavour import Flavour, Role
from model.derived.resolved import ResolvedHub
from model.hub import Hub
from model.sections.cluster import Controller, GatewayRef

# A build streams its log over one request and servers speak websockets: long time-outs, no
# buffering. Spellings: docs.nginx.com/nginx-ingress-controller, kubernetes.github.io/ingress-nginx.
_SECONDS = 3600
_BODY = "256m"


def _controller(kind: Controller, service: str, group: str) -> dict[str, str]:
    match kind:
        case "f5-nginx":
            return {
                "nginx.org/proxy-read-timeout": f"{_SECONDS}s",
                "nginx.org/proxy-send-timeout": f"{_SECONDS}s",
                "nginx.org/client-max-body-size": _BODY,
                "nginx.org/proxy-buffering": "False",
                "nginx.org/websocket-services": service,
            }
        case "ingress-nginx":
            return {
                "nginx.ingress.kubernetes.io/proxy-read-timeout": str(_SECONDS),
                "nginx.ingress.kubernetes.io/proxy-send-timeout": str(_SECONDS),
                "nginx.ingress.kubernetes.io/proxy-body-size": _BODY,
                "nginx.ingress.kubernetes.io/proxy-buffering": "off",
            }
        case "alb":
            return {
                "alb.ingress.kubernetes.io/scheme": "internet-facing",
                "alb.ingress.kubernetes.io/target-type": "ip",
                # One load balancer, so one DNS target, for both hosts. Its certificates come from
                # ACM, by the hosts under tls; cert-manager has no part in it.
                "alb.ingress.kubernetes.io/group.name": group,
                "alb.ingress.kubernetes.io/listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]',
                "alb.ingress.kubernetes.io/ssl-redirect": "443",
                # The root of a members-only hub answers with a redirect to its login.
                "alb.ingress.kubernetes.io/success-codes": "200-399",
                "alb.ingress.kubernetes.io/load-balancer-attributes": (
                    f"idle_timeout.timeout_seconds={_SECONDS}"
                ),
            }
        case "gce":
            # GKE's controller reads the class from this annotation only.
            return {"kubernetes.io/ingress.class": "gce"}
        # traefik streams and upgrades by default; "other" is the operator's own.
        case "traefik" | "other":
            return {}
        case _:
            assert_never(kind)


def parent_ref(gateway: GatewayRef) -> dict[str, str]:
    """The Gateway, and its listener where one is named, as a route refers to them."""
    out = {"name": gateway.name, "namespace": gateway.namespace}
    return {**out, "sectionName": gateway.section_name} if gateway.section_name else out


def chart_values(resolved: ResolvedHub, role: Role) -> dict[str, Any]:
    """What the chart that serves one of the two hosts says of it: `ingress`, `httpRoute`, or
    nothing, where there are no domains or `own_routes` has it."""
    hub, kind = resolved.hub, resolved.flavour
    if hub.domains is None:
        return {}
    host, gateway = getattr(hub.domains, role), hub.cluster.ingress.gateway
    if gateway is None:
        return {"ingress": _ingress(hub, role, host, _service(kind, role))}
    if role == kind.routed_by_program:
        return {}
    parent = parent_ref(gateway)
    where = {"gateway": parent} if role == "hub" else {"parentRefs": [parent]}
    return {"httpRoute": {"enabled": True, "hostnames": [host], **where}}


def _service(kind: Flavour, role: Role) -> str:
    return "proxy-public" if role == "hub" else kind.binder_service


def _ingress(hub: Hub, role: Role, host: str, service: str) -> dict[str, Any]:
    """The `ingress` section that both charts share; each host has a TLS secret of its own, or
    with an ALB none: nobody would make it, and its certificate is found by the host."""
    ingress = hub.cluster.ingress
    secret = names.HUB_TLS if role == "hub" else names.BINDER_TLS
    tls = {"hosts": [host], **({} if ingress.kind == "alb" else {"secretName": secret})}
    return {
        "enabled": True,
        # null: GKE's controller ignores an Ingress that names its class here.
        "ingressClassName": None if ingress.kind == "gce" else ingress.class_name,
        "annotations": _annotations(hub, host, service),
        "hosts": [host],
        "tls": [tls],
    }


def _annotations(hub: Hub, host: str, service: str) -> dict[str, str]:
    """Annotations of one Ingress; the operator's own come last and win."""
    ingress = hub.cluster.ingress
    out = _controller(ingress.kind, service, hub.ns)
    if ingress.kind != "alb":
        out["cert-manager.io/cluster-issuer"] = ingress.cluster_issuer
        out["acme.cert-manager.io/http01-edit-in-place"] = "true"
    if hub.domains and hub.domains.dns.provider == "external-dns":
        out["external-dns.alpha.kubernetes.io/hostname"] = host
        out["external-dns.alpha.kubernetes.io/ttl"] = str(hub.domains.dns.ttl)
    return {**out, **ingress.annotations}


def binder_load_balancer(resolved: ResolvedHub) -> dict[str, Any] | None:
    """Service (core/v1) that exposes BinderHub at its reserved address without any domain.

    The binderhub-service chart cannot give its Service an address, so the program makes one of
    its own (`binder-public`). None where an ingress or gateway is used, or where BinderHub's Service
    takes the address.
    """
    hub, takes = resolved.hub, resolved.flavour.binder_address
    if hub.domains or hub.cluster.load_balancer is None or takes:
        return None
    return {
        "metadata": {"name": "binder-public", "namespace": hub.ns},
        "spec": {
            "type": "LoadBalancer",
            "loadBalancerIP": hub.cluster.load_balancer.binder,
            # Keeps the client's address, which the rate limit counts by.
            "externalTrafficPolicy": "Local",
            "selector": {
                "app.kubernetes.io/name": "binderhub-service",
                "app.kubernetes.io/instance": names.BINDERHUB_SERVICE,
                "app.kubernetes.io/component": "binderhub",
            },
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
        },
    }


def own_routes(resolved: ResolvedHub) -> list[dict[str, Any]]:
    """HTTPRoutes (gateway.networking.k8s.io/v1) that no chart makes, for the program to make.

    Each has `metadata` and `spec`; empty where no gateway is used.
    """
    hub, role = resolved.hub, resolved.flavour.routed_by_program
    gateway = hub.cluster.ingress.gateway
    if hub.domains is None or gateway is None:
        return []
    service = _service(resolved.flavour, role)
    return [
        {
            "metadata": {"name": "hub" if role == "hub" else service, "namespace": hub.ns},
            "spec": {
                "parentRefs": [parent_ref(gateway)],
                "hostnames": [getattr(hub.domains, role)],
                "rules": [
                    {
                        "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                        "backendRefs": [{"name": service, "port": 80}],
                    }
                ],
            },
        }
    ]
