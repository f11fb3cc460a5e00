"""How simulated nodes and pods live: kwok's Stage documents, written out by us.

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
from typing import Any

import yaml

from lab.install.pins import KUBERNETES

OUTCOME = "binderhub.lab/outcome"
SERVED = "singleuser-server"
"""Label `component` of the pods that something really connects to."""
LEASE_SECONDS = 40

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


_CONDITIONS = """\
conditions:
{{ range NodeConditions }}
- type: {{ .type | Quote }}
  status: {{ .status | Quote }}
  reason: {{ .reason | Quote }}
  message: {{ .message | Quote }}
  lastHeartbeatTime: {{ $now | Quote }}
  lastTransitionTime: {{ $since | Quote }}
{{ end }}
"""

# Allocatable and capacity are not touched: whoever made the node set them.
_NODE = (
    """\
{{ $now := Now }}
{{ $since := or .metadata.creationTimestamp $now }}
phase: Running
addresses:
- type: InternalIP
  address: {{ NodeIP | Quote }}
- type: Hostname
  address: {{ .metadata.name | Quote }}
daemonEndpoints:
  kubeletEndpoint:
    Port: {{ NodePort }}
nodeInfo:
  architecture: amd64
  operatingSystem: linux
  osImage: simulated
  kernelVersion: simulated
  containerRuntimeVersion: simulated
  kubeProxyVersion: KUBELET_VERSION
  kubeletVersion: KUBELET_VERSION
  bootID: ""
  machineID: ""
  systemUUID: ""
""".replace("KUBELET_VERSION", f"v{KUBERNETES}")
    + _CONDITIONS
)

_HEARTBEAT = (
    "{{ $now := Now }}\n{{ $since := or .metadata.creationTimestamp $now }}\n" + _CONDITIONS
)

_POD_READY = """\
{{ $now := Now }}
phase: Running
startTime: {{ $now | Quote }}
conditions:
{{ range $type := list "Initialized" "ContainersReady" "Ready" }}
- type: {{ $type }}
  status: "True"
  lastTransitionTime: {{ $now | Quote }}
{{ end }}
{{ range .spec.readinessGates }}
- type: {{ .conditionType | Quote }}
  status: "True"
  lastTransitionTime: {{ $now | Quote }}
{{ end }}
{{ with .spec.initContainers }}
initContainerStatuses:
{{ range . }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: true
  restartCount: 0
  {{ if eq (or .restartPolicy "") "Always" }}
  started: true
  state: {running: {startedAt: {{ $now | Quote }}}}
  {{ else }}
  started: false
  state:
    terminated:
      exitCode: 0
      reason: Completed
      startedAt: {{ $now | Quote }}
      finishedAt: {{ $now | Quote }}
  {{ end }}
{{ end }}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: true
  started: true
  restartCount: 0
  state: {running: {startedAt: {{ $now | Quote }}}}
{{ end }}
{{ with NodeIPsWith .spec.nodeName }}
hostIP: {{ index . 0 | Quote }}
hostIPs:
{{ range . }}
- ip: {{ . | Quote }}
{{ end }}
{{ end }}
{{ $meta := .metadata }}
{{ $host := or .spec.hostNetwork false }}
{{ $ip := "" }}
{{ if or $host (eq (get (or $meta.labels dict) "component") "SERVED") }}
{{ with PodIPsWith .spec.nodeName $host (or $meta.uid "") $meta.name $meta.namespace }}
{{ $ip = index . 0 }}
{{ end }}
{{ else }}
{{ $digits := regexReplaceAll "[a-f]" (sha256sum (or $meta.uid "")) "" | trunc 9 }}
{{ $number := mod (atoi $digits) 65536 }}
{{ $ip = printf "198.18.%d.%d" (div $number 256) (mod $number 256) }}
{{ end }}
{{ if $ip }}
podIP: {{ $ip | Quote }}
podIPs:
- ip: {{ $ip | Quote }}
{{ end }}
""".replace("SERVED", SERVED)

_POD_ENDED = """\
{{ $now := Now }}
phase: %(phase)s
conditions:
{{ range $type := list "ContainersReady" "Ready" }}
- type: {{ $type }}
  status: "False"
  reason: %(condition)s
  lastTransitionTime: {{ $now | Quote }}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: false
  started: false
  restartCount: 0
  state:
    terminated:
      exitCode: %(code)d
      reason: %(reason)s
      startedAt: {{ $now | Quote }}
      finishedAt: {{ $now | Quote }}
{{ end }}
"""

_READY = '.status.conditions.[] | select( .type == "Ready" ) | .status'
_ASKED = f'.metadata.annotations["{OUTCOME}"]'
_DELETED = ".metadata.deletionTimestamp"


def stages() -> list[Document]:
    """The life cycles described above."""
    succeeded = _POD_ENDED % {
        "phase": "Succeeded",
        "condition": "PodCompleted",
        "code": 0,
        "reason": "Completed",
    }
    failed = _POD_ENDED % {
        "phase": "Failed",
        "condition": "PodFailed",
        "code": 1,
        "reason": "Error",
    }
    alive, running = (_DELETED, "DoesNotExist"), (".status.phase", "In", "Running")
    of_job = (".metadata.ownerReferences.[].kind", "In", "Job")
    return [
        _stage("node-ready", "Node", [(_READY, "NotIn", "True")], {"statusTemplate": _NODE}),
        _stage(
            "node-heartbeat",
            "Node",
            [(_READY, "In", "True")],
            {"statusTemplate": _HEARTBEAT},
            delay={"durationMilliseconds": 600_000, "jitterDurationMilliseconds": 660_000},
        ),
        _stage(
            "pod-ready",
            "Pod",
            [
                alive,
                (".status.phase", "In", "Pending"),
                (_READY, "NotIn", "True"),
                (_ASKED, "NotIn", "hold"),
            ],
            {"statusTemplate": _POD_READY},
        ),
        _stage(
            # When nodes were unreachable for a while (an API server that was away), the
            # controllers mark their pods as not ready; a kubelet would report them again.
            "pod-ready-again",
            "Pod",
            [alive, running, (_READY, "In", "False"), (_ASKED, "DoesNotExist")],
            {"statusTemplate": _POD_READY},
        ),
        _stage(
            "pod-succeed-job",
            "Pod",
            [alive, running, of_job, (_ASKED, "DoesNotExist")],
            {"statusTemplate": succeeded},
        ),
        _stage(
            "pod-succeed",
            "Pod",
            [alive, running, (_ASKED, "In", "succeed")],
            {"statusTemplate": succeeded},
        ),
        _stage(
            "pod-fail",
            "Pod",
            [alive, running, (_ASKED, "In", "fail")],
            {"statusTemplate": failed},
        ),
        _stage("pod-delete", "Pod", [(_DELETED, "Exists")], {"delete": True}),
    ]


def config(extra: Iterable[Document] = ()) -> str:
    """The text of kwok's configuration file; `extra` documents are for pod logs and the like."""
    return yaml.safe_dump_all([*stages(), *map(dict, extra)], sort_keys=False)


def _stage(
    name: str,
    kind: str,
    conditions: Iterable[tuple[str, ...]],
    then: Document,
    *,
    delay: Document | None = None,
) -> Document:
    expressions = [
        {"key": key, "operator": operator, **({"values": values} if values else {})}
        for key, operator, *values in conditions
    ]
    spec: dict[str, Any] = {
        "resourceRef": {"apiGroup": "v1", "kind": kind},
        "selector": {"matchExpressions": expressions},
        "next": dict(then),
    }
    if delay:
        spec["delay"] = dict(delay)
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": name},
        "spec": spec,
    }
