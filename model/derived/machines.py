"""Machine types of the clouds, with what one node can give to pods.

Memory and CPU that the cloud keeps for itself are computed by the published formulas:
GKE: https://docs.cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes
EKS: https://github.com/awslabs/amazon-eks-ami (memory: 255 MiB + 11 MiB per pod; CPU as on GKE),
plus the 100 MiB that the kubelet keeps free. A node sees a little less memory than the machine
type names; the share is measured on real nodes (n2-highmem-4: 33,669,926,912 bytes and
r5.xlarge: 33,164,840,960 bytes), the lower of the measured ones.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from model.sections.cluster import CloudName

_GIB = 1024**3
_MIB = 1024**2
_SEEN_SHARE: dict[CloudName, float] = {"gcp": 0.9799, "aws": 0.9652}


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One machine type. `vcpus` and `memory_gib` are nominal; the rest is what pods can have."""

    name: str
    cloud: CloudName
    vcpus: int
    memory_gib: float
    pods: int

    @property
    def allocatable_cpu(self) -> int:
        """Millicores that pods can request together."""
        reserved, left = 0.0, self.vcpus
        for count, share in ((1, 60.0), (1, 10.0), (2, 5.0), (10_000, 2.5)):
            taken = min(left, count)
            reserved += taken * share
            left -= taken
        if self.name.startswith(("e2-micro", "e2-small", "e2-medium")):
            reserved = 1060.0
        return int(self.vcpus * 1000 - reserved)

    @property
    def allocatable_memory(self) -> int:
        """Bytes that pods can request together."""
        seen = self.memory_gib * _GIB * _SEEN_SHARE[self.cloud]
        reserved = _gke_reserved(seen) if self.cloud == "gcp" else (255 + 11 * self.pods) * _MIB
        return int(seen - reserved - 100 * _MIB)


def _gke_reserved(seen: float) -> float:
    if seen < _GIB:
        return 255 * _MIB
    reserved, left = 0.0, seen / _GIB
    for size, share in ((4, 0.25), (4, 0.20), (8, 0.10), (112, 0.06), (float("inf"), 0.02)):
        taken = min(left, size)
        reserved += taken * share
        left -= taken
    return reserved * _GIB


def _gcp(family: str, sizes: tuple[int, ...], gib_per_vcpu: float) -> list[Machine]:
    return [
        Machine(name=f"{family}-{n}", cloud="gcp", vcpus=n, memory_gib=n * gib_per_vcpu, pods=110)
        for n in sizes
    ]


# Pods per node: network interfaces x (addresses - 1) + 2, AWS's published list of maximum pods.
_AWS_SIZES: dict[str, tuple[int, int]] = {
    "large": (2, 29),
    "xlarge": (4, 58),
    "2xlarge": (8, 58),
    "4xlarge": (16, 234),
    "8xlarge": (32, 234),
    "12xlarge": (48, 234),
    "16xlarge": (64, 737),
    "24xlarge": (96, 737),
}
_T3_SIZES: dict[str, tuple[int, float, int]] = {
    "small": (2, 2, 11),
    "medium": (2, 4, 17),
    "large": (2, 8, 35),
    "xlarge": (4, 16, 58),
    "2xlarge": (8, 32, 58),
}


def _aws(family: str, gib_per_vcpu: int) -> list[Machine]:
    return [
        Machine(
            name=f"{family}.{size}", cloud="aws", vcpus=n, memory_gib=n * gib_per_vcpu, pods=pods
        )
        for size, (n, pods) in _AWS_SIZES.items()
    ]


_N2 = (2, 4, 8, 16, 32, 48, 64, 80, 96, 128)
CATALOGUE: dict[str, Machine] = {
    m.name: m
    for m in [
        *_gcp("n2-highmem", _N2[:-1], 8),
        # The largest has less than its family's 8 GiB for each CPU.
        Machine(name="n2-highmem-128", cloud="gcp", vcpus=128, memory_gib=864, pods=110),
        *_gcp("n2-standard", _N2, 4),
        *_gcp("n1-highmem", (2, 4, 8, 16, 32, 64, 96), 6.5),
        *_gcp("n1-standard", (1, 2, 4, 8, 16, 32, 64, 96), 3.75),
        *_gcp("e2-highmem", (2, 4, 8, 16), 8),
        *_gcp("e2-standard", (2, 4, 8, 16, 32), 4),
        *_aws("r5", 8),
        *_aws("r6i", 8),
        *_aws("r5a", 8),
        *_aws("m5", 4),
        *_aws("m6i", 4),
        *[
            Machine(name=f"t3.{s}", cloud="aws", vcpus=n, memory_gib=gib, pods=pods)
            for s, (n, gib, pods) in _T3_SIZES.items()
        ],
    ]
}

DEFAULT: dict[CloudName, str] = {"gcp": "n2-highmem-4", "aws": "r5.xlarge"}


def nearest(name: str, cloud: CloudName) -> str:
    """The known machine type of `cloud` nearest to `name`; its default when none is near."""
    options = [m.name for m in CATALOGUE.values() if m.cloud == cloud]
    return (difflib.get_close_matches(name, options, n=1, cutoff=0.75) or [DEFAULT[cloud]])[0]
