"""What differs between the two flavours of chart, so that nobody else tests which one a hub has.

The default charts are jupyterhub and, beside it, binderhub-service. The classic binderhub chart is
one release that bundles an older jupyterhub, and runs a newer BinderHub.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

from model.hub import Hub, ReleaseName
from model.sections.chart import ChartPin, ClassicChart, ServiceChart
from model.sections.registry import Ecr

Role = Literal["hub", "binder"]
"""The two hosts of a hub, by their keys under `domains`."""


@dataclass(frozen=True, kw_only=True)
class Flavour:
    """The facts of one flavour; each is a name, or what its charts and programs can do."""

    hub_release: ReleaseName
    """The release that carries JupyterHub."""
    hub_section: tuple[str, ...]
    """Where JupyterHub's values lie in those of its release."""
    binder_release: ReleaseName
    """The release that carries BinderHub."""
    binder_service: str
    """BinderHub's Service."""
    binder_secret: tuple[str, str]
    """The Secret that carries BinderHub's values, and their file in it."""
    push_secret: str
    """The Secret with docker's configuration that builds push with."""
    spawner_section: str
    """The section of `hub.config` that our spawner reads. It takes the place of the classic chart's
    own, and its settings stay there; docs/decisions/classic-spawner.md."""
    cilogon_providers: str
    """CILogon's trait, renamed in oauthenticator 17.4."""
    routed_by_program: Role
    """The host whose chart cannot make an HTTPRoute; binderhub-service can make none for BinderHub,
    the classic chart's jupyterhub (4.2) none for the hub."""
    binder_address: bool
    """Whether BinderHub's Service can be given an address of its own."""
    build_resources: bool
    """Whether BinderHub takes `resources` of a build pod. An older one takes two sizes of memory,
    and passes the limit on to repo2docker."""


DEFAULT = Flavour(
    hub_release="jupyterhub",
    hub_section=(),
    binder_release="binderhub-service",
    binder_service="binderhub",
    binder_secret=("binderhub", "chart-config.yaml"),
    push_secret="build-pods-docker-config",
    spawner_section="BinderSpawnerMixin",
    cilogon_providers="idps",
    routed_by_program="binder",
    binder_address=False,
    build_resources=False,
)
CLASSIC = Flavour(
    hub_release="binderhub",
    hub_section=("jupyterhub",),
    binder_release="binderhub",
    binder_service="binder",
    binder_secret=("binder-secret", "values.yaml"),
    push_secret="binder-build-docker-config",
    spawner_section="BinderSpawner",
    cilogon_providers="allowed_idps",
    routed_by_program="hub",
    binder_address=True,
    build_resources=True,
)


def flavour(hub: Hub) -> Flavour:
    """The flavour of the hub's charts."""
    match hub.chart:
        case ServiceChart():
            return DEFAULT
        case ClassicChart():
            return CLASSIC
        case _:
            assert_never(hub.chart)


def node_builder(hub: Hub) -> Literal["host", "dind", "pink"] | None:
    """What builds on the nodes of a classic hub; None: docker-api, which the default charts bring."""
    return (hub.build.builder or "dind") if isinstance(hub.chart, ClassicChart) else None


def builder_folders(hub: Hub) -> dict[str, str]:
    """Folders on the nodes that the classic chart's own builder keeps, by their keys in its section.
    They carry the namespace: hubs that share a node never clash."""
    kind = node_builder(hub)
    match kind:
        case "dind" | "pink":
            key = "hostLibDir" if kind == "dind" else "hostStorageDir"
            return {"hostSocketDir": f"/var/run/{kind}/{hub.ns}", key: f"/var/lib/{kind}/{hub.ns}"}
        case "host" | None:
            return {}
        case _:
            assert_never(kind)


def chart_pins(hub: Hub) -> dict[ReleaseName, tuple[str, ChartPin]]:
    """Path in the stack file and pin of every chart that the hub may install, by release."""
    chart = hub.chart
    pins: dict[ReleaseName, tuple[str, ChartPin]] = {
        "registry-helper": ("chart.registryHelper", chart.registry_helper)
    }
    match chart:
        case ServiceChart():
            pins["jupyterhub"] = ("chart.jupyterhub", chart.jupyterhub)
            pins["binderhub-service"] = ("chart", chart)
        case ClassicChart():
            pins["binderhub"] = ("chart", chart)
        case _:
            assert_never(chart)
    return pins


def release_names(hub: Hub) -> tuple[ReleaseName, ...]:
    """The hub's Helm releases, in the order in which they are installed."""
    helper = isinstance(hub.registry, Ecr)
    return tuple(name for name in chart_pins(hub) if helper or name != "registry-helper")
