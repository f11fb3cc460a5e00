"""Rules about the registry."""

from __future__ import annotations

from collections.abc import Iterator

from spec.credentials import registry_access
from spec.findings import Finding
from spec.model.chart import ClassicChart
from spec.model.cluster import AwsCluster, GcpCluster
from spec.model.registry import ArtifactRegistry, Ecr, Gcr, NoRegistry
from spec.model.stack import Hub
from spec.rules.catalogue import Context, Rule, check_of


@check_of("BH055", "error", "The registry belongs to the cluster's cloud.")
def cross_cloud(hub: Hub, _: Context, rule: Rule) -> Iterator[Finding]:
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


@check_of("BH113", "error", "Without a registry, the chart is the classic one with host builders.")
def none(hub: Hub, _: Context, rule: Rule) -> Iterator[Finding]:
    if not isinstance(hub.registry, NoRegistry):
        return
    if not (isinstance(hub.chart, ClassicChart) and hub.build.builder == "host"):
        yield rule.finding(
            "registry.kind",
            "none",
            "BinderHub would ask a docker daemon that its pod does not have, and "
            "never see an image.",
            "choose a registry (or chart.kind: binderhub with build.builder: host "
            "on a single docker node).",
        )


@check_of("BH046", "error", "An image prefix has a project level.")
def project_level(hub: Hub, _: Context, rule: Rule) -> Iterator[Finding]:
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
