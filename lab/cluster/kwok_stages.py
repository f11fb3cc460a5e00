"""How simulated nodes and pods live: kwok's Stage documents, from `kwok_stages.yaml`.

kwok as a plain binary knows no life cycle of its own. Ours:

- a node becomes Ready at once and stays so (its lease is renewed by kwok);
- a pod that the scheduler has placed becomes Running and Ready; a user's server has a loopback
  address, at which a real one may be started, and any other pod one of 198.18.0.0/16;
- a pod of a Job succeeds, and so does any pod annotated `binderhub.lab/outcome: succeed`;
  `fail` makes it fail; `hold` keeps it from starting. Other pods run until they are deleted, so
  a build pod runs until somebody says how the build ends;
- a deleted pod goes away.

Nothing is executed: containers, probes and volumes are not simulated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from typing import Any

import yaml

from lab.install.pins import KUBERNETES

OUTCOME = "binderhub.lab/outcome"
SERVED = "singleuser-server"
"""Label `component` of the pods that something really connects to."""

Document = Mapping[str, Any]


def pod_cidr(port: int) -> str:
    """The addresses of users' pods of the control plane whose kwok listens on `port`.

    A hub really connects to them, so they are on loopback; and servers really listen there, so two
    labs of one machine must not share them. Kubernetes refuses loopback addresses as endpoints of
    a Service, for which the official plugin would wait ten minutes; so pods that nothing connects
    to have one in the network for tests of RFC 2544, which leads nowhere. It is made from the pod's
    uid: kwok takes no address back that is not of its own range, and would run out of it."""
    index = port % 2**14
    return f"127.{128 + (index >> 7)}.{(index & 127) << 1}.0/23"


def config(extra: Iterable[Document] = ()) -> str:
    """The text of kwok's configuration file; `extra` documents are for pod logs and the like."""
    known = {
        "KUBERNETES": KUBERNETES,
        "SERVED": SERVED,
        "READY": '.status.conditions.[] | select( .type == "Ready" ) | .status',
        "ASKED": f'.metadata.annotations["{OUTCOME}"]',
    }
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    short = yaml.safe_load(Template(text).safe_substitute(known))
    stages = [_stage(one, short["templates"]) for one in short["stages"]]
    return yaml.safe_dump_all([*stages, *map(dict, extra)], sort_keys=False)


def _stage(short: Document, templates: Mapping[str, str]) -> Document:
    expressions = [
        {"key": key, "operator": operator, **({"values": values} if values else {})}
        for key, operator, *values in short["when"]
    ]
    status = "".join(templates[name] for name in short.get("status", ()))
    filled = Template(status).safe_substitute(short.get("with", {}))
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": short["name"]},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": short.get("kind", "Pod")},
            "selector": {"matchExpressions": expressions},
            "next": {"statusTemplate": filled} if filled else {"delete": True},
            **({"delay": short["delay"]} if "delay" in short else {}),
        },
    }
