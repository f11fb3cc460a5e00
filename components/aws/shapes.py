"""Pure decisions about AWS resources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from model.derived.pools import Pool

DEVICE = "/dev/xvda"
"""Root device of Amazon Linux 2023."""
_TEMPLATE = "k8s.io/cluster-autoscaler/node-template"


def taints(pool: Pool) -> list[dict[str, str]]:
    """The pool's taints as EKS's API spells them."""
    return [{"key": t.key, "value": t.value, "effect": t.cloud_effect} for t in pool.taints]


def scale_tags(pool: Pool) -> dict[str, tuple[str, str]]:
    """Tags of the auto scaling group, as logical name -> (key, value).

    From them the cluster autoscaler learns, while there is no node, what a node would look like.
    Unlike EKS's API they spell a taint's effect as Kubernetes does.
    """
    labels = {
        f"label-{_plain(key)}": (f"{_TEMPLATE}/label/{key}", value)
        for key, value in pool.labels.items()
    }
    tainted = {
        f"taint-{_plain(t.key)}": (f"{_TEMPLATE}/taint/{t.key}", f"{t.value}:{t.effect}")
        for t in pool.taints
    }
    return {**labels, **tainted}


def _plain(key: str) -> str:
    return key.replace("/", ".")


def in_zones(subnets: Mapping[str, str], zones: Iterable[str]) -> list[str]:
    """Ids of the subnets (id -> zone) that lie in these zones, in order."""
    wanted = set(zones)
    return sorted(subnet for subnet, zone in subnets.items() if zone in wanted)


@dataclass(frozen=True, kw_only=True)
class LoadBalancer:
    """What a load balancer's host name tells: `type` as the lookup of its hosted zone asks it."""

    region: str
    type: str


def load_balancer(hostname: str) -> LoadBalancer | None:
    """Region and type of a load balancer, from AWS's two forms of host names; None for another.

    Network: `NAME.elb.REGION.amazonaws.com`. Application (and classic): `NAME.REGION.elb...`.
    """
    if match := re.search(r"\.elb\.([a-z0-9-]+)\.amazonaws\.com\Z", hostname):
        return LoadBalancer(region=match[1], type="network")
    if match := re.search(r"\.([a-z0-9-]+)\.elb\.amazonaws\.com\Z", hostname):
        return LoadBalancer(region=match[1], type="application")
    return None
