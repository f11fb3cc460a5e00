"""Rules about the registry."""

from __future__ import annotations

from collections.abc import Iterator

from model.derived.flavour import node_builder
from model.derived.registry_access import registry_access
from model.findings import Finding
from model.hub import Hub
from model.rules.catalogue import Rule, RuleContext, check_of
from model.sections.cluster import AwsCluster, GcpCluster
from model.sections.registry import ArtifactRegistry, CustomRegistry, Ecr, Gcr, NoRegistry, Quay


@check_of("BH055", "error", "The registry is in the cluster's cloud and account.")
def cross_cloud(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    registry, cluster = hub.registry, hub.cluster
    if isinstance(registry, Ecr) and not isinstance(cluster, AwsCluster):
        yield rule.finding(
            "registry.kind",
            "ecr",
            f"the cluster's provider is {cluster.provider}; the helper's role is "
            "bound to an EKS service account.",
            "use a registry that takes a password: quay, dockerhub, acr or custom.",
        )
    if (
        isinstance(registry, Ecr)
        and isinstance(cluster, AwsCluster)
        and registry.account not in (None, cluster.account)
    ):
        yield rule.finding(
            "registry.account",
            registry.account,
            f"the helper's role and the nodes belong to account {cluster.account or '(not set)'}: "
            "it would make repositories there, and builds push to another.",
            "leave it out.",
        )
    if (
        isinstance(registry, ArtifactRegistry | Gcr)
        and not isinstance(cluster, GcpCluster)
        and not registry.allow_cross_cloud
    ):
        yield rule.finding(
            "registry.kind",
            registry.kind,
            f"the cluster's provider is {cluster.provider}: images would cross clouds.",
            "set registry.allowCrossCloud: true if that is meant.",
        )
    if (
        isinstance(registry, ArtifactRegistry | Gcr)
        and not isinstance(cluster, GcpCluster)
        and not registry.project
    ):
        yield rule.finding(
            "registry.project",
            None,
            "the cluster has no GCP project to take.",
            "set registry.project.",
        )


@check_of("BH113", "error", "`registry.kind: none` needs the classic chart with the host builder.")
def none(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if not isinstance(hub.registry, NoRegistry):
        return
    if hub.nodes.builders:
        yield rule.finding(
            "nodes.builders",
            "(given)",
            "without a registry an image is only on the node that built it, and servers run on "
            "others.",
            "remove it, or choose a registry.",
        )
    if node_builder(hub) != "host":
        yield rule.finding(
            "registry.kind",
            "none",
            "BinderHub would ask a docker daemon that its pod does not have, and "
            "never see an image.",
            "choose a registry (or chart.kind: binderhub with build.builder: host "
            "on a single docker node).",
        )


@check_of("BH163", "error", "`registry.private` fits the registry and its credentials.")
def pulled(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    registry = hub.registry
    if isinstance(registry, Quay) and not registry.private:
        yield rule.finding(
            "registry.private",
            False,
            "quay.io makes each new image private, and servers could not be pulled.",
            "remove it.",
        )
    if isinstance(registry, CustomRegistry) and registry.private and not registry.username:
        yield rule.finding(
            "registry.private",
            True,
            "there is no user to pull them as.",
            "set registry.username and the secret registryPassword, or remove it.",
        )


@check_of("BH046", "error", "An image prefix has the form host/project/prefix.")
def project_level(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    prefix = registry_access(hub).image_prefix
    if (
        prefix
        and "." in prefix.split("/")[0]
        and prefix.count("/") < 2
        and not isinstance(hub.registry, Ecr)
    ):
        yield rule.finding(
            "registry", prefix, "BinderHub expects host/project/prefix.", "name a project level."
        )
