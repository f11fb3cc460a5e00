"""`hubctl cost`: what a stack's nodes cost at least and at most; an estimate."""

from __future__ import annotations

import argparse
from typing import Any

from hubctl.console.output import print_json, print_table
from hubctl.review import prices
from hubctl.stackfile import find
from model.derived.pools import Pool, pools
from model.fields import to_bytes
from model.hub import Hub
from model.sections.cluster import AwsCluster, GcpCluster, KubernetesCluster

EXAMPLES = """examples:
  hubctl cost ecology
  hubctl cost ecology --json
An estimate from a table of list prices, with its date and the region's factor: machines and disks
only, no discounts, no traffic, no load balancer, no cluster fee, no core nodes. Spot nodes are
counted at the full price. What the list does not know is said, and null in JSON.
Exit status: 0 estimated, 1 the file has errors, 2 misuse.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("stack", metavar="STACK|FILE", help="which stack")
    parser.add_argument("--json", action="store_true", help="the estimate as JSON")


def run(arguments: argparse.Namespace) -> int:
    """0 and the estimate."""
    stack, hub = find.usable(find.find(arguments.stack), secrets=False)
    rows = [estimate(hub, pool) for pool in pools(hub)]
    if arguments.json:
        print_json({"stack": stack.name, "estimate": True, "currency": "USD",
                    "priceList": _price_list(hub), "pools": rows, **_total(rows)})  # fmt: skip
        return 0
    print_table(
        ("pool", "machine", "nodes", "per node and hour", "least per month", "most per month", "servers"),
        [
            (r["pool"], r["machine"] or "(not ours)", f"{r['min']} to {r['max']}",
             _dollars(r["hour"], 3), _dollars(r["leastMonth"]), _dollars(r["mostMonth"]),
             "draining: no new ones" if r["retiring"] else
             f"{r['serversPerNode']} each, {r['servers']} in all" if r["servers"] else "")
            for r in rows
        ],
    )  # fmt: skip
    print("\n" + "\n".join(_said(hub, rows)))
    if any(pool.spot for pool in pools(hub)):
        print("Spot nodes cost less than this; their price changes all day.")
    return 0


def estimate(hub: Hub, pool: Pool) -> dict[str, Any]:
    """One pool: nodes, dollars, and how many servers it holds by the users' guarantees."""
    price = None
    if pool.machine and pool.managed:
        price = prices.node_price(pool.machine, pool.disk_gb, _region(hub) or "")
    each = servers_per_node(hub, pool) if pool.role == "user" and not pool.draining else 0
    return {
        "pool": pool.name,
        "role": pool.role,
        "retiring": pool.draining,
        "machine": pool.machine_type,
        "min": pool.min,
        "max": pool.max,
        "spot": pool.spot,
        "hour": price and price.hour,
        "regionFactor": price and price.factor,
        "leastMonth": price and round(price.month * pool.min, 2),
        "mostMonth": price and round(price.month * pool.max, 2),
        "serversPerNode": each,
        "servers": each * pool.max,
    }


def _region(hub: Hub) -> str | None:
    return hub.cluster.region if isinstance(hub.cluster, GcpCluster | AwsCluster) else None


def _price_list(hub: Hub) -> dict[str, Any] | None:
    """The price list behind the estimate; None for nodes that this program does not make."""
    if isinstance(hub.cluster, KubernetesCluster):
        return None
    found = prices.LISTS[hub.cluster.provider]
    return {"name": found.name, "asOf": found.as_of, "region": found.region, "url": found.url}


def _said(hub: Hub, rows: list[dict[str, Any]]) -> list[str]:
    """The sum and what it assumes, as sentences."""
    total = _total(rows)
    if isinstance(hub.cluster, KubernetesCluster):
        return ["No estimate: these nodes are not made by this program."]
    if total["mostMonth"] is None:
        missing = ", ".join(dict.fromkeys(r["machine"] for r in rows if r["hour"] is None))
        return [f"No estimate: the price list has no {missing}."]
    found, region = prices.LISTS[hub.cluster.provider], _region(hub)
    factors = {r["regionFactor"] for r in rows}
    unknown = sorted(r["machine"] for r in rows if r["regionFactor"] is None)
    known = sorted(factors - {None})
    factor = "" if not known or region == found.region else (
        f"; {region} costs the same" if known == [1]
        else f"; {region} costs {' and '.join(f'{f:g}' for f in known)} times as much"
    )  # fmt: skip
    out = [
        f"Estimate: {_dollars(total['leastMonth'])} to {_dollars(total['mostMonth'])} a month, with "
        "no node beyond the least and with all of them running all month.",
        f"Price list of {found.as_of}: {found.name}, on demand, {found.region}{factor}. Disks are "
        f"counted as in {found.region}.",
        f"Today's prices: {found.url}",
    ]
    if unknown:
        out.insert(
            2,
            f"The list does not know {', '.join(dict.fromkeys(unknown))} in {region}: counted as in "
            f"{found.region}, so the real price differs.",
        )
    return out


def servers_per_node(hub: Hub, pool: Pool) -> int:
    """How many servers fit on an otherwise empty node, by their guarantees."""
    user = hub.user
    return min(
        int(pool.memory_bytes // to_bytes(user.memory.guarantee)),
        int(pool.cpu_millis // (user.cpu.guarantee * 1000)),
        pool.pods,
    )


def _total(rows: list[dict[str, Any]]) -> dict[str, Any]:
    known = [r for r in rows if r["mostMonth"] is not None]
    if len(known) < len(rows) or not known:
        return {"leastMonth": None, "mostMonth": None}
    return {key: round(sum(r[key] for r in known), 2) for key in ("leastMonth", "mostMonth")}


def _dollars(amount: float | None, digits: int = 0) -> str:
    return "?" if amount is None else f"${amount:,.{digits}f}"
