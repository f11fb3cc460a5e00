"""`hubctl cost`: what a stack's nodes cost at least and at most; an estimate."""

from __future__ import annotations

import argparse
from typing import Any

from hubctl import prices, stackfiles
from hubctl.output import print_json, print_table
from spec.base import to_bytes
from spec.model.stack import Hub
from spec.pool import Pool, pools

EXAMPLES = """examples:
  hubctl cost ecology
  hubctl cost ecology --json
An estimate from a table of list prices, with its date: machines and disks only, no discounts, no
traffic, no load balancer, no cluster fee, no core nodes. Spot nodes are counted at the full price.
Exit status: 0 estimated, 1 the file has errors, 2 misuse.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.epilog = EXAMPLES
    parser.add_argument("stack", metavar="STACK|FILE", help="which stack")
    parser.add_argument("--json", action="store_true", help="the estimate as JSON")


def run(arguments: argparse.Namespace) -> int:
    """0 and the estimate."""
    stack, hub = stackfiles.usable(stackfiles.find(arguments.stack), secrets=False)
    rows = [estimate(hub, pool) for pool in pools(hub)]
    if arguments.json:
        print_json({"stack": stack.name, "estimate": True, "currency": "USD", "asOf": prices.AS_OF,
                    "sources": prices.SOURCES, "pools": rows, **_total(rows)})  # fmt: skip
        return 0
    print_table(
        ("pool", "machine", "nodes", "per node and hour", "least per month", "most per month", "servers"),
        [
            (r["pool"], r["machine"] or "(not ours)", f"{r['min']} to {r['max']}",
             _dollars(r["hour"], 3), _dollars(r["leastMonth"]), _dollars(r["mostMonth"]),
             f"{r['serversPerNode']} each, {r['servers']} in all" if r["servers"] else "")
            for r in rows
        ],
    )  # fmt: skip
    total = _total(rows)
    if total["mostMonth"] is None:
        print("\nThese machines have no price in the table, or are not made by this program.")
        return 0
    print(f"\nEstimate: {_dollars(total['leastMonth'])} to {_dollars(total['mostMonth'])} a month, with no "
          f"node beyond the least and with all of them running all month.\nList prices of "
          f"{prices.AS_OF}: {prices.SOURCES.get(hub.cluster.provider, '')}")  # fmt: skip
    if any(pool.spot for pool in pools(hub)):
        print("Spot nodes cost less than this; their price changes all day.")
    return 0


def estimate(hub: Hub, pool: Pool) -> dict[str, Any]:
    """One pool: nodes, dollars, and how many servers it holds by the users' guarantees."""
    price = prices.node_price(pool.machine, pool.disk_gb) if pool.machine and pool.managed else None
    each = servers_per_node(hub, pool) if pool.role == "user" else 0
    return {
        "pool": pool.name,
        "role": pool.role,
        "machine": pool.machine_type,
        "min": pool.min,
        "max": pool.max,
        "spot": pool.spot,
        "hour": price and price.hour,
        "leastMonth": price and round(price.month * pool.min, 2),
        "mostMonth": price and round(price.month * pool.max, 2),
        "serversPerNode": each,
        "servers": each * pool.max,
    }


def servers_per_node(hub: Hub, pool: Pool) -> int:
    """Servers that one node can give their guarantees, beside nothing else."""
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
