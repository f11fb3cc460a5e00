"""List prices of machines and disks: for estimates only. Pure.

Linux on demand, in US dollars, in one region of each cloud; other regions by a factor. Neither the
clouds' pages nor this table know discounts, traffic, load balancers, the cluster's fee or taxes.
What the sources below do not list is None here: said, never guessed.

| what | source (each is a copy of the cloud's own price list, with its date) |
|---|---|
| n1, n2, e2 and their regions | `pkg/providers/pricing/initial-prices.json` of karpenter-provider-gcp, 2026-08-03 |
| EC2 in us-east-1 | `pkg/providers/pricing/zz_generated.pricing_aws.go` of karpenter-provider-aws, 2026-07-20 |
| r5 and r5a in other regions | `catalogs/v8/aws/vms.csv` of skypilot-catalog, revision 00148f2; in us-east-1 it agrees with the line above |
| pd-balanced, us-central1 | https://cloud.google.com/compute/disks-image-pricing: 0.10 a GiB and month |
| gp3, us-east-1 | https://aws.amazon.com/ebs/pricing/: 0.08 a GB and month |
"""

from __future__ import annotations

from dataclasses import dataclass

from model.derived.machines import Machine
from model.sections.cluster import CloudName

HOURS = 730
"""Hours of a month, as both clouds count."""


@dataclass(frozen=True, kw_only=True)
class PriceList:
    """Where a cloud's prices come from: `as_of` is the list's date, `region` the one it is for."""

    name: str
    as_of: str
    region: str
    url: str


LISTS: dict[CloudName, PriceList] = {
    "gcp": PriceList(
        name="Google Cloud", as_of="2026-08-03", region="us-central1",
        url="https://cloud.google.com/compute/vm-instance-pricing",
    ),
    "aws": PriceList(
        name="AWS", as_of="2026-07-20", region="us-east-1",
        url="https://aws.amazon.com/ec2/pricing/on-demand/",
    ),
}  # fmt: skip

# Google sells CPUs and memory apart: dollars per vCPU-hour and GiB-hour.
_GCP: dict[str, tuple[float, float]] = {
    "n2": (0.031611, 0.004237),
    "n1": (0.031611, 0.004237),
    "e2": (0.02181159, 0.00292353),
}
# Amazon's sizes of a family cost in proportion to their vCPUs: dollars per vCPU-hour.
_AWS: dict[str, float] = {"r5": 0.063, "r6i": 0.063, "r5a": 0.0565, "m5": 0.048, "m6i": 0.048}
_T3: dict[str, float] = {
    "t3.small": 0.0208, "t3.medium": 0.0416, "t3.large": 0.0832,
    "t3.xlarge": 0.1664, "t3.2xlarge": 0.3328,
}  # fmt: skip
_DISK: dict[CloudName, float] = {"gcp": 0.10, "aws": 0.08}

