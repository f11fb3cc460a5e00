"""Does everything that an object names exist? Secrets and their keys, ConfigMaps, accounts,
claims, classes, services, ports, certificates, and the pods that network policies speak of.

Pure. Not followed: what is outside the namespace (cert-manager's issuers, ingress classes).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.objects import DeployedObjects, Object, containers, matches, pod_specs, title
from rehearsal.report import Trouble

_ISSUERS = ("cert-manager.io/cluster-issuer", "cert-manager.io/issuer")
_SYSTEM_CLASSES = ("system-cluster-critical", "system-node-critical")

# Pods that the hub makes later: KubeSpawner's and BinderHub's, by the labels that those set.
EXPECTED: tuple[tuple[dict[str, str], tuple[int | str, ...]], ...] = (
    (
        {"app": "jupyterhub", "component": "singleuser-server", "release": "*"},
        (8888, "notebook-port"),
    ),
    ({"component": "binderhub-build", "name": "*"}, ()),
    ({"component": "image-cleaner", "app": "binder"}, ()),
)
"""Labels (`*`: any value) and the ports of their containers."""

# The chart's policies speak of its own HTTPS proxy even where an ingress takes its place.
_OPTIONAL = ({"component": "autohttps"},)


def check(objects: DeployedObjects) -> list[Trouble]:
    found: list[Trouble] = []
    for owner, spec, _ in pod_specs(objects):
        found += _of_pod(objects, owner, spec)
    for service in objects.of("Service"):
        found += _of_service(objects, service)
    for ingress in objects.of("Ingress"):
        found += _of_ingress(objects, ingress)
    found += _shared_certificates(objects)
    for route in objects.of("HTTPRoute"):
        found += _of_route(objects, route)
    for policy in objects.of("NetworkPolicy"):
        found += _of_policy(objects, policy)
    for binding in objects.of("RoleBinding"):
        found += _of_binding(objects, binding)
    return found


def _missing(where: str, kind: str, name: str, why: str, fix: str | None = None) -> Trouble:
    return Trouble(
        what=f"it names {kind} {name!r}, which does not exist.",
        where=where,
        why=why,
        fix=fix or f"make that {kind}, or correct the name.",
    )


_CANNOT_START = "Its pods could not start."


def _of_pod(objects: DeployedObjects, owner: str, spec: Mapping[str, Any]) -> Iterator[Trouble]:
    account = spec.get("serviceAccountName")
    if account and objects.get("ServiceAccount", account) is None:
        yield _missing(owner, "ServiceAccount", account, _CANNOT_START)
    for one in spec.get("imagePullSecrets") or []:
        if objects.get("Secret", one["name"]) is None:
            yield _missing(owner, "Secret", one["name"], "Private images could not be pulled.")
    klass = spec.get("priorityClassName")
    if klass and klass not in _SYSTEM_CLASSES and objects.get("PriorityClass", klass) is None:
        yield _missing(owner, "PriorityClass", klass, "The API server refuses its pods.")
    for volume in spec.get("volumes") or []:
        yield from _of_volume(objects, owner, volume)
    for container in containers(spec):
        where = f"{owner} container {container['name']}"
        for entry in container.get("env") or []:
            source = entry.get("valueFrom") or {}
            for key, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
                if key in source:
                    yield from _of_key(objects, f"{where} env {entry['name']}", kind, source[key])
        for entry in container.get("envFrom") or []:
            for key, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
                ref = entry.get(key)
                if ref and not ref.get("optional") and objects.get(kind, ref["name"]) is None:
                    yield _missing(where, kind, ref["name"], _CANNOT_START)
        names = {volume["name"] for volume in spec.get("volumes") or []}
        for mount in container.get("volumeMounts") or []:
            if mount["name"] not in names:
                yield _missing(where, "volume", mount["name"], _CANNOT_START)
        yield from _of_probes(where, container)


def _of_volume(
    objects: DeployedObjects, owner: str, volume: Mapping[str, Any]
) -> Iterator[Trouble]:
    where = f"{owner} volume {volume['name']}"
    parts = [volume, *((volume.get("projected") or {}).get("sources") or [])]
    for part in parts:
        for key, kind in (("secret", "Secret"), ("configMap", "ConfigMap")):
            source = part.get(key)
            if not source or source.get("optional"):
                continue
            name = source.get("secretName") or source.get("name")
            keys = objects.keys(kind, name)
            if keys is None:
                yield _missing(where, kind, name, _CANNOT_START)
                continue
            for item in source.get("items") or []:
                if item["key"] not in keys:
                    yield _missing(where, f"key of {kind} {name}", item["key"], _CANNOT_START)
    claim = volume.get("persistentVolumeClaim")
    if claim and objects.get("PersistentVolumeClaim", claim["claimName"]) is None:
        yield _missing(where, "PersistentVolumeClaim", claim["claimName"], _CANNOT_START)


def _of_key(
    objects: DeployedObjects, where: str, kind: str, ref: Mapping[str, Any]
) -> Iterator[Trouble]:
    if ref.get("optional"):
        return
    keys = objects.keys(kind, ref["name"])
    if keys is None:
        yield _missing(where, kind, ref["name"], _CANNOT_START)
    elif ref["key"] not in keys:
        fix = f"the keys are {', '.join(sorted(keys)) or 'none'}; correct it, or add the key."
        yield _missing(where, f"key of {kind} {ref['name']}", ref["key"], _CANNOT_START, fix)


def _of_probes(where: str, container: Mapping[str, Any]) -> Iterator[Trouble]:
    ports = {port["name"] for port in container.get("ports") or [] if port.get("name")}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        port = ((container.get(probe) or {}).get("httpGet") or {}).get("port")
        if isinstance(port, str) and port not in ports:
            yield _missing(f"{where} {probe}", "port", port, "It would never count as healthy.")


def _of_service(objects: DeployedObjects, service: Object) -> Iterator[Trouble]:
    selector = service["spec"].get("selector")
    if not selector:
        return
    chosen = [spec for _, spec, labels in pod_specs(objects) if selector.items() <= labels.items()]
    if not chosen:
        yield Trouble(
            what=f"its selector {selector} takes no pod.",
            where=title(service),
            why="Nobody would answer there.",
            fix="make the selector equal to the labels of the pods that it is for.",
        )
        return
    for port in service["spec"].get("ports") or []:
        target = port.get("targetPort", port["port"])
        if not any(_has_port(spec, target) for spec in chosen):
            yield _missing(
                f"{title(service)} port {port.get('name') or port['port']}",
                "container port",
                str(target),
                "Connections to it would be refused.",
            )


def _has_port(spec: Mapping[str, Any], wanted: str | int) -> bool:
    ports = [port for one in containers(spec) for port in one.get("ports") or []]
    return any(wanted in (port.get("name"), port["containerPort"]) for port in ports)


def _service_port(
    objects: DeployedObjects, where: str, name: str, port: str | int | None
) -> Iterator[Trouble]:
    service = objects.get("Service", name)
    if service is None:
        yield _missing(where, "Service", name, "Visitors would see an error page.")
        return
    ports = service["spec"].get("ports") or []
    if port is not None and not any(port in (p.get("name"), p["port"]) for p in ports):
        yield _missing(where, f"port of Service {name}", str(port), "Visitors would see an error.")


def _of_ingress(objects: DeployedObjects, ingress: Object) -> Iterator[Trouble]:
    where, spec = title(ingress), ingress["spec"]
    hosts = {rule.get("host") for rule in spec.get("rules") or []}
    covered: set[str] = set()
    for entry in spec.get("tls") or []:
        covered |= set(entry.get("hosts") or [])
        secret = entry.get("secretName")
        annotations = ingress["metadata"].get("annotations") or {}
        made = any(annotations.get(issuer) for issuer in _ISSUERS)
        if secret and not made and objects.get("Secret", secret) is None:
            fix = "set cluster.ingress.clusterIssuer, or make the Secret with the certificate."
            yield _missing(where, "Secret", secret, "HTTPS would show a wrong certificate.", fix)
    for host in sorted(hosts - covered - {None}):
        yield Trouble(
            what=f"no certificate covers host {host}.",
            where=where,
            why="OAuth and the hub's links need HTTPS.",
            fix=f"list {host} under tls, with a secret of its own.",
        )
    for rule in spec.get("rules") or []:
        for path in (rule.get("http") or {}).get("paths") or []:
            backend = path["backend"]["service"]
            port = backend.get("port") or {}
            number = port.get("name") or port.get("number")
            yield from _service_port(objects, where, backend["name"], number)


def _shared_certificates(objects: DeployedObjects) -> Iterator[Trouble]:
    users: dict[str, list[str]] = {}
    for ingress in objects.of("Ingress"):
        for entry in ingress["spec"].get("tls") or []:
            users.setdefault(entry.get("secretName") or "", []).append(title(ingress))
    for secret, names in users.items():
        if secret and len(set(names)) > 1:
            yield Trouble(
                what=f"TLS secret {secret!r} is used by {' and '.join(sorted(set(names)))}.",
                where=names[0],
                why="cert-manager keeps one certificate in a secret; they would overwrite it.",
                fix="give each ingress a secret of its own.",
            )


def _of_route(objects: DeployedObjects, route: Object) -> Iterator[Trouble]:
    for rule in route["spec"].get("rules") or []:
        for backend in rule.get("backendRefs") or []:
            if backend.get("kind", "Service") == "Service":
                yield from _service_port(
                    objects, title(route), backend["name"], backend.get("port")
                )


def _of_policy(objects: DeployedObjects, policy: Object) -> Iterator[Trouble]:
    """Its own pods, the pods it lets through, and ports that are named rather than numbered."""
    spec, where = policy["spec"], title(policy)
    chosen = _chosen(objects, spec.get("podSelector"))
    if not chosen:
        yield Trouble(
            what=f"its selector {spec.get('podSelector')} takes no pod, now or later.",
            where=where,
            why="What it should protect stays open.",
            fix="make it equal to the labels of those pods.",
        )
        return
    for rule in spec.get("ingress") or []:
        for peer in rule.get("from") or []:
            yield from _of_peer(objects, f"{where} ingress", peer)
        for port in rule.get("ports") or []:
            # A named port that a pod lacks opens nothing; one that no pod has is a mistake,
            # unless the rule lists others beside it (the chart offers http and https).
            others = rule.get("ports") or []
            if not _port_exists(chosen, port) and not any(_port_exists(chosen, o) for o in others):
                what = str(port.get("port"))
                yield _missing(f"{where} ingress", "port", what, "It would let nobody in.")
    for rule in spec.get("egress") or []:
        peers = rule.get("to") or []
        for peer in peers:
            yield from _of_peer(objects, f"{where} egress", peer)
        yield from _egress_ports(objects, where, rule, peers)


def _egress_ports(
    objects: DeployedObjects, where: str, rule: Mapping[str, Any], peers: list[Any]
) -> Iterator[Trouble]:
    """Ports of rules that lead to pods of this namespace and nowhere else."""
    if not peers or not all(set(peer) == {"podSelector"} for peer in peers):
        return
    targets = [one for peer in peers for one in _chosen(objects, peer["podSelector"])]
    ports = rule.get("ports") or []
    if targets and ports and not any(_port_exists(targets, port) for port in ports):
        what = ", ".join(str(port.get("port")) for port in ports)
        yield _missing(f"{where} egress", "port", what, "Its pods could not reach the others.")


def _of_peer(objects: DeployedObjects, where: str, peer: Mapping[str, Any]) -> Iterator[Trouble]:
    selector = peer.get("podSelector")
    if not selector or "namespaceSelector" in peer:
        return
    named = selector.get("matchLabels") or {}
    if any(one.items() <= named.items() for one in _OPTIONAL):
        return
    if not _chosen(objects, selector):
        yield Trouble(
            what=f"it names pods {selector}, and there are none, now or later.",
            where=where,
            why="The connection that it should allow stays closed.",
            fix="make the selector equal to the labels of those pods.",
        )


def _chosen(objects: DeployedObjects, selector: Mapping[str, Any] | None) -> list[set[str | int]]:
    """The ports of each kind of pod that a selector takes, expected ones included."""
    found = []
    for _, spec, labels in pod_specs(objects):
        if matches(selector, labels):
            ports = [port for one in containers(spec) for port in one.get("ports") or []]
            found.append({p["containerPort"] for p in ports} | {p.get("name") for p in ports})
    for labels, numbers in EXPECTED:
        wanted = (selector or {}).get("matchLabels") or {}
        filled = {k: wanted.get(k, v) if v == "*" else v for k, v in labels.items()}
        # Labels that let pods through policies are set on users' pods by the chart's values.
        filled |= {k: v for k, v in wanted.items() if k.startswith("hub.jupyter.org/network-")}
        if wanted and matches(selector, filled) and wanted.keys() & labels.keys():
            found.append(set(numbers))
    return found


def _port_exists(ports_of: list[set[str | int]], port: Mapping[str, Any]) -> bool:
    wanted = port.get("port")
    return wanted is None or any(wanted in ports for ports in ports_of)


def _of_binding(objects: DeployedObjects, binding: Object) -> Iterator[Trouble]:
    ref = binding["roleRef"]
    if objects.get(ref["kind"], ref["name"]) is None:
        yield _missing(title(binding), ref["kind"], ref["name"], "Its account may do nothing.")
    for subject in binding.get("subjects") or []:
        here = subject.get("namespace", objects.namespace) == objects.namespace
        name = subject["name"]
        if subject["kind"] == "ServiceAccount" and here and not objects.get("ServiceAccount", name):
            yield _missing(title(binding), "ServiceAccount", name, "It grants nothing to anybody.")
