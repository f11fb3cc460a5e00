"""A hub: everything that one stack makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from components import dns
from components.cloud import RegistryParts
from components.clouds import Clouds
from components.cluster import exposure
from components.cluster.generated_secrets import GeneratedSecrets, GeneratedSecretsArgs
from components.cluster.releases import Releases, ReleasesArgs
from components.dns_records import next_step
from components.inputs.secrets import SecretSource
from components.labels import namespace_labels
from components.resource_options import adopted
from model.derived import names
from model.derived.clouds import cluster_cloud, registry_cloud
from model.derived.resolved import ResolvedHub
from model.hub import Hub
from model.secrets import FINGERPRINT_KEY
from values.releases import releases
from values.wanted_secrets import wanted_secrets

_HELPER_TOKEN = "registryHelperToken"


@dataclass(frozen=True, kw_only=True)
class BinderHubArgs:
    """The hub (complete), where its given secrets come from and which are set, and its clouds."""

    hub: ResolvedHub
    secrets: SecretSource
    secrets_set: frozenset[str]
    clouds: Clouds


class BinderHub(pulumi.ComponentResource):
    """Namespace, node pools, registry, DNS records, secrets and releases of one hub.

    Its providers come with the options. Does not manage the cluster, its ingress controller,
    cert-manager, or the DNS zone.
    """

    hub_url: str
    binder_url: str
    image_prefix: str | None
    namespace: str
    dns_records: dns.Records | None
    next_step: str

    def __init__(
        self, name: str, args: BinderHubArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("binderhub:hub:Hub", name, None, opts)
        resolved, hub, clouds = args.hub, args.hub.hub, args.clouds
        child = pulumi.ResourceOptions(parent=self)
        plans = releases(hub, args.secrets_set)
        namespace = self._namespace(name, hub)
        wanted = wanted_secrets(hub, plans)
        made = self._generated(name, hub, wanted.generated)
        registry = self._registry(hub, clouds, made, namespace)
        ready: list[pulumi.Resource] = [namespace, *registry.ready]
        if cloud := cluster_cloud(hub):
            ready.append(clouds[cloud].node_pools(hub, child))
        records = dns.make(hub, clouds, child)
        # Certificates are asked for by HTTP-01, which needs the records first.
        ready += [records.made] if records.made else []
        installed = Releases(
            f"{name}-releases",
            ReleasesArgs(
                plans=plans,
                namespace=hub.ns,
                secrets={
                    **made.values,
                    **registry.secrets,
                    **{
                        secret: args.secrets.require(secret)
                        for secret in sorted(wanted.of_operator)
                    },
                },
                fingerprint_key=made.values[FINGERPRINT_KEY],
                adopt={str(release): old for release, old in hub.adopt.releases.items()},
                after=ready,
            ),
            child,
        )
        if exposure.needed(resolved):
            after = list(installed.by_name.values())
            exposure.Exposure(
                f"{name}-exposure", exposure.ExposureArgs(hub=resolved, after=after), child
            )
        self.hub_url = names.hub_url(hub)
        self.binder_url = names.binder_url(hub)
        self.image_prefix = resolved.registry.image_prefix
        self.namespace = hub.ns
        self.dns_records = records.to_enter
        self.next_step = next_step(hub)
        self.register_outputs(self.outputs())

    def outputs(self) -> dict[str, Any]:
        """What the stack exports; `dnsRecords` only when somebody has to enter them."""
        out: dict[str, Any] = {
            "hubUrl": self.hub_url,
            "binderUrl": self.binder_url,
            "imagePrefix": self.image_prefix,
            "namespace": self.namespace,
            "dnsRecords": self.dns_records,
            "nextStep": self.next_step,
        }
        return {key: value for key, value in out.items() if value is not None}

    def _namespace(self, name: str, hub: Hub) -> kubernetes.core.v1.Namespace:
        return kubernetes.core.v1.Namespace(
            f"{name}-namespace",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=hub.ns, labels=namespace_labels(hub)),
            opts=adopted(
                hub.adopt.namespace,
                pulumi.ResourceOptions(
                    parent=self,
                    delete_before_replace=True,  # its name is fixed
                ),
            ),
        )

    def _generated(self, name: str, hub: Hub, wanted: frozenset[str]) -> GeneratedSecrets:
        return GeneratedSecrets(
            f"{name}-secrets",
            GeneratedSecretsArgs(
                wanted={*wanted, FINGERPRINT_KEY}, rotate={str(k): v for k, v in hub.rotate.items()}
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _registry(
        self,
        hub: Hub,
        clouds: Clouds,
        made: GeneratedSecrets,
        namespace: kubernetes.core.v1.Namespace,
    ) -> RegistryParts:
        cloud = registry_cloud(hub)
        if cloud is None:
            return RegistryParts()
        token = made.values.get(_HELPER_TOKEN)
        opts = pulumi.ResourceOptions(parent=self)
        return clouds[cloud].registry(hub, token, namespace, opts)