# A region's price divided by that of the list's region; right to a part in a thousand.
_E2: dict[str, float] = {
    "us-central1": 1, "us-east1": 1, "us-east4": 1.126, "us-east5": 1, "us-south1": 1.18,
    "us-west1": 1, "us-west2": 1.201, "us-west3": 1.201, "us-west4": 1.126,
    "northamerica-northeast1": 1.101, "northamerica-northeast2": 1.101,
    "northamerica-south1": 1.09, "southamerica-east1": 1.587, "southamerica-west1": 1.43,
    "europe-central2": 1.21, "europe-north1": 1.101, "europe-north2": 1.05,
    "europe-southwest1": 1.18, "europe-west1": 1.1, "europe-west2": 1.288, "europe-west3": 1.288,
    "europe-west4": 1.101, "europe-west6": 1.31, "europe-west8": 1.16, "europe-west9": 1.16,
    "europe-west10": 1.288, "europe-west12": 1.29, "africa-south1": 1.1, "me-central1": 1.215,
    "me-central2": 1.6, "me-west1": 1.1, "asia-east1": 1.158, "asia-east2": 1.399,
    "asia-northeast1": 1.282, "asia-northeast2": 1.284, "asia-northeast3": 1.284,
    "asia-south1": 1.201, "asia-south2": 1.201, "asia-southeast1": 1.234,
    "asia-southeast2": 1.345, "australia-southeast1": 1.419, "australia-southeast2": 1.206,
}  # fmt: skip
_N2 = {r: f for r, f in _E2.items() if r not in ("europe-north2", "northamerica-south1")}
_WITHOUT_N1 = (
    "africa-south1", "europe-southwest1", "europe-west10", "europe-west12", "europe-west8",
    "europe-west9", "me-central1", "me-central2", "southamerica-west1", "us-east5", "us-south1",
)  # fmt: skip
_N1 = {r: f for r, f in _N2.items() if r not in _WITHOUT_N1} | {"australia-southeast2": 1.419}
_R5: dict[str, float] = {
    "us-east-1": 1, "us-east-2": 1, "us-west-1": 1.111, "us-west-2": 1, "ca-central-1": 1.095,
    "eu-central-1": 1.206, "eu-north-1": 1.063, "eu-south-1": 1.175, "eu-south-2": 1.119,
    "eu-west-1": 1.119, "eu-west-2": 1.175, "eu-west-3": 1.175, "af-south-1": 1.333,
    "me-central-1": 1.23, "me-south-1": 1.23, "ap-east-1": 1.325, "ap-northeast-1": 1.206,
    "ap-northeast-2": 1.206, "ap-northeast-3": 1.206, "ap-south-1": 1.032,
    "ap-southeast-1": 1.206, "ap-southeast-2": 1.198, "ap-southeast-3": 1.206,
    "ap-southeast-4": 1.198,
}  # fmt: skip
_R5A: dict[str, float] = {
    "us-east-1": 1, "us-east-2": 1, "us-west-1": 1.115, "us-west-2": 1, "ca-central-1": 1.097,
    "eu-central-1": 1.212, "eu-south-1": 1.177, "eu-west-1": 1.124, "eu-west-2": 1.177,
    "eu-west-3": 1.177, "ap-northeast-1": 1.212, "ap-northeast-2": 1.204, "ap-south-1": 0.633,
    "ap-southeast-1": 1.204, "ap-southeast-2": 1.204,
}  # fmt: skip
_REGIONS: dict[str, dict[str, float]] = {
    "e2": _E2, "n1": _N1, "n2": _N2, "r5": _R5, "r5a": _R5A,
    **{family: {"us-east-1": 1} for family in ("r6i", "m5", "m6i", "t3")},
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class NodePrice:
    """Dollars of one node: `hour` for the machine, `disk_month` for its disk.

    `factor` is the region's, already in `hour`; None when the list does not have this family in
    that region, and the prices are then those of the list's own region. Disks are always.
    """

    hour: float
    disk_month: float
    factor: float | None

    @property
    def month(self) -> float:
        """Dollars of a node that runs all month."""
        return self.hour * HOURS + self.disk_month


def node_price(machine: Machine, disk_gb: int, region: str) -> NodePrice | None:
    """The price of one node in a region; None when the table has no such machine."""
    family = family_of(machine)
    hour: float | None
    if machine.cloud == "gcp":
        rates = _GCP.get(family)
        hour = rates and machine.vcpus * rates[0] + machine.memory_gib * rates[1]
    else:
        rate = _AWS.get(family)
        hour = _T3.get(machine.name) if rate is None else rate * machine.vcpus
    if hour is None:
        return None
    factor = _REGIONS[family].get(region)
    return NodePrice(
        hour=round(hour * (1 if factor is None else factor), 4),
        disk_month=disk_gb * _DISK[machine.cloud],
        factor=factor,
    )


def family_of(machine: Machine) -> str:
    """The part of a machine's name that decides its price: n2, r5a."""
    return machine.name.split("-" if machine.cloud == "gcp" else ".")[0]
