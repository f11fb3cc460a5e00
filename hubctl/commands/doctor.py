"""`hubctl doctor`: what stands between this stack file and a hub that works."""

from __future__ import annotations

import argparse
import functools

from hubctl.console import subprocesses
from hubctl.console.checks import Check, failed, show
from hubctl.console.output import Say, print_json, progress
from hubctl.live.doctor import cluster, hosts, registry, tools
from hubctl.live.doctor.edges import Edges
from hubctl.stackfile import find
from model.hub import Hub

EXAMPLES = """examples:
  hubctl doctor ecology
  hubctl doctor ecology --offline     this machine only; no cluster, host or registry is asked
  hubctl doctor ecology --json
Asks pulumi, helm and kubectl, DNS, both hosts and the registry. Changes nothing: at the registry it
begins an upload and cancels it. Secrets are read to try them, and never shown.
Exit status: 0 no errors (warnings and skipped checks are 0), 1 errors, 2 misuse.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("stack", metavar="STACK|FILE", help="which stack")
    parser.add_argument("--offline", action="store_true", help="check this machine only")
    parser.add_argument("--json", action="store_true", help="checks as JSON")


def run(arguments: argparse.Namespace) -> int:
    """See EXAMPLES for the exit status."""
    stack, hub = find.usable(find.find(arguments.stack))
    # pulumi finds the project by the folder.
    edges = Edges(run=functools.partial(subprocesses.run, cwd=find.project_root()))
    with progress(quiet=arguments.json) as say:
        checks = examine(hub, stack.secrets_set, say, edges, offline=arguments.offline)
    if arguments.json:
        print_json({"stack": stack.name, "ok": not failed(checks),
                    "checks": [check.as_dict() for check in checks]})  # fmt: skip
    else:
        show(checks)
    return int(failed(checks))


def examine(
    hub: Hub, secrets_set: frozenset[str], say: Say, edges: Edges, *, offline: bool
) -> list[Check]:
    """Every check; those of the cluster only when it is reached."""
    say("asking pulumi")
    out = [
        *tools.binaries(hub, edges), *tools.login(hub, edges), *tools.stack_state(hub, edges),
        *tools.plugins(hub, edges),
    ]  # fmt: skip
    values, asked = tools.config_secrets(hub, edges)
    out += tools.secrets(hub, secrets_set, values, asked)
    if offline:
        return out
    say("asking the cluster")
    reached = list(cluster.access(hub, edges))
    out += reached
    if reached[-1].state == "ok":
        out += [
            *cluster.ingress(hub, edges),
            *cluster.core_nodes(hub, edges),
            *cluster.stuck(hub, edges),
        ]
    say("asking both hosts")
    out += hosts.hosts(hub, edges)
    say("asking the registry")
    out += registry.registry(hub, values, edges)
    return out
