"""The route of BinderHub on a Gateway. The jupyterhub chart has one of its own, binderhub-service
has none."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from components.routes import binder_route
from spec.model.stack import Hub


@dataclass(frozen=True, kw_only=True)
class BinderRouteArgs:
    """The hub whose BinderHub is routed to, and its release."""

    hub: Hub
    release: pulumi.Resource


class BinderRoute(pulumi.ComponentResource):
    """An HTTPRoute from the binder domain to BinderHub's Service.

    Does not manage the Gateway, its certificates, or its time-outs: a build streams its log over
    one request, so the Gateway must let a request last an hour.
    """

    def __init__(
        self, name: str, args: BinderRouteArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("binderhub:gateway:BinderRoute", name, None, opts)
        hub = args.hub
        kubernetes.apiextensions.CustomResource(
            f"{name}-binder",
            api_version="gateway.networking.k8s.io/v1",
            kind="HTTPRoute",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name="binderhub", namespace=hub.ns),
            spec=binder_route(hub),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[args.release],
                delete_before_replace=True,  # its name is fixed
            ),
        )
        self.register_outputs({})
