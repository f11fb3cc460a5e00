"""What reaches a hub from outside and no chart makes: routes on a Gateway, a load balancer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from model.derived.resolved import ResolvedHub
from values.sections.exposure import binder_load_balancer, own_routes


@dataclass(frozen=True, kw_only=True)
class ExposureArgs:
    """The hub, and the releases whose Services are pointed at."""

    hub: ResolvedHub
    after: Sequence[pulumi.Resource]


class Exposure(pulumi.ComponentResource):
    """HTTPRoutes and the Service that `values.sections.exposure` decides on.

    Does not manage the Gateway, its certificates, or its time-outs: a build streams its log over
    one request, so the Gateway must let a request last an hour.
    """

    def __init__(
        self, name: str, args: ExposureArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("binderhub:exposure:Exposure", name, None, opts)
        child = pulumi.ResourceOptions(
            parent=self,
            depends_on=list(args.after),
            delete_before_replace=True,  # names are fixed
        )
        for route in own_routes(args.hub):
            kubernetes.apiextensions.CustomResource(
                f"{name}-{route['metadata']['name']}",
                api_version="gateway.networking.k8s.io/v1",
                kind="HTTPRoute",
                metadata=kubernetes.meta.v1.ObjectMetaArgs(**route["metadata"]),
                spec=route["spec"],
                opts=child,
            )
        if service := binder_load_balancer(args.hub):
            spec = service["spec"]
            kubernetes.core.v1.Service(
                f"{name}-load-balancer",
                metadata=kubernetes.meta.v1.ObjectMetaArgs(**service["metadata"]),
                spec=kubernetes.core.v1.ServiceSpecArgs(
                    type=spec["type"],
                    load_balancer_ip=spec["loadBalancerIP"],
                    external_traffic_policy=spec["externalTrafficPolicy"],
                    selector=spec["selector"],
                    ports=[
                        kubernetes.core.v1.ServicePortArgs(
                            name=port["name"], port=port["port"], target_port=port["targetPort"]
                        )
                        for port in spec["ports"]
                    ],
                ),
                opts=child,
            )
        self.register_outputs({})


def needed(hub: ResolvedHub) -> bool:
    """Whether the program has to make anything."""
    return bool(own_routes(hub)) or binder_load_balancer(hub) is not None
