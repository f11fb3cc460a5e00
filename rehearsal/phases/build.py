"""Phase `build`: a build pod lands beside a docker socket and can push."""

from __future__ import annotations

import copy
import time

from kubernetes.client.exceptions import ApiException

from lab.cluster.client import said
from rehearsal.checks import build_pod, build_settings
from rehearsal.context import HubUnderTest
from rehearsal.objects import Object, labels, path_of
from rehearsal.report import Phase, Trouble, judged

NAME = "build"
_SECONDS = 15.0


def run(context: HubUnderTest) -> Phase:
    objects = context.fresh()
    chosen = build_settings.settings(objects)
    manifest, served = build_pod.pod(chosen), build_pod.daemons(objects)
    found = [
        *build_pod.check_command(chosen),
        *build_pod.check_credentials(objects, chosen),
        *build_pod.check_sockets(chosen, served),
    ]
    pods = {pod["metadata"]["name"]: pod for pod in objects.of("Pod")}
    beside = {
        pods[name]["spec"].get("nodeName", "")
        for name, socket in served.items()
        if socket == chosen.socket
    }
    landed, reason = _landed(context, manifest)
    nodes = list(objects.of("Node"))
    if chosen.socket is None or chosen.of_nodes:
        # Any node that is meant for builds will do.
        pool = context.resolved.build_pool.selector
        beside = {n["metadata"]["name"] for n in nodes if pool.items() <= labels(n).items()}
    if landed is None or landed not in beside:
        # What may land is what counts, not only where this one went.
        why = build_pod.why_not(manifest, nodes, context.resolved.build_pool, beside)
        found += why or [_elsewhere(landed, reason)]
    elif strays := build_pod.why_not(manifest, nodes, context.resolved.build_pool, beside):
        found += strays
    facts = [f"build pod on {landed or 'no node'}; {_sockets(chosen, len(beside))}", _push(chosen)]
    return judged(NAME, found, facts)


def _sockets(chosen: build_settings.BuildSettings, nodes: int) -> str:
    if chosen.of_nodes:
        return f"{chosen.socket} is the nodes' own docker, which simulated nodes do not have"
    return f"docker sockets on {nodes} nodes" if chosen.socket else "no docker socket is used"


def _push(chosen: build_settings.BuildSettings) -> str:
    if not chosen.use_registry:
        return "no registry: images stay in the docker of the node that built them"
    secret = (
        "a token of the registry helper" if chosen.credentials else f"Secret {chosen.push_secret}"
    )
    return f"pushes to {chosen.image_prefix} with {secret}"


def _elsewhere(landed: str | None, reason: str) -> Trouble:
    return Trouble(
        what=f"it landed on {landed or 'no node'}.",
        where=f"Pod/{build_pod.NAME}",
        why=reason or "No docker socket is there.",
        fix="compare its node selector and tolerations with the docker API's.",
    )


def _landed(context: HubUnderTest, manifest: Object) -> tuple[str | None, str]:
    """Where the scheduler puts it (node, why not); the pod is removed again."""
    pods = path_of("Pod", context.namespace)
    try:
        context.kube.request("POST", pods, body=copy.deepcopy(manifest))
    except ApiException as error:
        return None, f"Kubernetes refuses build pods ({said(error)})."
    path = f"{pods}/{manifest['metadata']['name']}"
    reason, deadline = "", time.monotonic() + _SECONDS
    try:
        while time.monotonic() < deadline:
            seen = context.kube.request("GET", path)
            if node := seen["spec"].get("nodeName"):
                return str(node), ""
            conditions = seen.get("status", {}).get("conditions") or []
            reason = next(
                (c.get("message", "") for c in conditions if c["type"] == "PodScheduled"), ""
            )
            if reason:
                break  # The scheduler has looked; without a new node it will not change its mind.
            time.sleep(0.1)
        return None, reason
    finally:
        context.kube.request("DELETE", path, query={"gracePeriodSeconds": "0"})
