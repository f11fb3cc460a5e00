"""AWS for a hub: one provider, the lookups, and the parts made there."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import pulumi
import pulumi_aws as aws

from components import kubeconfig
from components.aws.cluster import EksCluster, identity_provider, look_up, sizes
from components.aws.dns import Route53, Route53Args
from components.aws.node_counts import Sizes, too_many
from components.aws.node_pool import EksNodePools, EksNodePoolsArgs
from components.aws.registry import EcrHelperAccess, EcrHelperAccessArgs
from components.aws.shapes import load_balancer
from components.cloud import ClusterAccess, RegistryParts
from components.dns_records import Target
from components.inputs.lookups import ask, found, left_out
from components.labels import cloud_labels
from model.derived import names
from model.derived.pools import pools
from model.hub import Hub
from model.sections.cluster import AwsCluster

_ANYWHERE = "us-east-1"
"""Region for a hub that only keeps its DNS records here: Route 53 is global."""


class Aws:
    """A hub's connection to AWS.

    A given account is enforced: credentials that lead to another one are refused.
    """

    def __init__(self, hub: Hub) -> None:
        cluster = hub.cluster if isinstance(hub.cluster, AwsCluster) else None
        self._hub = hub
        self._provider = aws.Provider(
            f"{hub.name}-aws",
            region=cluster.region if cluster else _ANYWHERE,
            allowed_account_ids=[cluster.account] if cluster and cluster.account else None,
            default_tags=aws.ProviderDefaultTagsArgs(tags=cloud_labels(hub)),
        )
        self._invoke = pulumi.InvokeOptions(provider=self._provider)

    @property
    def provider(self) -> pulumi.ProviderResource:
        """The one AWS provider of the hub."""
        provider: pulumi.ProviderResource = self._provider
        return provider

    @cached_property
    def _cluster(self) -> EksCluster:
        return look_up(self._hub, self._invoke)

    def complete(self, hub: Hub) -> Hub:
        """The hub with the account of its cluster."""
        cluster = hub.cluster
        if not isinstance(cluster, AwsCluster) or cluster.account:
            return hub
        what = "it is left out, and your credentials lead to no account"
        fix = "Log in (`aws sso login`, or set AWS_PROFILE), or write cluster.account."
        answer: Any = ask(
            "cluster.account", what, fix, lambda: aws.get_caller_identity(opts=self._invoke)
        )
        account = found("cluster.account", what, fix, answer.account_id)
        left_out("cluster.account", f'"{account}"', names.UNKNOWN_ACCOUNT)
        return hub.model_copy(update={"cluster": cluster.model_copy(update={"account": account})})

    @cached_property
    def _present(self) -> dict[str, Sizes]:
        # A draining pool keeps what it has, whatever that is.
        wanted = [pool.name for pool in pools(self._hub) if not pool.draining]
        return sizes(self._cluster, wanted, self._invoke)

    def check(self, hub: Hub) -> None:
        """No group gets a maximum below the nodes that it has now."""
        if refused := too_many(pools(hub), self._present):
            raise pulumi.RunError("\n".join(refused))

    def access(self, hub: Hub) -> ClusterAccess:
        """A kubeconfig for the cluster's endpoint."""
        eks = self._cluster
        return ClusterAccess(
            kubeconfig=kubeconfig.eks(
                name=eks.name, region=eks.region, endpoint=eks.endpoint, ca=eks.ca
            )
        )

    def node_pools(self, hub: Hub, opts: pulumi.ResourceOptions) -> pulumi.Resource:
        """The user pool, and the builders' where there is one."""
        eks = self._cluster
        args = EksNodePoolsArgs(
            hub=hub, cluster=eks.name, subnets=eks.subnets, present=self._present
        )
        return EksNodePools(f"{hub.name}-nodes", args, opts)

    def registry(
        self,
        hub: Hub,
        token: pulumi.Output[str] | None,
        namespace: pulumi.Resource,
        opts: pulumi.ResourceOptions,
    ) -> RegistryParts:
        """The registry helper's role and token; the helper itself is a release."""
        assert token is not None, "a hub with ECR has the registry helper's token"
        identity = identity_provider(self._cluster, self._invoke)
        args = EcrHelperAccessArgs(hub=hub, token=token, identity=identity, namespace=namespace)
        return RegistryParts(ready=(EcrHelperAccess(f"{hub.name}-registry", args, opts),))

    def dns(self, hub: Hub, target: Target, opts: pulumi.ResourceOptions) -> pulumi.Resource:
        """Records in Route 53."""
        assert hub.domains
        dns = hub.domains.dns
        assert dns.zone, "rules refuse records without a zone"
        args = Route53Args(
            hub=hub,
            target=target,
            zone_id=self._zone(dns.zone),
            alias_zone_id=(dns.alias_zone or self._alias_zone(hub)) if dns.alias else None,
        )
        return Route53(f"{hub.name}-dns", args, opts)

    def _alias_zone(self, hub: Hub) -> str:
        hostname = hub.cluster.ingress.hostname or ""
        fix = "Write domains.dns.aliasZone."
        what = f"the hosted zone of {hostname!r} is not known"
        known = found("domains.dns.aliasZone", what, fix, load_balancer(hostname))
        answer: Any = ask(
            "domains.dns.aliasZone",
            what,
            fix,
            lambda: aws.lb.get_hosted_zone_id(
                region=known.region, load_balancer_type=known.type, opts=self._invoke
            ),
        )
        return str(found("domains.dns.aliasZone", what, fix, answer.id))

    def _zone(self, zone: str) -> str:
        fix = "Check domains.dns.zone (the domain name of a public hosted zone)."
        answer: Any = ask(
            "domains.dns.zone",
            f"hosted zone {zone!r} cannot be looked up",
            fix,
            lambda: aws.route53.get_zone(name=zone, private_zone=False, opts=self._invoke),
        )
        return str(
            found("domains.dns.zone", f"hosted zone {zone!r} has no id", fix, answer.zone_id)
        )
