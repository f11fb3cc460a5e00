"""A build as BinderHub would start it: can it start, build and push where it lands?

The pod repeats what `KubernetesBuildExecutor` makes: its fixed label and tolerations, the docker
socket and push credentials as volumes, repo2docker's command. Pure: the phase `build` puts the pod
into the cluster.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from model.derived.pools import DEDICATED, Pool, quantity_bytes
from rehearsal.checks.build_settings import PUSH_SNIPPET, BuildSettings
from rehearsal.objects import DeployedObjects, Object, containers, labels, title, tolerates
from rehearsal.report import Trouble
from values.sections.binderhub_config import refuses_memory_flag

COMPONENT = "binderhub-build"
REPOSITORY = "https://github.com/example/repository"
NAME = "build-rehearsal"
MEMORY_FLAG = "--build-memory-limit"


def pod(chosen: BuildSettings, *, name: str = NAME) -> Object:
    """The build pod of one repository."""
    mounts, volumes, env = [], [], [{"name": k, "value": v} for k, v in chosen.environment]
    if chosen.socket:
        mounts.append({"mountPath": "/var/run/docker.sock", "name": "docker-socket"})
        path = {"path": chosen.socket, "type": "Socket"}
        volumes.append({"name": "docker-socket", "hostPath": path})
    if chosen.credentials:
        # The real one holds a token of the registry helper; the value does not matter here.
        env.append({"name": "CONTAINER_ENGINE_REGISTRY_CREDENTIALS", "value": "{}"})
    elif chosen.push_secret:
        mount = {"mountPath": "/root/.docker/config.json", "subPath": "config.json"}
        mounts.append({**mount, "name": "docker-config"})
        volumes.append({"name": "docker-config", "secret": {"secretName": chosen.push_secret}})
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "labels": {"name": name, "component": COMPONENT},
            "annotations": {"binder-repo": REPOSITORY},
        },
        "spec": {
            "containers": [
                {
                    "name": "builder",
                    "image": chosen.image,
                    "args": _command(chosen),
                    "volumeMounts": mounts,
                    "resources": {kind: dict(asked) for kind, asked in chosen.resources.items()},
                    "env": env,
                }
            ],
            # Fixed in BinderHub: no setting adds to them.
            "tolerations": [taint.toleration() for taint in DEDICATED],
            "nodeSelector": dict(chosen.node_selector),
            "volumes": volumes,
            "restartPolicy": "Never",
            "affinity": {"podAntiAffinity": _apart()},
            "imagePullSecrets": [{"name": one} for one in chosen.pull_secrets],
        },
    }


def _apart() -> dict[str, Any]:
    term = {
        "topologyKey": "kubernetes.io/hostname",
        "labelSelector": {"matchLabels": {"component": COMPONENT}},
    }
    preferred = {"weight": 100, "podAffinityTerm": term}
    return {"preferredDuringSchedulingIgnoredDuringExecution": [preferred]}


def _command(chosen: BuildSettings) -> list[str]:
    image = f"{chosen.image_prefix}example-2drepository-0123ab:0123abc"
    out = ["jupyter-repo2docker", "--ref=0123abc", f"--image={image}", "--no-clean", "--no-run"]
    out += ["--json-logs", "--user-name=jovyan", "--user-id=1000"]
    if chosen.push_secret:
        out.append("--push")
    if chosen.memory_flag:
        out += [MEMORY_FLAG, str(quantity_bytes(chosen.resources["limits"]["memory"]))]
    return [*out, REPOSITORY]


def daemons(objects: DeployedObjects) -> dict[str, str]:
    """Pod name -> docker socket on its node, of every pod that serves one: a privileged one that
    is told to listen there, in a folder of the node."""
    found: dict[str, str] = {}
    for one in objects.of("Pod"):
        folders = host_paths(one)
        for container in containers(one["spec"]):
            if not (container.get("securityContext") or {}).get("privileged"):
                continue
            said = " ".join([*(container.get("command") or []), *(container.get("args") or [])])
            for path in re.findall(r"unix://(/\S+)", said):
                if path.rpartition("/")[0] in folders:
                    found[one["metadata"]["name"]] = path
    return found


def host_paths(pod: Object) -> list[str]:
    """Folders of its node that a pod uses."""
    volumes = pod["spec"].get("volumes") or []
    return [volume["hostPath"]["path"].rstrip("/") for volume in volumes if "hostPath" in volume]


def check_credentials(objects: DeployedObjects, chosen: BuildSettings) -> Iterator[Trouble]:
    """Can the build push: the mounted Secret, or the registry helper that it asks."""
    if not chosen.use_registry:
        return
    if chosen.credentials:
        yield from _helper(objects, chosen)
        return
    where = f"Secret/{chosen.push_secret}"
    data = objects.secret(chosen.push_secret or "")
    if data is None or "config.json" not in data:
        yield Trouble(
            what="the build pod mounts its key config.json, which does not exist.",
            where=where,
            why="The build pod could not start, or could not push.",
            fix="keep use_registry true in the values and give the registry's credentials.",
        )
        return
    host = chosen.image_prefix.split("/", 1)[0]
    if "." not in host or host == "docker.io":
        host = "index.docker.io"
    known = [urlsplit(k).netloc or k for k in json.loads(data["config.json"]).get("auths", {})]
    if not any(one == host or one.split("/")[0] == host for one in known):
        yield Trouble(
            what=f"it has credentials for {', '.join(known) or 'no registry'}.",
            where=where,
            why=f"Images are pushed to {host} (image_prefix): the push would be refused.",
            fix="derive both from the registry section; remove what overrides one of them.",
        )


def _helper(objects: DeployedObjects, chosen: BuildSettings) -> Iterator[Trouble]:
    address = urlsplit(chosen.helper_url or "")
    name = (address.hostname or "").split(".")[0]
    service = objects.get("Service", name)
    ports = [port["port"] for port in service["spec"].get("ports") or []] if service else []
    if service is None or (address.port or 80) not in ports:
        yield Trouble(
            what=f"it asks {chosen.helper_url}, and no Service of the namespace answers there.",
            where="config.ExternalRegistryHelper.service_url",
            why="No build could get credentials to push.",
            fix=f"name a Service that exists; {name or 'it'} has the ports {ports}.",
        )


def check_command(chosen: BuildSettings) -> Iterator[Trouble]:
    """Does repo2docker take what it is told, and push what it builds."""
    if chosen.memory_flag and refuses_memory_flag(chosen.image):
        yield Trouble(
            what=f"builds run {chosen.image} with {MEMORY_FLAG}.",
            where="config.KubernetesBuildExecutor",
            why="repo2docker after 2024.07.0 ends at once when it sees that option.",
            fix="choose the image with build.repo2dockerImage: the option then goes.",
        )
    if chosen.use_registry and not chosen.push_secret:
        yield Trouble(
            what="builds are not told to push.",
            where="config.KubernetesBuildExecutor.push_secret",
            why="BinderHub leaves --push out without a push secret, even one that is not used: "
            "every launch would build again, and find no image.",
            fix=f"leave push_secret, and extraConfig.{PUSH_SNIPPET}, as the chart has them.",
        )


def check_sockets(chosen: BuildSettings, served: Mapping[str, str]) -> Iterator[Trouble]:
    """Does anybody serve the socket that builds ask for. That of the nodes' own docker is not
    the cluster's to serve."""
    if chosen.socket and not chosen.of_nodes and chosen.socket not in served.values():
        sockets = ", ".join(sorted(set(served.values()))) or "none"
        yield Trouble(
            what=f"builds use the docker socket {chosen.socket}.",
            where="config.KubernetesBuildExecutor.docker_host",
            why=f"Sockets that the docker daemons of this hub serve: {sockets}. Builds wait for "
            "ever.",
            fix="leave docker_host, the builder's folder and socket, and the release's name as "
            "they are derived.",
        )


