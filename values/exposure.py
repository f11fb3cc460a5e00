"""How both hosts are reached: Ingress or HTTPRoute values, and their annotations."""

from __future__ import annotations

from typing import Any

from spec.model.cluster import Controller
from spec.model.stack import Hub

# A build streams its log over one request and servers speak websockets: long time-outs, no
# buffering. Spellings: docs.nginx.com/nginx-ingress-controller, kubernetes.github.io/ingress-nginx.
_SECONDS = 3600
_BODY = "256m"


def _controller(kind: Controller, service: str) -> dict[str, str]:
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
                "alb.ingress.kubernetes.io/load-balancer-attributes": (
                    f"idle_timeout.timeout_seconds={_SECONDS}"
                ),
            }
        # traefik streams and upgrades by default; gce's time-out is in a BackendConfig of the
        # Service, which the charts do not offer; "other" is the operator's own.
        case "traefik" | "gce" | "other":
            return {}


def ingress_annotations(hub: Hub, host: str, service: str) -> dict[str, str]:
    """Annotations of one Ingress; the operator's own come last and win."""
    ingress = hub.cluster.ingress
    out = {
        "cert-manager.io/cluster-issuer": ingress.cluster_issuer,
        "acme.cert-manager.io/http01-edit-in-place": "true",
        **_controller(ingress.kind, service),
    }
    if hub.domains and hub.domains.dns.provider == "external-dns":
        out["external-dns.alpha.kubernetes.io/hostname"] = host
        out["external-dns.alpha.kubernetes.io/ttl"] = str(hub.domains.dns.ttl)
    return {**out, **ingress.annotations}


def ingress_values(hub: Hub, host: str, service: str, secret: str) -> dict[str, Any]:
    """The `ingress` section that both charts share; each host has a TLS secret of its own."""
    return {
        "enabled": True,
        "ingressClassName": hub.cluster.ingress.class_name,
        "annotations": ingress_annotations(hub, host, service),
        "hosts": [host],
        "tls": [{"hosts": [host], "secretName": secret}],
    }
