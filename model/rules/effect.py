"""Rules about keys and secrets that are set and have no effect: whoever set them believes they do."""

from __future__ import annotations

from collections.abc import Iterator

from model.derived.flavour import node_builder
from model.fields import Model
from model.findings import Finding
from model.hub import Hub
from model.repository_patterns import readable
from model.rules.catalogue import Rule, RuleContext, check_of
from model.rules.operations import needed_secrets
from model.secrets import OPERATOR_SECRETS
from model.sections.chart import ChartPin
from model.sections.cluster import KubernetesCluster
from model.sections.registry import CustomRegistry, Ecr


def _keys_set(model: Model | None, *fields: str) -> list[str]:
    """Keys of these fields that the file sets."""
    if model is None:
        return []
    shape = type(model).model_fields
    return [shape[f].alias or f for f in fields if f in model.model_fields_set]


@check_of("BH146", "warning", "No key is set that has no effect on this hub.")
def unused(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    for section, keys, reason in _without_effect(hub):
        for key in keys:
            yield rule.finding(f"{section}.{key}", "(given)", reason, "remove it.")


def _without_effect(hub: Hub) -> Iterator[tuple[str, list[str], str]]:
    nodes, build, ingress = hub.nodes, hub.build, hub.cluster.ingress
    builder = node_builder(hub)
    if isinstance(hub.cluster, KubernetesCluster):
        reason = "the nodes of this cluster exist already; the program makes none."
        yield "nodes", _keys_set(nodes, "zones", "disk_gb", "spot"), reason
        yield "nodes.builders", _keys_set(nodes.builders, "disk_gb", "spot"), reason
    if builder is None:
        reason = "the default charts build in a docker daemon of their own on each node."
        yield "build", _keys_set(build, "builder"), reason
    else:
        reason = "the classic chart keeps images under a folder of the node, without a bound."
        yield "build", _keys_set(build, "docker_storage"), reason
        if builder == "host":
            yield "build", _keys_set(build, "cpu"), "the node's own docker daemon builds."
    if ingress.gateway:
        fields = ("class_name", "controller", "cluster_issuer", "annotations")
        yield "cluster.ingress", _keys_set(ingress, *fields), "a Gateway is used, and no Ingress."
    if hub.domains:
        dns = hub.domains.dns
        others = {
            "manual": ("zone", "zone_domain", "project", "alias_zone"),
            "external-dns": ("zone", "zone_domain", "project", "alias_zone"),
            "route53": ("zone_domain", "project"),
            "cloud-dns": ("alias_zone",),
        }[dns.provider]
        yield "domains.dns", _keys_set(dns, *others), f"provider {dns.provider} does not use it."
    if isinstance(hub.registry, CustomRegistry) and hub.registry.basic:
        reason = "with basic authentication no token is asked for."
        yield "registry", _keys_set(hub.registry, "token_url"), reason
    if hub.chart.registry_helper != ChartPin() and not isinstance(hub.registry, Ecr):
        yield "chart", ["registryHelper"], "only registry.kind ecr has the helper."


@check_of("BH147", "warning", "No secret is set that this hub does not use.")
def idle_secrets(hub: Hub, context: RuleContext, rule: Rule) -> Iterator[Finding]:
    used = {*needed_secrets(hub), *_tokens(hub)}
    for name in sorted((context.secrets_set & set(OPERATOR_SECRETS)) - used):
        yield rule.finding(
            name,
            "<secret>",
            "nothing of this hub uses it.",
            f"run `pulumi config rm {name}`, and revoke it if nobody else needs it.",
        )


def _tokens(hub: Hub) -> set[str]:
    """Tokens of repository providers that may be used; all of them when none is listed."""
    names = {pattern.provider.name for _, pattern in readable(hub.launch.repositories)}
    tokens = {"githubToken"} if not names or names & {"github", "gist"} else set()
    return tokens | ({"gitlabToken"} if not names or "gitlab" in names else set())
