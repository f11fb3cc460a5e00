"""`chart` and `database`: which Helm charts, and where the hub keeps its state."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from model.fields import Model, Quantity, Text


class ChartPin(Model):
    """Another version or source of a chart than the pinned one."""

    version: Text | None = None
    """Exact version."""
    source: Text | None = None
    """Repository URL, OCI reference, or path of a chart folder or archive."""


class ServiceChart(ChartPin):
    """The binderhub-service chart beside the jupyterhub chart."""

    kind: Literal["binderhub-service"] = "binderhub-service"
    """Two charts: jupyterhub and binderhub-service."""
    jupyterhub: ChartPin = Field(default_factory=ChartPin)
    """The jupyterhub chart."""
    registry_helper: ChartPin = Field(default_factory=ChartPin)
    """The registry helper's chart (ECR)."""


class ClassicChart(ChartPin):
    """The classic binderhub chart, which bundles its own jupyterhub."""

    kind: Literal["binderhub"]
    """One chart: binderhub."""
    registry_helper: ChartPin = Field(default_factory=ChartPin)
    """The registry helper's chart (ECR)."""


Chart = Annotated[ServiceChart | ClassicChart, Field(discriminator="kind")]


class Sqlite(Model):
    """A SQLite file on a small volume."""

    kind: Literal["sqlite"] = "sqlite"
    """SQLite on a volume."""
    size: Quantity = "1Gi"
    """Size of the volume."""
    storage_class: Text | None = None
    """StorageClass; the cluster's default when left out."""


class SqliteMemory(Model):
    """SQLite in memory: a restart of the hub forgets running servers."""

    kind: Literal["memory"]
    """SQLite in memory."""


class ExternalDatabase(Model):
    """A database elsewhere; its URL is the flat key `databaseUrl`."""

    kind: Literal["external"]
    """An external database."""
    dialect: Literal["postgres", "mysql"] = "postgres"
    """Kind of database."""


Database = Annotated[Sqlite | SqliteMemory | ExternalDatabase, Field(discriminator="kind")]
