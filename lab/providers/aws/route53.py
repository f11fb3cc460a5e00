"""Route 53 records: ``aws:route53/record:Record``.

The type changes in place, by one batch that deletes and creates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from lab.providers.aws.context import AwsHandler
from lab.providers.sdk import words
from lab.providers.sdk.property_values import Props
from lab.providers.sdk.provider import CheckFailure, StandinError
from lab.providers.sdk.value_rules import is_address, items


def _full_name(name: str, zone: str) -> str:
    """The record's full name, as the official provider completes it; no final dot."""
    name, zone = name.removesuffix(".").lower(), zone.removesuffix(".")
    return name if name == zone or name.endswith(f".{zone}") else f"{name}.{zone}".lstrip(".")


def _record_set(inputs: Mapping[str, Any], name: str | None) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if name is not None:
        # With the final dot: moto overlooks a DELETE without it.
        out["Name"] = f"{name.removesuffix('.')}."
    if "type" in inputs:
        out["Type"] = inputs["type"]
    if "ttl" in inputs:
        out["TTL"] = inputs["ttl"]
    if inputs.get("records"):
        out["ResourceRecords"] = [{"Value": value} for value in inputs["records"]]
    for alias in inputs.get("aliases") or ():
        names = (
            ("name", "DNSName"),
            ("zoneId", "HostedZoneId"),
            ("evaluateTargetHealth", "EvaluateTargetHealth"),
        )
        out["AliasTarget"] = {api: alias[key] for key, api in names if key in alias}
    return out


def _batch(*changes: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    listed = [{"Action": action, "ResourceRecordSet": data} for action, data in changes]
    return {"Comment": "lab stand-in", "Changes": listed}


class Record(AwsHandler):
    """All records of one name and type in a hosted zone."""

    kind = "aws:route53/record:Record"
    creation = ("route53", "ChangeResourceRecordSets")
    passed_on: ClassVar = {"zoneId": "HostedZoneId"}
    computed = ("fqdn",)
    covered = words("aliases allowOverwrite name records ttl type zoneId")
    sets = ("records",)

    def rules(self, inputs: Props) -> Iterator[CheckFailure]:
        aliases, records = inputs.get("aliases"), inputs.get("records")
        if (aliases is None) == (records is None):
            yield CheckFailure("records", "exactly one of records and aliases is needed")
        if records is not None and inputs.get("ttl") is None:
            yield CheckFailure("ttl", "required with records")
        if aliases is not None and inputs.get("ttl") is not None:
            yield CheckFailure("ttl", "an alias has none")
        if isinstance(aliases, list) and len(aliases) != 1:
            yield CheckFailure("aliases", f"one alias, not {len(aliases)}")
        kind = inputs.get("type")
        for path, value in items("records", records):
            if kind in ("A", "AAAA") and not is_address(value, kind):
                yield CheckFailure(path, f"{value!r} is not an address for type {kind}")
        if kind == "CNAME" and isinstance(records, list) and len(records) > 1:
            yield CheckFailure("records", f"a CNAME has one target, not {len(records)}")

    def parameters(self, inputs: Props) -> dict[str, Any]:
        batch = _batch(("CREATE", _record_set(inputs, inputs.get("name"))))
        return {**super().parameters(inputs), "ChangeBatch": batch}

    def _name(self, inputs: Props) -> str:
        zone = self.cloud.call("route53", "GetHostedZone", Id=inputs["zoneId"])["HostedZone"]
        apex = zone["Name"].removesuffix(".")
        name = _full_name(inputs["name"], apex)
        if name == apex and inputs["type"] == "CNAME":
            raise StandinError(f"{name} is the zone's apex, where no CNAME is allowed")
        return name

    def _find(self, inputs: Props) -> list[dict[str, Any]]:
        found = self.cloud.find("route53", "ListResourceRecordSets", HostedZoneId=inputs["zoneId"])
        name = f"{self._name(inputs)}." if found else ""
        sets = found["ResourceRecordSets"] if found else []
        return [item for item in sets if item["Name"] == name]

    def make(self, inputs: Props) -> tuple[str, Props]:
        name, kind = self._name(inputs), inputs["type"]
        for other in self._find(inputs):
            if (other["Type"] == "CNAME") != (kind == "CNAME"):
                raise StandinError(f"{name}: a CNAME cannot stand beside another type")
            if other["Type"] == kind and not inputs.get("allowOverwrite"):
                raise StandinError(
                    "route53 ChangeResourceRecordSets: InvalidChangeBatch: Tried to create "
                    f"resource record set [name='{name}.', type='{kind}'] but it already exists"
                )
        # Not CREATE: moto refuses one that was made and deleted before while any record of a
        # later name exists.
        self._send(inputs, ("UPSERT", _record_set(inputs, name)))
        return f"{inputs['zoneId']}_{inputs['name']}_{inputs['type']}", {"fqdn": name}

    def change(self, id: str, old: Props, olds: Props, new: Props) -> Props:
        name = self._name(new)
        gone = [("DELETE", _record_set(old, name))] if old["type"] != new["type"] else []
        self._send(new, *gone, ("UPSERT", _record_set(new, name)))
        return {"fqdn": name}

    def _send(self, inputs: Props, *changes: tuple[str, dict[str, Any]]) -> None:
        zone = inputs["zoneId"]
        self.cloud.change(*self.creation, HostedZoneId=zone, ChangeBatch=_batch(*changes))

    def exists(self, id: str, inputs: Props) -> bool:
        return any(item["Type"] == inputs["type"] for item in self._find(inputs))

    def remove(self, id: str, inputs: Props, olds: Props) -> None:
        if self.exists(id, inputs):
            name = self._name(inputs)
            self._send(inputs, ("DELETE", _record_set(inputs, name)))
