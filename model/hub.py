"""The whole stack file, and what a hub is once it was read."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from model.fields import Count, HubName, Label, Model, Text, defaults
from model.sections.auth import Auth, Login, OAuth, OpenAuth
from model.sections.build import Build
from model.sections.chart import Chart, ClassicChart, Database, ServiceChart, Sqlite
from model.sections.cluster import AwsCluster, Cluster, GcpCluster
from model.sections.domains import Domains
from model.sections.homepage import Homepage
from model.sections.launch import Launch
from model.sections.nodes import Nodes
from model.sections.registry import Registry
from model.sections.user import User

Stage = Literal["production", "staging", "development"]
ReleaseName = Literal["jupyterhub", "binderhub-service", "binderhub", "registry-helper"]
GeneratedName = Literal[
    "binderApiToken",
    "proxyToken",
    "cookieSecret",
    "cryptKey",
    "buildTokenSecret",
    "registryHelperToken",
    "daskGatewayToken",
    "registryKey",
]


class Adopt(Model):
    """Import ids of what exists already, so that the program takes it over."""

    namespace: Label | None = None
    """Name of the namespace."""
    node_pool: Text | None = None
    """GKE: project/location/cluster/pool. EKS: cluster:group."""
    builder_pool: Text | None = None
    """The same for the builder pool."""
    registry: Text | None = None
    """Artifact Registry: projects/P/locations/L/repositories/R."""
    releases: dict[ReleaseName, Text] = Field(default_factory=dict)
    """Helm releases as namespace/name; to be removed after the first `pulumi up`."""


class Hub(Model):
    """What is particular to a hub: its stack file, read and typed.

    `name` is the stack's name (the file's); everything else is a section of the file.
    """

    name: HubName
    """Name of the hub: the stack's name."""
    cluster: Cluster
    """Where the hub runs, and how the world reaches it."""
    domains: Domains | None = None
    """The two hosts of the hub. Only exposure by load balancer addresses goes without."""
    auth: Auth
    """Who may use the hub."""
    registry: Registry
    """Where built images are kept."""
    nodes: Nodes = defaults(Nodes)
    """The machines that build images and run users' servers."""
    launch: Launch = defaults(Launch)
    """Which repositories may be launched, how often, and what people see of it."""
    user: User = defaults(User)
    """What each running server gets."""
    build: Build = defaults(Build)
    """How images are built."""
    homepage: Homepage = defaults(Homepage)
    """What the hub's own pages look like."""
    chart: Chart = Field(default_factory=ServiceChart)
    """Which Helm charts are used."""
    database: Database = Field(default_factory=Sqlite)
    """Where the hub keeps its state."""
    stage: Stage = "production"
    """What the hub is for; development stacks may use the dummy authenticator."""
    namespace: Label | None = None
    """Kubernetes namespace; the hub's name when left out."""
    adopt: Adopt = defaults(Adopt)
    """What exists already and is to be taken over."""
    rotate: dict[GeneratedName, Annotated[Count, Field()]] = Field(default_factory=dict)
    """Raise a number to renew a secret that the program makes."""
    extra_values: dict[ReleaseName, dict[str, Any]] = Field(default_factory=dict)
    """Helm values merged last, by release: the one escape hatch."""
    secrets_file: Text | None = None
    """A sops-encrypted YAML file with flat secrets of this hub; its path from the project's folder."""

    @property
    def ns(self) -> str:
        """The namespace, given or derived."""
        return self.namespace or self.name

    @property
    def login(self) -> Login | None:
        """The auth section of a members-only hub; None on an open hub."""
        return None if isinstance(self.auth, OpenAuth) else self.auth

    @property
    def members_only(self) -> bool:
        """Whether people log in."""
        return self.login is not None


SECTIONS: tuple[str, ...] = tuple(
    info.alias or name for name, info in Hub.model_fields.items() if name != "name"
)
"""Top-level keys of a stack file (`binderhub:KEY`) beside the flat secrets."""

__all__ = [
    "SECTIONS",
    "Adopt",
    "AwsCluster",
    "ClassicChart",
    "GcpCluster",
    "Hub",
    "Login",
    "OAuth",
]
