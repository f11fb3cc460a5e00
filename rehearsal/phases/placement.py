"""Phase `placement`: every workload is ready, on the node that it belongs to."""

from __future__ import annotations

from collections import Counter

from rehearsal.checks import build_pod, placement
from rehearsal.context import HubUnderTest
from rehearsal.report import Phase, judged

NAME = "placement"


def run(context: HubUnderTest) -> Phase:
    objects = context.fresh()
    sockets = build_pod.daemons(objects)
    found = placement.check(objects, context.resolved, sockets)
    where = Counter(pod["spec"].get("nodeName", "no node") for pod in objects.of("Pod"))
    spread = ", ".join(f"{count} on {node}" for node, count in sorted(where.items()))
    return judged(NAME, found, [f"pods: {spread}; docker API on {len(sockets)} build nodes"])
