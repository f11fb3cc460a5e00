"""`cluster`, `domains` and `nodes` of existing values. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hubctl.takeover.helm_values.paths import get, listing, mapping
from hubctl.takeover.helm_values.read_registry import registry as read_registry
from hubctl.takeover.helm_values.source import Section, Source, only_set
from model.derived.machines import CATALOGUE

_INSTANCE = "node.kubernetes.io/instance-type"


def provider(source: Source, registry: Section) -> str | None:
    """gcp, aws or kubernetes; None when the values do not tell."""
    if source.flags.get("provider"):
        return source.flags["provider"]
    machine = CATALOGUE.get(str(_machine(source)))
    if machine:
        return machine.cloud
    return {"artifact-registry": "gcp", "gcr": "gcp", "ecr": "aws"}.get(registry.get("kind", ""))


def cluster(source: Source, registry: Section) -> Section:
    cloud, flags = provider(source, registry), source.flags
    out = only_set(
        provider=cloud,
        name=flags.get("cluster"),
        project=flags.get("project") or (registry.get("project") if cloud == "gcp" else None),
        account=flags.get("account") or (registry.get("account") if cloud == "aws" else None),
        location=flags.get("location")
        or (registry.get("region") if cloud == "aws" else registry.get("location")),
        kubeContext=flags.get("kube-context"),
    )
    if cloud != "gcp":
        out.pop("project", None)
    if cloud != "aws":
        out.pop("account", None)
    if cloud not in ("gcp", "aws"):
        out.pop("location", None)
    # What the cluster has, the registry need not repeat.
    for key, same in (("project", "project"), ("account", "account"), ("location", "location"),
                      ("region", "location")):  # fmt: skip
        if key in registry and registry[key] == out.get(same):
            del registry[key]
    ingress = _ingress(source)
    if ingress:
        out["ingress"] = ingress
    core = mapping(source.hub, "hub.nodeSelector")
    if core != {"hub.jupyter.org/node-purpose": "core"}:
        # Without a selector the pods went anywhere; nodes with our label may not exist.
        out["coreNodes"] = {"selector": dict(core)}
    return out


def _ingress(source: Source) -> Section:
    ingress = mapping(source.hub, "ingress")
    notes: Mapping[str, Any] = mapping(ingress, "annotations")
    class_name = ingress.get("ingressClassName") or notes.get("kubernetes.io/ingress.class")
    issuer = notes.get("cert-manager.io/cluster-issuer")
    out = only_set(
        className=class_name if class_name != "nginx" else None,
        controller="ingress-nginx"
        if any(k.startswith("nginx.ingress.kubernetes.io/") for k in notes)
        else None,
        clusterIssuer=issuer if issuer != "letsencrypt-prod" else None,
    )
    own = {k: str(v) for k, v in {**_notes(source.binder), **notes}.items() if k not in _DERIVED}
    if own:
        out["annotations"] = own
    gateway = get(source.hub, "httpRoute.gateway")
    if get(source.hub, "httpRoute.enabled") and isinstance(gateway, Mapping):
        out["gateway"] = only_set(
            name=gateway.get("name"),
            namespace=gateway.get("namespace"),
            sectionName=gateway.get("sectionName"),
        )
    target = source.flags.get("ingress", "")
    if target:
        out["address" if re.match(r"[\d.]+\Z", target) else "hostname"] = target
    return out


_DERIVED = (
    "cert-manager.io/cluster-issuer",
    "acme.cert-manager.io/http01-edit-in-place",
    "kubernetes.io/ingress.class",
    "kubernetes.io/tls-acme",
)


def _notes(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(values, "ingress.annotations")


def domains(source: Source) -> Section:
    return only_set(
        hub=source.flags.get("hub-domain")
        or _host(source.hub)
        or _of_url(source.config("BinderHub.hub_url")),
        binder=source.flags.get("binder-domain")
        or _host(source.binder)
        or _of_url(source.config("BinderHub.badge_base_url")),
    )


def _host(values: Mapping[str, Any]) -> str | None:
    for path in ("ingress.hosts", "httpRoute.hostnames"):
        hosts = get(values, path)
        if isinstance(hosts, list) and hosts and isinstance(hosts[0], str):
            return hosts[0]
    return None


def _of_url(url: Any) -> str | None:
    match = re.match(r"https?://([^/:]+)", url) if isinstance(url, str) else None
    return match[1] if match and not re.match(r"[\d.]+\Z", match[1]) else None


def _machine(source: Source) -> str | None:
    for values, path in ((source.hub, "singleuser.nodeSelector"),
                         (source.binder, "dockerApi.nodeSelector"),
                         (source.binder, "config.KubernetesBuildExecutor.node_selector")):  # fmt: skip
        selector = get(values, path)
        if isinstance(selector, Mapping) and selector.get(_INSTANCE):
            return str(selector[_INSTANCE])
    return None


def nodes(source: Source) -> Section:
    purpose = get(source.hub, "scheduling.userPods.nodeAffinity.matchNodePurpose")
    out = only_set(nodePurpose=purpose if purpose != "prefer" else None)
    cloud = provider(source, read_registry(source))
    if cloud in ("gcp", "aws"):
        machine = _machine(source)
        default = {"gcp": "n2-highmem-4", "aws": "r5.xlarge"}[cloud]
        return out | only_set(machineType=machine if machine != default else None)
    tolerations = listing(source.hub, "singleuser.extraTolerations")
    return out | only_set(
        selector=get(source.hub, "singleuser.nodeSelector"),
        tolerations=[t for t in tolerations if isinstance(t, Mapping)],
    )