def why_not(
    manifest: Mapping[str, Any],
    nodes: Sequence[Object],
    pool: Pool,
    beside: Iterable[str],
) -> list[Trouble]:
    """Why a build pod lands on no node of `pool` that has a docker socket: the nodes' taints,
    their labels, or the selector. `beside` are the nodes with a socket. Empty: it does land."""
    selector = manifest["spec"].get("nodeSelector") or {}
    tolerations = manifest["spec"].get("tolerations") or []
    beside = set(beside)
    fitting = [n for n in nodes if selector.items() <= labels(n).items()]
    open_to = [n for n in fitting if not _refusing(n, tolerations)]
    if open_to and {n["metadata"]["name"] for n in open_to} <= beside:
        return []
    found = [*_selector_wrong(selector, pool), *_labels_wrong(nodes, pool)]
    candidates = fitting or [n for n in nodes if pool.selector.items() <= labels(n).items()]
    for node in candidates:
        for taint in _refusing(node, tolerations):
            found.append(
                Trouble(
                    what=f"taints are wrong: {taint['key']}={taint.get('value', '')} is not "
                    "tolerated by build pods.",
                    where=title(node),
                    why="BinderHub's build pods tolerate hub.jupyter.org/dedicated=user and "
                    "hub.jupyter.org_dedicated=user, and nothing else.",
                    fix="give the pool those taints, or none.",
                )
            )
    if not found:
        strays = sorted({n["metadata"]["name"] for n in open_to} - beside)
        found.append(
            Trouble(
                what=f"selectors are wrong: a build may land on {', '.join(strays) or 'no node'}, "
                "where no docker socket is.",
                where="DaemonSet of the docker API",
                why=f"Build pods select {selector}; the docker API runs on "
                f"{', '.join(sorted(beside)) or 'no node'}.",
                fix="give the docker API the same selector and tolerations as builds.",
            )
        )
    return list(dict.fromkeys(found))


def _selector_wrong(selector: Mapping[str, str], pool: Pool) -> Iterator[Trouble]:
    wrong = {k: v for k, v in selector.items() if pool.selector.get(k) != v}
    if wrong or (not selector and pool.selector):
        yield Trouble(
            what=f"selectors are wrong: build pods select {dict(selector)}.",
            where="config.KubernetesBuildExecutor.node_selector",
            why=f"The nodes of pool {pool.name} have {pool.selector}.",
            fix=f"leave the key to the derived value {pool.selector}.",
        )


def _labels_wrong(nodes: Sequence[Object], pool: Pool) -> Iterator[Trouble]:
    if any(pool.selector.items() <= labels(node).items() for node in nodes):
        return
    seen = {k: sorted({labels(n).get(k, "none") for n in nodes}) for k in pool.selector}
    yield Trouble(
        what=f"labels are wrong: no node has {pool.selector}.",
        where="nodes",
        why=f"Their labels are {seen}.",
        fix="put the labels of the pool on its nodes.",
    )


def _refusing(node: Object, tolerations: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    chosen = list(tolerations)
    taints = node["spec"].get("taints") or []
    return [t for t in taints if not tolerates(chosen, t)]
