"""List prices of machines and disks: for estimates only.

On-demand Linux prices in US dollars, copied by hand from the clouds' price lists, for GKE in
us-central1 and EKS in us-west-2. Other regions cost up to half more; discounts, traffic, load
balancers, the cluster's own fee and taxes are not in them.
"""

from __future__ import annotations

from dataclasses import dataclass

from spec.machines import Machine

AS_OF = "2025-06"
SOURCES = {
    "gcp": "https://cloud.google.com/compute/vm-instance-pricing (us-central1)",
    "aws": "https://aws.amazon.com/ec2/pricing/on-demand/ (us-west-2)",
}
HOURS = 730
"""Hours of a month, as both clouds count."""

# Google sells CPUs and memory apart: dollars per vCPU-hour and GiB-hour.
_GCP: dict[str, tuple[float, float]] = {
    "n2": (0.031611, 0.004237),
    "n1": (0.031611, 0.004237),
    "e2": (0.021811, 0.002923),
}
# Amazon's sizes of a family cost in proportion to their vCPUs: dollars per vCPU-hour.
_AWS: dict[str, float] = {"r5": 0.063, "r6i": 0.063, "r5a": 0.0565, "m5": 0.048, "m6i": 0.048}
_T3: dict[str, float] = {
    "t3.small": 0.0208, "t3.medium": 0.0416, "t3.large": 0.0832,
    "t3.xlarge": 0.1664, "t3.2xlarge": 0.3328,
}  # fmt: skip
_DISK = {"gcp": 0.10, "aws": 0.08}


@dataclass(frozen=True, kw_only=True)
class NodePrice:
    """Dollars of one node: `hour` for the machine, `disk_month` for its disk."""

    hour: float
    disk_month: float

    @property
    def month(self) -> float:
        """Dollars of a node that runs all month."""
        return self.hour * HOURS + self.disk_month


def node_price(machine: Machine, disk_gb: int) -> NodePrice | None:
    """The price of one node; None when the table has no such machine."""
    family = machine.name.split("-")[0] if machine.cloud == "gcp" else machine.name.split(".")[0]
    hour: float | None
    if machine.cloud == "gcp":
        rates = _GCP.get(family)
        hour = rates and machine.vcpus * rates[0] + machine.memory_gib * rates[1]
    else:
        rate = _AWS.get(family)
        hour = _T3.get(machine.name) if rate is None else rate * machine.vcpus
    if hour is None:
        return None
    return NodePrice(hour=round(hour, 4), disk_month=disk_gb * _DISK[machine.cloud])
