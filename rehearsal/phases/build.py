"""Phase `build`: a build pod lands beside a docker socket and can push."""

from __future__ import annotations

import copy
import time

from rehearsal import build
from rehearsal.context import Context
from rehearsal.objects import Object, path_of
from rehearsal.report import Finding, Phase, judged
from spec.pool import build_pool

NAME = "build"
_SECONDS = 15.0


def run(context: Context) -> Phase:
    objects = context.fresh()
    chosen = build.settings(objects)
    manifest, served = build.pod(chosen), build.daemons(objects)
    found = [*build.check_credentials(objects, chosen), *build.check_sockets(chosen, served)]
    pods = {pod["metadata"]["name"]: pod for pod in objects.of("Pod")}
    beside = {
        pods[name]["spec"].get("nodeName", "")
        for name, folder in served.items()
        if chosen.socket and chosen.socket.startswith(f"{folder}/")
    }
    landed, reason = _landed(context, manifest)
    if chosen.socket is None:
        beside = {landed} if landed else set()
    nodes = list(objects.of("Node"))
    if landed is None or landed not in beside:
        # What may land is what counts, not only where this one went.
        why = build.why_not(manifest, nodes, build_pool(context.hub), beside)
        found += why or [_elsewhere(landed, reason)]
    elif strays := build.why_not(manifest, nodes, build_pool(context.hub), beside):
        found += strays
    facts = [f"build pod on {landed or 'no node'}; docker sockets on {len(beside)} nodes"]
    facts.append(
        f"pushes to {chosen.image_prefix} with "
        + (
            "a token of the registry helper"
            if chosen.credentials
            else f"Secret {chosen.push_secret}"
        )
    )
    return judged(NAME, found, facts)


def _elsewhere(landed: str | None, reason: str) -> Finding:
    return Finding(
        what=f"it landed on {landed or 'no node'}.",
        where=f"Pod/{build.NAME}",
        why=reason or "No docker socket is there.",
        fix="compare its node selector and tolerations with the docker API's.",
    )


def _landed(context: Context, manifest: Object) -> tuple[str | None, str]:
    """Where the scheduler puts it (node, why not); the pod is removed again."""
    pods = path_of("Pod", context.namespace)
    context.kube.request("POST", pods, body=copy.deepcopy(manifest))
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
