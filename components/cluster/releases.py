"""The Helm releases of a hub, in order."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.resource_options import adopted
from model.secrets import Fingerprint, Secret
from values.releases import ReleasePlan

_FINGERPRINT = 16
"""Hexadecimal digits: enough to differ, and to be read."""


@dataclass(frozen=True, kw_only=True)
class ReleasesArgs:
    """What to install, where, with which secrets and the key of their fingerprints, which existing
    releases to take over, and what must be there first (a component's own `depends_on` does not
    reach its children)."""

    plans: Sequence[ReleasePlan]
    namespace: str
    secrets: Mapping[str, pulumi.Output[str]]
    fingerprint_key: pulumi.Output[str]
    adopt: Mapping[str, str]
    after: Sequence[pulumi.Resource]


class Releases(pulumi.ComponentResource):
    """One `helm.v3.Release` for each plan: the charts use hooks and lookups, which need Helm itself.

    An install or upgrade that fails is rolled back (`atomic`). One that is interrupted stays
    `pending-*`, and the next says so: `helm rollback NAME --namespace NAMESPACE` clears it.
    """

    by_name: dict[str, kubernetes.helm.v3.Release]
    """The releases, by name."""

    def __init__(
        self, name: str, args: ReleasesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("binderhub:releases:Releases", name, None, opts)
        self.by_name = {}
        for plan in args.plans:
            before = [self.by_name[other] for other in plan.after]
            self.by_name[plan.name] = kubernetes.helm.v3.Release(
                f"{name}-{plan.name}",
                name=plan.name,
                namespace=args.namespace,
                chart=plan.chart,
                version=plan.version,
                repository_opts=(
                    kubernetes.helm.v3.RepositoryOptsArgs(repo=plan.repository)
                    if plan.repository
                    else None
                ),
                values=filled(plan.values, args.secrets, args.fingerprint_key),
                atomic=True,
                cleanup_on_fail=True,
                create_namespace=False,
                max_history=10,
                skip_await=False,
                timeout=plan.timeout,
                opts=adopted(
                    args.adopt.get(plan.name),
                    pulumi.ResourceOptions(
                        parent=self,
                        depends_on=[*args.after, *before],
                        delete_before_replace=True,  # its name is fixed
                    ),
                    unmarked=["values"],
                ),
            )
        self.register_outputs({})


def filled(values: Any, secrets: Mapping[str, pulumi.Output[str]], key: pulumi.Output[str]) -> Any:
    """The values with the real secret at each placeholder: each leaf is a secret of its own, and
    all else stays plain and so shows in a preview. `key` is that of the fingerprints."""
    match values:
        case Fingerprint(of=names):
            return pulumi.Output.all(key, *(secrets[name] for name in names)).apply(
                lambda known: fingerprint(known[0], known[1:])
            )
        case Secret(name=name):
            return secrets[name]
        case dict():
            return {name: filled(value, secrets, key) for name, value in values.items()}
        case list():
            return [filled(value, secrets, key) for value in values]
    return values


def fingerprint(key: str, secrets: Sequence[str]) -> str:
    """A text that changes with each of the secrets. Keyed, or a short one could be found by trying;
    it begins with a word, for digits alone (or 12e45) are a number to YAML."""
    digest = hmac.new(key.encode(), json.dumps(secrets).encode(), hashlib.sha256).hexdigest()
    return f"hmac-{digest[:_FINGERPRINT]}"
