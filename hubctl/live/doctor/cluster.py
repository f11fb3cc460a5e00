"""Checks of the cluster: access, ingress class, issuer, gateway, core nodes, stuck releases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hubctl.console.checks import Check
from hubctl.live.access import helm_access, kube_access
from hubctl.live.doctor.edges import Edges
from hubctl.live.doctor.tools import load, reached_by_cloud
from model.hub import Hub
from model.sections.cluster import GcpCluster
from values.releases import releases


def _json(hub: Hub, edges: Edges, *words: str) -> tuple[Any, str]:
    """What kubectl printed, or None and its complaint."""
    done = edges.run(
        ["kubectl", *words, "--output", "json", "--request-timeout", "10s", *kube_access(hub)]
    )
    return (load(done.out), "") if done.ok else (None, done.words)


def access(hub: Hub, edges: Edges) -> Iterator[Check]:
    """Whether kubectl reaches this hub's cluster, and not another one."""
    cluster = hub.cluster
    if reached_by_cloud(hub):
        done = edges.run(["kubectl", "config", "current-context"])
        if done.status == 127:
            yield Check(name="cluster", state="skipped", detail="kubectl is not on the PATH")
            return
        if cluster.name and cluster.name not in done.out:
            yield Check(
                name="cluster", state="skipped", fix=f"run `{credentials_command(hub)}`.",
                detail=f"kubectl's context is {done.out.strip() or 'not set'}, not {cluster.name}",
            )  # fmt: skip
            return
    told, said = _json(hub, edges, "version")
    if told is None:
        yield Check(name="cluster", state="error", detail=said,
                    fix="check cluster.kubeContext or cluster.kubeconfig, and your login."
                    if not reached_by_cloud(hub) else f"run `{credentials_command(hub)}`.")  # fmt: skip
        return
    version = (told.get("serverVersion") or {}).get("gitVersion", "?")
    yield Check(name="cluster", state="ok", detail=f"Kubernetes {version}")


def credentials_command(hub: Hub) -> str:
    """What puts the cluster into the kubeconfig."""
    cluster = hub.cluster
    if isinstance(cluster, GcpCluster):
        project = f" --project {cluster.project}" if cluster.project else ""
        return f"gcloud container clusters get-credentials {cluster.name} --location {cluster.location}{project}"
    region = getattr(cluster, "location", "")
    return f"aws eks update-kubeconfig --name {cluster.name} --region {region}"


def ingress(hub: Hub, edges: Edges) -> Iterator[Check]:
    """Whether the cluster offers the ingress class (rule BH013) or gateway, and the issuer."""
    if not hub.domains:
        return
    wanted = hub.cluster.ingress
    if wanted.gateway:
        told, said = _json(hub, edges, "get", "gateway", wanted.gateway.name,
                           "--namespace", wanted.gateway.namespace)  # fmt: skip
        yield Check(
            name="gateway", state="ok" if told else "error",
            detail=f"{wanted.gateway.namespace}/{wanted.gateway.name}" if told else said,
            fix="" if told else "make the Gateway, or correct cluster.ingress.gateway.",
        )  # fmt: skip
        return
    told, said = _json(hub, edges, "get", "ingressclass")
    if told is None:
        yield Check(name="ingress class", state="skipped", detail=said)
    else:
        have = sorted(item["metadata"]["name"] for item in told.get("items", []))
        if wanted.class_name in have:
            yield Check(name="ingress class", state="ok", detail=wanted.class_name)
        elif wanted.kind == "gce":
            yield Check(name="ingress class", state="ok", detail="GKE's own, by annotation")
        else:
            yield Check(
                name="ingress class", state="error",
                detail=f"BH013: {wanted.class_name!r} is not offered (has: {', '.join(have) or 'none'})",
                fix="write one of these as cluster.ingress.className, or install the controller.",
            )  # fmt: skip
    if wanted.kind == "alb":
        return
    told, said = _json(hub, edges, "get", "clusterissuer", wanted.cluster_issuer)
    if told is None:
        yield Check(name="issuer", state="error", detail=f"ClusterIssuer {wanted.cluster_issuer}: {said}",
                    fix="make it with cert-manager, or correct cluster.ingress.clusterIssuer.")  # fmt: skip
        return
    conditions = {c.get("type"): c for c in (told.get("status") or {}).get("conditions", [])}
    ready = conditions.get("Ready", {})
    good = ready.get("status") == "True"
    yield Check(name="issuer", state="ok" if good else "error",
                detail=wanted.cluster_issuer if good else f"not ready: {ready.get('message', 'no reason')}"[:200],
                fix="" if good else f"kubectl describe clusterissuer {wanted.cluster_issuer}")  # fmt: skip


def core_nodes(hub: Hub, edges: Edges) -> Iterator[Check]:
    """Whether a node has the labels that core pods ask for; without one they wait for ever."""
    selector = hub.cluster.core_nodes.selector
    if not selector:
        return
    labels = ",".join(f"{k}={v}" for k, v in selector.items())
    told, said = _json(hub, edges, "get", "nodes", "--selector", labels)
    if told is None:
        yield Check(name="core nodes", state="skipped", detail=said)
    elif not told.get("items"):
        yield Check(name="core nodes", state="error", detail=f"no node has {labels}",
                    fix="label your core nodes, or write cluster.coreNodes.selector ({} for any).")  # fmt: skip
    else:
        yield Check(name="core nodes", state="ok", detail=f"{len(told['items'])} with {labels}")


def stuck(hub: Hub, edges: Edges) -> Iterator[Check]:
    """Releases that an interrupted update left behind, and the command that frees each."""
    done = edges.run(["helm", "list", "--all", "--output", "json", *helm_access(hub)])
    told = load(done.out) if done.ok else None
    if not isinstance(told, list):
        yield Check(name="releases", state="skipped", detail=done.words)
        return
    found = {str(r.get("name")): str(r.get("status")) for r in told if isinstance(r, dict)}
    options = " ".join(helm_access(hub))
    troubled = False
    for plan in releases(hub):
        status = found.get(plan.name, "")
        if status.startswith("pending-") or status == "uninstalling":
            troubled = True
            free = "rollback" if status in ("pending-upgrade", "pending-rollback") else "uninstall"
            yield Check(name="releases", state="error", detail=f"{plan.name} is stuck: {status}",
                        fix=f"when nobody runs an update: helm {free} {plan.name} {options}")  # fmt: skip
        elif status == "failed":
            troubled = True
            yield Check(name="releases", state="warning", detail=f"{plan.name} failed",
                        fix=f"see why: helm history {plan.name} {options}; then `pulumi up`.")  # fmt: skip
    if not troubled:
        there = [f"{p.name} {found[p.name]}" for p in releases(hub) if p.name in found]
        yield Check(name="releases", state="ok", detail=", ".join(there) or "none installed yet")
