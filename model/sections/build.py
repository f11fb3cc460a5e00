"""`build`: how images are built."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from model.fields import Bytes, Cpu, Model, Quantity, Seconds, Text, defaults


class BuildMemory(Model):
    """Memory of a build pod."""

    guarantee: Bytes = "1G"
    """Reserved for a build."""
    limit: Bytes = "4G"
    """Most a build may use."""


class BuildCpu(Model):
    """CPUs of the daemon that builds: all builds of a node together."""

    guarantee: Cpu = 0.1
    """Reserved on each node."""
    limit: Cpu
    """Most that all builds of a node may use together."""


class Build(Model):
    """Resources and tools of builds."""

    memory: BuildMemory = defaults(BuildMemory)
    """Memory of a build."""
    cpu: BuildCpu | None = None
    """CPUs of the builds of a node; no bound when left out."""
    max_age: Seconds = 3600
    """Seconds after which a build is stopped."""
    repo2docker_image: Annotated[Text | None, Field(alias="repo2dockerImage")] = None
    """repo2docker image; the chart's when left out."""
    builder: Literal["host", "dind", "pink"] | None = None
    """Classic chart: host docker, docker in docker, or podman; dind when left out."""
    docker_storage: Quantity | None = "15Gi"
    """Most that the docker daemon of a node may keep; null for no bound."""
