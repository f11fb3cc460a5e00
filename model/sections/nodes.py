"""`nodes`: the machines that build images and run users' servers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from model.fields import Count, Model, Positive, Quantity, Text

Disk = Annotated[int, Field(ge=20, le=10_000)]


class Toleration(Model):
    """A Kubernetes toleration."""

    key: Text | None = None
    """Taint key; any when left out (with operator Exists)."""
    operator: Literal["Equal", "Exists"] = "Equal"
    """How the value is compared."""
    value: str | None = None
    """Taint value."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Taint effect; any when left out."""


class Allocatable(Model):
    """What one node can give to pods, as `kubectl describe node` shows it."""

    cpu: Annotated[float, Field(gt=0, le=1024, strict=False)] = 4
    """CPUs."""
    memory: Quantity = "14Gi"
    """Memory."""
    pods: Positive = 110
    """Pods per node."""


class Builders(Model):
    """A pool of its own for builds, so that they never slow down users' servers."""

    machine_type: Text | None = None
    """Machine type; the user pool's when left out."""
    min: Count = 0
    """Fewest nodes."""
    max: Positive = 3
    """Most nodes."""
    disk_gb: Disk = 100
    """Disk of each node in GB."""
    spot: bool = False
    """Cheaper machines that the cloud may take away."""


class RetiringBuilders(Model):
    """What the builder pool of a draining generation was, where it differs from the present one."""

    machine_type: Text | None = None
    """Machine type."""
    max: Positive | None = None
    """Most nodes."""
    disk_gb: Disk | None = None
    """Disk of each node in GB."""
    spot: bool | None = None
    """Whether its machines are of the cheaper kind."""


class Retiring(Model):
    """Pools of an earlier generation that stay until they are empty. What is left out is as in
    the present generation; a line of the old `nodes` section that changed is repeated here."""

    generation: Positive
    """The generation that they were made in."""
    machine_type: Text | None = None
    """Machine type of that generation."""
    more_machine_types: list[Text] | None = None
    """Its further machine types; [] for none."""
    max: Positive | None = None
    """Most nodes."""
    disk_gb: Disk | None = None
    """Disk of each node in GB."""
    spot: bool | None = None
    """Whether its machines are of the cheaper kind."""
    zones: list[Text] | None = None
    """Its zones; [] for the cluster's."""
    builders: RetiringBuilders | None = None
    """Its builder pool."""


class Nodes(Model):
    """The user pool. On GKE and EKS the program makes it; elsewhere it selects nodes that exist."""

    machine_type: Text | None = None
    """Machine type: n2-highmem-4 on GKE and r5.xlarge on EKS when left out."""
    more_machine_types: list[Text] = Field(default_factory=list)
    """Further machine types: each becomes a user pool of its own, with the same bounds; the
    autoscaler takes what it can get."""
    min: Count = 0
    """Fewest nodes."""
    max: Positive = 10
    """Most nodes."""
    zones: list[Text] | None = None
    """Zones of the pool; the cluster's when left out."""
    disk_gb: Disk = 100
    """Disk of each node in GB; images are built and kept on it."""
    spot: bool = False
    """Cheaper machines that the cloud may take away."""
    generation: Positive = 1
    """Raise it to make new pools; the old ones go in the same `up`, with what runs on them, unless
    `retiring` keeps them."""
    retiring: list[Retiring] = Field(default_factory=list)
    """Earlier generations whose pools stay until nobody is left on them. Nothing new starts there."""
    builders: Builders | None = None
    """A pool of its own for builds."""
    selector: dict[str, str] = Field(default_factory=dict)
    """Provider kubernetes: labels of the nodes to use."""
    tolerations: list[Toleration] = Field(default_factory=list)
    """Provider kubernetes: further taints of those nodes that pods must tolerate."""
    node_purpose: Literal["require", "prefer", "ignore"] = "prefer"
    """Whether user pods keep to nodes labelled hub.jupyter.org/node-purpose=user."""
    allocatable: Allocatable | None = None
    """Provider kubernetes: size of one node, for checks and rehearsals."""
