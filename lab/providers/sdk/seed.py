"""What the cloud stand-ins know before a program runs: ``CloudSeed``.

A JSON file of this shape is named by the environment variable ``LAB_CLOUD_SEED``. It says
which cluster, zones and DNS zones "exist", and where the lab's own Kubernetes API server
is, which is what the cluster lookups answer with. What the stand-ins create is recorded
beside it, in ``<seed file>.records/``, and lives as long as that folder.

Raises StandinError (one sentence) when the file is missing or not of this shape.
"""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

from lab.providers.sdk.provider import StandinError

ENVIRONMENT: Final = "LAB_CLOUD_SEED"


@dataclass(frozen=True)
class _Strict:
    """What refuses an unknown key when it is decoded."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": False}


@dataclass(frozen=True, kw_only=True)
class DnsZone(_Strict):
    """A Cloud DNS zone: ``name`` is the resource's, ``dns_name`` ends with a dot."""

    name: str
    dns_name: str


@dataclass(frozen=True, kw_only=True)
class GcpSeed(_Strict):
    """A Google Cloud project with one GKE cluster.

    ``location`` is a region or a zone. ``service_accounts`` are account ids (before the @)
    that exist already; ``other_projects`` exist too, and may hold a registry or a zone.
    """

    project: str
    location: str
    cluster: str
    number: str = "123456789012"
    dns_zones: tuple[DnsZone, ...] = ()
    network_policy: bool = True
    service_accounts: tuple[str, ...] = ()
    other_projects: tuple[str, ...] = ()
    kubernetes_version: str = "1.35.4-gke.1000000"


@dataclass(frozen=True, kw_only=True)
class AwsSeed(_Strict):
    """An AWS account with one EKS cluster, its VPC, OIDC provider and hosted zones.

    One private subnet is made per availability zone. ``hosted_zones`` are domain names.
    """

    account: str
    region: str
    cluster: str
    zones: tuple[str, ...] = ()
    hosted_zones: tuple[str, ...] = ()
    kubernetes_version: str = "1.35"

    def __post_init__(self) -> None:
        if not self.zones:
            object.__setattr__(self, "zones", tuple(f"{self.region}{z}" for z in "abc"))

    @property
    def oidc_issuer(self) -> str:
        """Issuer URL of the cluster's service account tokens (stable for a cluster)."""
        digits = "".join(f"{ord(c):02X}" for c in self.cluster).ljust(32, "0")[:32]
        return f"https://oidc.eks.{self.region}.amazonaws.com/id/{digits}"


@dataclass(frozen=True, kw_only=True)
class Existing(_Strict):
    """A resource that exists before the program runs, as somebody else would have made it."""

    type: str
    inputs: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class CloudSeed(_Strict):
    """Everything the cloud stand-ins answer from.

    ``endpoint`` is the lab's API server (``https://127.0.0.1:6443``), ``ca`` its
    certificate authority as base64 of PEM.
    """

    endpoint: str
    ca: str
    gcp: GcpSeed | None = None
    aws: AwsSeed | None = None
    existing: tuple[Existing, ...] = field(default=())

    def to_json(self) -> str:
        """The text of a seed file."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    @staticmethod
    def from_json(text: str, where: str = "seed") -> CloudSeed:
        """Decode strictly: unknown keys and wrong types are errors."""
        from pydantic import TypeAdapter, ValidationError

        try:
            return TypeAdapter(CloudSeed).validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise StandinError(f"{where}: {place or 'the file'}: {first['msg']}") from None


def seed_file() -> Path:
    """The file that ``LAB_CLOUD_SEED`` names."""
    value = os.environ.get(ENVIRONMENT, "")
    if not value:
        raise StandinError(
            f"{ENVIRONMENT} is not set: the cloud stand-ins answer from that file, which the "
            "lab writes; run the program through the lab, or install the official plugins"
        )
    return Path(value)


def load(path: Path) -> CloudSeed:
    """Read a seed file."""
    try:
        text = path.read_text()
    except OSError as error:
        raise StandinError(f"{ENVIRONMENT}: {path} cannot be read: {error.strerror}") from None
    return CloudSeed.from_json(text, str(path))


def records_dir(path: Path) -> Path:
    """Where the stand-ins keep what was created, for a seed file."""
    return path.with_name(path.name + ".records")
