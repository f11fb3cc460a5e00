"""Cloud DNS record sets: ``gcp:dns/recordSet:RecordSet``.

A change, of the type too, is one request that deletes the old set and adds the new one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.providers.gcp import rules
from lab.providers.gcp.context import GcpHandler
from lab.providers.sdk import words
from lab.providers.sdk.property_values import Props
from lab.providers.sdk.provider import CheckFailure, StandinError
from lab.providers.sdk.seed import DnsZone
from lab.providers.sdk.value_rules import items


class RecordSet(GcpHandler):
    """All records of one name and type in a managed zone."""

    kind = "gcp:dns/recordSet:RecordSet"
    covered = words("deletionPolicy managedZone name project rrdatas ttl type")
    sets = ("rrdatas",)
    creation = ("dns.v1", "changes.create")

    def rules(self, inputs: Props) -> Iterator[CheckFailure]:
        yield from rules.dns_name("name", inputs.get("name"))
        yield from rules.one_of("type", inputs.get("type"), rules.RECORD_TYPES)
        data = inputs.get("rrdatas")
        if data is None or data == []:
            yield CheckFailure("rrdatas", "required, but not set")
        for path, item in items("rrdatas", data):
            yield from rules.record_data(path, inputs.get("type"), item)
        if inputs.get("type") == "CNAME" and isinstance(data, list) and len(data) > 1:
            yield CheckFailure("rrdatas", f"a CNAME has one target, not {len(data)}")
        ttl = inputs.get("ttl")
        if isinstance(ttl, int) and ttl < 0:
            yield CheckFailure("ttl", f"{ttl} is negative")

    def body(self, inputs: Props) -> dict[str, Any]:
        return {
            "additions": [{k: inputs[k] for k in words("name rrdatas ttl type") if k in inputs}]
        }

    def make(self, inputs: Props) -> tuple[str, Props]:
        self.context.known_project(inputs["project"])
        zone = find_zone(self, inputs["managedZone"])
        self._fits(zone, inputs)
        place = f"projects/{inputs['project']}/managedZones/{zone.name}/rrsets"
        id = f"{place}/{inputs['name']}/{inputs['type']}"
        self._beside(id, inputs)
        return id, {}

    def change(self, id: str, old: Props, olds: Props, new: Props) -> Props:
        self._fits(find_zone(self, new["managedZone"]), new)
        self._beside(id, new, own=id)
        return {}

    def _beside(self, id: str, inputs: Props, own: str | None = None) -> None:
        """Raise when another record set stands in the way. (An id keeps the type it began with.)"""
        same = ("managedZone", "name", "project")
        for present in self.context.records.ids(self.kind):
            record = self.context.records.get(self.kind, present) or {"inputs": {}}
            other = record["inputs"]
            if present == own or any(other.get(key) != inputs[key] for key in same):
                continue
            if other["type"] == inputs["type"]:
                self.must_be_new(present, "record set")
            if "CNAME" in (other["type"], inputs["type"]):
                raise StandinError(f"{id}: a CNAME cannot stand beside {present} (409)")

    def _fits(self, zone: DnsZone, inputs: Props) -> None:
        name = inputs["name"]
        if name != zone.dns_name and not name.endswith(f".{zone.dns_name}"):
            raise StandinError(f"{name} is not in zone {zone.name} ({zone.dns_name}) (400)")
        if name == zone.dns_name and inputs["type"] == "CNAME":
            raise StandinError(f"{name} is the zone's apex, where no CNAME is allowed (400)")


def find_zone(handler: GcpHandler, name: str) -> DnsZone:
    """The seed's zone of this name, or an error that says which there are."""
    short = name.rpartition("/")[2]
    for zone in handler.context.gcp.dns_zones:
        if zone.name == short:
            return zone
    known = ", ".join(zone.name for zone in handler.context.gcp.dns_zones) or "none"
    raise StandinError(f"managed zone {short!r} was not found (404); the lab has: {known}")
