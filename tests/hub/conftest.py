"""The hub's programs, a cluster with a user node, and one record per kind of hub."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.cluster.control_plane import ControlPlane
from lab.cluster.nodes import CORE, SimNode, apply
from lab.install.jupyterhub_env import HubEnv, ensure_hub_env
from model.derived.pools import user_pool
from tests.hub.kinds import KINDS, hub_of
from tests.hub.observe import FOLLOWED, Seen, observe

AT_ONCE = 2  # Hubs that start at the same time: the machines that run this have two cores.


@pytest.fixture(scope="session")
def hub_env() -> HubEnv:
    """JupyterHub and a Jupyter server; installed on first use, which takes about a minute."""
    return ensure_hub_env()


@pytest.fixture(scope="module")
def user_cluster(control_plane: ControlPlane) -> Path:
    """Kubeconfig of a cluster with one user node per kind of hub, made from its own pool."""
    client = control_plane.client()
    nodes = []
    for kind in KINDS:
        pool = user_pool(hub_of(kind))
        taints = [{"key": t.key, "value": t.value, "effect": t.effect} for t in pool.taints]
        nodes.append(
            SimNode(
                name=f"user-{kind}",
                labels=pool.selector,
                taints=taints,
                cpu=f"{pool.cpu_millis}m",
                memory=str(pool.memory_bytes),
            )
        )
    apply(client, [CORE, *nodes])
    client.close()
    return control_plane.kubeconfig


class Records(dict[str, Future[Seen]]):
    """`records[kind].result()`, written as `records[kind]`: a hub that could not be started
    fails its own tests only."""

    def __getitem__(self, kind: str) -> Seen:  # type: ignore[override]
        return super().__getitem__(kind).result()


@pytest.fixture(scope="module")
def hubs(hub_env: HubEnv, user_cluster: Path) -> Iterator[Records]:
    """What the real JupyterHub did for each kind."""
    # Those that take longest first, so that both cores stay busy to the end.
    order = sorted(KINDS, key=lambda kind: kind not in FOLLOWED)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        records = Records({k: pool.submit(observe, k, hub_env, user_cluster) for k in order})
        yield records
        for one in records.values():
            one.cancel()
