"""Stand-in for a cloud's load balancers: gives Services of type LoadBalancer an address.

Addresses are loopback ones, of which nothing listens on: the lab routes no traffic to Services.
"""

from __future__ import annotations

import ipaddress
import zlib
from typing import Any

from lab.cluster.client import Kube

NETWORK = ipaddress.ip_network("127.20.0.0/16")
ANNOTATION = "binderhub.lab/standin"


def serve_once(client: Kube) -> None:
    """Gives each load balancer that has no address one that no other has."""
    services = [
        service
        for service in client.items("/api/v1/services")
        if service["spec"].get("type") == "LoadBalancer"
    ]
    taken = {entry["ip"] for service in services for entry in _addresses(service)}
    for service in services:
        if _addresses(service) or "deletionTimestamp" in service["metadata"]:
            continue
        address = _free_address(_path(service), taken)
        taken.add(address)
        client.request(
            "PATCH",
            f"{_path(service)}/status",
            body={
                "metadata": {"annotations": {ANNOTATION: "load-balancer"}},
                "status": {"loadBalancer": {"ingress": [{"ip": address}]}},
            },
            content_type="application/merge-patch+json",
        )


def _path(service: dict[str, Any]) -> str:
    meta = service["metadata"]
    return f"/api/v1/namespaces/{meta['namespace']}/services/{meta['name']}"


def _addresses(service: dict[str, Any]) -> list[dict[str, str]]:
    status: dict[str, dict[str, list[dict[str, str]]]] = service.get("status", {})
    return status.get("loadBalancer", {}).get("ingress", [])


def _free_address(path: str, taken: set[str]) -> str:
    """The same Service gets the same address in every lab, unless another took it before."""
    usable = NETWORK.num_addresses - 2
    first = zlib.crc32(path.encode())
    for step in range(usable):
        address = str(NETWORK[1 + (first + step) % usable])
        if address not in taken:
            return address
    raise RuntimeError(f"all addresses of {NETWORK} are taken")
