"""Rules about settings that work and are dangerous all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from model.derived.culling import idle_seconds, max_age_seconds
from model.derived.flavour import CLASSIC, flavour, node_builder
from model.derived.pools import build_pool, user_pools
from model.fields import to_bytes
from model.findings import Finding
from model.hub import Hub
from model.repository_patterns import readable
from model.rules.catalogue import Rule, RuleContext, check_of
from model.sections.chart import SqliteMemory
from model.sections.cluster import KubernetesCluster
from model.sections.user import SecretRef

GIB = 1024**3
DAY = 86_400


@check_of("BH150", "warning", "`auth.allowAll` is no restriction where anyone can get an account.")
def everybody(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if hub.login and hub.login.allow_all and hub.login.public:
        yield rule.finding(
            "auth.allowAll",
            True,
            f"anyone at all can get an account at {hub.login.public}, so this hub is open to everyone.",
            "say who may log in, and which repositories may be launched.",
        )


@check_of("BH148", "warning", "`user.environment` of an open hub holds no secret.")
def handed_out(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if hub.members_only:
        return
    for name, value in hub.user.environment.items():
        if isinstance(value, SecretRef):
            yield rule.finding(
                f"user.environment.{name}",
                value.secret,
                "nobody logs in to this hub, so anyone at all can read it.",
                "use it only if it opens nothing that is not public.",
            )


@check_of("BH151", "error", "`namespace` is not one of the cluster's own, such as `default`.")
def namespace(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if hub.ns == "default" or re.match(r"kube-", hub.ns):
        yield rule.finding(
            "namespace",
            hub.ns,
            "it belongs to the cluster; the hub's policies and its end would reach what is in it.",
            "choose another one (the hub's name when left out).",
        )


@check_of("BH152", "warning", "The classic chart bundles a jupyterhub that lacks a security fix.")
def classic_floor(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if flavour(hub) is CLASSIC:
        pinned = "it bundles jupyterhub 4.2, which lacks the fix of GHSA-p43p-whwx-q52h (4.4.0)."
        own = "the jupyterhub that it bundles may lack the fix of GHSA-p43p-whwx-q52h (4.4.0)."
        yield rule.finding(
            "chart.kind",
            "binderhub",
            own if hub.chart.version or hub.chart.source else pinned,
            "leave chart.kind out, unless you need what only the classic chart has.",
        )


@check_of("BH153", "warning", "`database.kind: memory` is not used in production.")
def memory(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if isinstance(hub.database, SqliteMemory) and hub.stage == "production":
        yield rule.finding(
            "database.kind",
            "memory",
            "a restart of the hub forgets running servers, which then run on and cost money.",
            "use sqlite (the default), or set stage: development.",
        )


@check_of("BH154", "error", "`build.builder: host` needs nodes with a docker daemon.")
def host_builder(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if node_builder(hub) == "host" and not isinstance(hub.cluster, KubernetesCluster):
        yield rule.finding(
            "build.builder",
            "host",
            f"nodes of {hub.cluster.provider} run containerd and have no docker daemon.",
            "use dind (the default) or pink.",
        )


@check_of("BH155", "warning", "`launch.banned` cannot be evaded through another provider.")
def bans(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    listed = list(readable(hub.launch.repositories))
    if listed and not any(p.shared_host for _, p in listed):
        return
    for i, pattern in readable(hub.launch.banned):
        if pattern.provider.name in ("github", "gitlab", "gist"):
            yield rule.finding(
                f"launch.banned[{i}]",
                pattern.text,
                "the same repository can be launched by its address, as a plain git repository.",
                "list the providers that may be used in launch.repositories, without git:.",
            )


@check_of("BH156", "error", "`adopt` names this hub's own namespace and releases.")
def adopted(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    wanted = [("adopt.namespace", hub.adopt.namespace, hub.ns)]
    wanted += [
        (f"adopt.releases.{name}", release, f"{hub.ns}/{name}")
        for name, release in hub.adopt.releases.items()
    ]
    for path, written, own in wanted:
        if written is not None and written != own:
            yield rule.finding(
                path,
                written,
                f"this hub's is {own}; what goes by another name would be deleted to be made anew.",
                f"write {own}, or leave it out.",
            )


@check_of("BH166", "warning", "`adopt.releases` is removed after the first `pulumi up`.")
def adopting(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if hub.adopt.releases:
        yield rule.finding(
            "adopt.releases",
            dict(hub.adopt.releases),
            "until the first `pulumi up` has taken them over, `pulumi preview --json` shows the old "
            "hub's secrets in clear, and as long as this stands, `--diff` shows no values.",
            f"look at `pulumi preview` and `hubctl diff {hub.name} --deployed`; after that `up`, "
            "remove adopt.releases.",
        )


@check_of("BH157", "warning", "Memory limits are at most what a node can give.")
def limits(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    largest = max(pool.memory_bytes for pool in user_pools(hub))
    for path, amount, most in (
        ("user.memory.limit", hub.user.memory.limit, largest),
        ("build.memory.limit", hub.build.memory.limit, build_pool(hub).memory_bytes),
    ):
        if to_bytes(amount) > most:
            yield rule.finding(
                path,
                amount,
                f"a node can give {most / GIB:.1f} GiB; before one reaches the limit, the node "
                "runs out of memory and ends others too.",
                "limit it to less, or choose a larger machine.",
            )


@check_of("BH158", "warning", "`user.culling` of an open hub ends idle and endless servers.")
def endless(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if hub.members_only:
        return
    for key, value, bad in (
        ("maxAge", max_age_seconds(hub), max_age_seconds(hub) == 0),
        ("idle", idle_seconds(hub), idle_seconds(hub) > DAY),
    ):
        if bad:
            yield rule.finding(
                f"user.culling.{key}",
                value,
                "a stranger's server that stays busy (or is left alone) would be paid for long.",
                "leave it out: 10 minutes without activity, and 6 hours in any case.",
            )


@check_of("BH159", "error", "`user.culling.every` is at most the time that a server may be idle.")
def seldom(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if hub.user.culling.every > idle_seconds(hub):
        yield rule.finding(
            "user.culling.every",
            hub.user.culling.every,
            f"servers are to stop after {idle_seconds(hub)} idle seconds, and nobody would look by then.",
            f"write at most {idle_seconds(hub)}.",
        )
