"""`user`: what each running server gets."""

from __future__ import annotations

from pydantic import Field

from model.fields import Bytes, Count, Cpu, Model, Seconds, Text, defaults
from model.sections.egress import Egress


class Memory(Model):
    """Memory, as JupyterHub spells it (G is GiB)."""

    guarantee: Bytes = "1G"
    """Reserved for the server; decides how many fit on a node."""
    limit: Bytes = "2G"
    """Most it may use; beyond it the kernel is killed."""


class Cpus(Model):
    """CPUs; fractions are fine."""

    guarantee: Cpu = 0.1
    """Reserved for the server."""
    limit: Cpu = 2
    """Most it may use."""


class SecretRef(Model):
    """The value of a flat secret key of this stack."""

    secret: Text
    """Name of the key: `pulumi config set --secret NAME`."""


class Culling(Model):
    """When idle or old servers are stopped."""

    idle: Seconds | None = None
    """Seconds without activity after which a server stops: 600 on open hubs and 3600 on
    members-only ones when left out."""
    max_age: Count | None = None
    """Seconds after which a server stops in any case, 0 for never: 21600 on open hubs and 0 on
    members-only ones when left out."""
    every: Seconds = 60
    """Seconds between checks."""


class User(Model):
    """Resources, environment and life time of a user's server."""

    memory: Memory = defaults(Memory)
    """Memory of a server."""
    cpu: Cpus = defaults(Cpus)
    """CPUs of a server."""
    environment: dict[str, str | SecretRef] = Field(default_factory=dict)
    """Further environment variables; `{secret: NAME}` takes the value of a flat secret key."""
    command: list[Text] | None = None
    """Command of the server; derived from the kind of hub when left out."""
    default_url: Text | None = None
    """Where a server opens, such as /lab."""
    culling: Culling = defaults(Culling)
    """When servers are stopped."""
    named_servers: Count = 0
    """Named servers that each member may have; members-only hubs."""
    http_timeout: Seconds = 120
    """Seconds that a started server may take to answer its first request."""
    egress: list[Egress] = Field(default_factory=list)
    """What servers may reach beside the internet: particular addresses or pods, as in a Kubernetes
    NetworkPolicy."""
    dask_gateway: bool = False
    """Let servers reach a Dask Gateway of this hub."""
