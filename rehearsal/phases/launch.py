"""Phase `launch`: the real JupyterHub, a real launch, a real Jupyter server on the pod's address."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import psutil

from lab.install.jupyterhub_env import ensure_hub_env
from model.derived.resolved import ResolvedHub
from model.hub import Hub
from rehearsal.context import HubUnderTest
from rehearsal.jupyterhub.launch import IMAGE, REPOSITORY, LaunchResult, follow_launch
from rehearsal.jupyterhub.process import RunningHub, running_hub
from rehearsal.jupyterhub.source import HubSource, from_cluster
from rehearsal.objects import DeployedObjects, Object, labels, matches
from rehearsal.report import Phase, Trouble, judged

NAME = "launch"


def run(context: HubUnderTest) -> Phase:
    hub, kubeconfig = context.hub, context.session.run.kubeconfig
    source = from_cluster(
        kubeconfig, context.namespace, release=context.resolved.flavour.hub_release
    )
    env = ensure_hub_env(context.progress)
    with running_hub(source, env, kubeconfig=kubeconfig, patience=0) as running:
        followed = follow_launch(running, kubeconfig, env, cors=hub.launch.cors)
        culling = list(_culling(running, source))
        log = running.log()
    context.user_pod = followed.pod
    found = [_step(name.name, name.seen) for name in followed.failed()]
    if followed.pod:
        found += check_pod(followed.pod, context.resolved, context.fresh())
    found += [*culling, *_from_log(log)]
    return judged(NAME, found, _facts(source, running, followed))


def _facts(source: HubSource, running: RunningHub, followed: LaunchResult) -> list[str]:
    facts = [
        f"JupyterHub's configuration {source.origin}, ready in {running.ready_seconds:.1f} s"
        if source.origin == "assembled from the values"
        else f"JupyterHub configured from {source.origin}, ready in {running.ready_seconds:.1f} s",
        f"{len(followed.steps) - len(followed.failed())} of {len(followed.steps)} steps as wanted: "
        + "; ".join(step.name for step in followed.steps if step.ok),
    ]
    if followed.ready_seconds is not None:
        facts.append(f"{followed.ready_seconds:.1f} s from the request to a ready server")
    return facts


def _step(name: str, seen: str) -> Trouble:
    return Trouble(
        what=f"a step of a launch failed: {name}.",
        where="launch",
        why=f"Seen: {seen}.",
        fix="compare with a launch that works; HUBCTL_DEBUG and --keep leave the logs.",
    )


def check_pod(pod: Object, hub: ResolvedHub, objects: DeployedObjects) -> list[Trouble]:
    """What KubeSpawner made, against what the stack file says."""
    return [
        *_container(pod, hub.hub),
        *_place(pod, hub, objects),
        *_network(pod, objects),
        *_pull(pod, hub, objects),
    ]


def _container(pod: Object, hub: Hub) -> Iterator[Trouble]:
    one = next(c for c in pod["spec"]["containers"] if c["name"] == "notebook")
    if one["image"] != IMAGE:
        yield _pod("image", one["image"], f"BinderHub asked for {IMAGE}", "the spawner class")
    env = {entry["name"]: entry.get("value") for entry in one.get("env") or []}
    if env.get("BINDER_REPO_URL") != REPOSITORY:
        yield _pod(
            "environment BINDER_REPO_URL",
            env.get("BINDER_REPO_URL"),
            "images and extensions find their repository by it",
            "the spawner mixin",
        )
    command = [*(one.get("command") or []), *(one.get("args") or [])]
    if hub.user.command and command[: len(hub.user.command)] != list(hub.user.command):
        yield _pod("command", command, f"the stack says {hub.user.command}", "user.command")
    elif not command:
        yield _pod("command", command, "the image's own command is no server", "user.command")
    limits = (one.get("resources") or {}).get("limits") or {}
    if hub.user.memory.limit and "memory" not in limits:
        yield _pod("memory limit", None, f"the stack says {hub.user.memory.limit}", "user.memory")
    if hub.user.cpu.limit and "cpu" not in limits:
        yield _pod("CPU limit", None, f"the stack says {hub.user.cpu.limit}", "user.cpu")
    if pod["spec"].get("volumes"):
        kinds = {next(k for k in v if k != "name") for v in pod["spec"]["volumes"]}
        if "persistentVolumeClaim" in kinds:
            yield _pod("volumes", sorted(kinds), "a Binder hub keeps nothing", "singleuser.storage")


def _place(pod: Object, hub: ResolvedHub, objects: DeployedObjects) -> Iterator[Trouble]:
    node = objects.get("Node", pod["spec"].get("nodeName") or "")
    pools = hub.user_pools
    if node is None or not any(p.selector.items() <= labels(node).items() for p in pools):
        yield _pod(
            "node",
            pod["spec"].get("nodeName"),
            f"users belong on nodes with {pools[0].selector}",
            "singleuser.nodeSelector",
        )


def _network(pod: Object, objects: DeployedObjects) -> Iterator[Trouble]:
    chosen = [
        policy
        for policy in objects.of("NetworkPolicy")
        if matches(policy["spec"].get("podSelector"), labels(pod))
    ]
    kinds = {kind for policy in chosen for kind in policy["spec"].get("policyTypes") or ["Ingress"]}
    for kind in sorted({"Ingress", "Egress"} - kinds):
        yield _pod(
            "labels",
            labels(pod),
            f"no network policy restricts its {kind.lower()}: it could reach other users' servers "
            "and the cluster",
            "singleuser.networkPolicy",
        )


def _pull(pod: Object, hub: ResolvedHub, objects: DeployedObjects) -> Iterator[Trouble]:
    names = [one["name"] for one in pod["spec"].get("imagePullSecrets") or []]
    for name in names:
        if objects.get("Secret", name) is None:
            yield _pod("pull secret", name, "that Secret does not exist", "imagePullSecret")
    if hub.registry.private and not names:
        yield _pod("pull secret", None, "images of this registry are private", "imagePullSecret")


def _pod(what: str, seen: object, why: str, where: str) -> Trouble:
    return Trouble(
        what=f"{what} of a user's pod is {seen if seen else 'missing'}.",
        where=f"KubeSpawner ({where})",
        why=f"That is wrong: {why}.",
        fix=f"see what sets {where}; extraValues and extraConfig may override it.",
    )


_OPTIONS = {"timeout": "timeout", "cull-every": "every", "max-age": "maxAge"}


def _culling(running: RunningHub, source: HubSource) -> Iterator[Trouble]:
    """The culler runs, with what the values say."""
    cull: Mapping[str, Any] = source.values.get("cull") or {}
    if not cull.get("enabled"):
        return
    lines = []
    for pid in running.processes():
        try:
            lines.append(" ".join(psutil.Process(pid).cmdline()))
        except psutil.Error:
            continue
    line = next((one for one in lines if "idle_culler" in one or "idle-culler" in one), None)
    for option, key in _OPTIONS.items():
        value = cull.get(key)
        if value and (line is None or not re.search(rf"--{option}={value}\b", line)):
            yield Trouble(
                what="the culler does not run."
                if line is None
                else f"it was not started with --{option}={value}.",
                where="jupyterhub-idle-culler",
                why="Idle servers would keep their nodes for ever.",
                fix="see the hub's own error (`cull` of the values).",
            )


def _from_log(log: str) -> Iterator[Trouble]:
    """What the hub itself complained about while it read its configuration."""
    for line in dict.fromkeys(log.splitlines()):
        if re.search(r"Config option `[^`]+` not recognized", line):
            yield Trouble(
                what=line.partition("]")[2].strip() or line,
                where="JupyterHub's log",
                why="It ignores that setting.",
                fix="correct its name in extraValues.",
            )
