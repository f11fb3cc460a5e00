"""graph, cost, completion and help: what people read before they decide."""

from __future__ import annotations

import argparse
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import yaml

from hubctl.__main__ import COMMANDS, parser
from hubctl.commands import cost as cost_command
from hubctl.commands.completion import subparser
from hubctl.diagram.draw import columns, mermaid, reduced, svg
from hubctl.diagram.model import Graph, Node, graph
from hubctl.review import prices
from model.derived.machines import CATALOGUE
from model.derived.pools import user_pool
from model.stackfile.read import Stack, read_text
from tests.examples import STACKS, path_of
from tests.hubctl.conftest import OPEN_HUB, Hubctl, Write, hub


def read(path: Path) -> Stack:
    return read_text(path.name.split(".")[1], path.read_text())


@pytest.mark.parametrize("path", STACKS, ids=lambda p: p.name)
def test_a_graph_has_every_release_and_no_cycle(path: Path) -> None:
    stack = read(path)
    assert stack.hub
    drawn = graph(stack.hub, stack.secrets_set)
    ids = [node.id for node in drawn.nodes]
    assert len(ids) == len(set(ids))
    assert {a for edge in drawn.edges for a in edge} <= set(ids)
    place = columns(drawn)
    assert all(place[a] < place[b] for a, b in drawn.edges)
    assert place["release-jupyterhub"] < place["release-binderhub-service"]
    assert any(n.id.startswith("pool-") for n in drawn.nodes) == (
        stack.hub.cluster.provider != "kubernetes"
    )


@pytest.mark.parametrize("path", STACKS, ids=lambda p: p.name)
def test_pictures_are_sound_and_the_same_every_time(path: Path) -> None:
    stack = read(path)
    assert stack.hub
    drawn = graph(stack.hub, stack.secrets_set)
    text = svg(drawn)
    root = ElementTree.fromstring(text)
    assert len(root.findall("{http://www.w3.org/2000/svg}g")) == len(drawn.nodes)
    boxes = [(r.get("x"), r.get("y")) for r in root.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert len(boxes) == len(set(boxes)), "boxes lie on each other"
    flow = mermaid(drawn)
    assert flow.count("-->") == len(reduced(drawn))
    assert text == svg(drawn)
    declared = set(re.findall(r"^    (n\d+)\[", flow, re.MULTILINE))
    assert len(declared) == len(drawn.nodes)
    assert set(re.findall(r"\bn\d+\b(?= -->)|(?<=--> )n\d+", flow)) <= declared


def test_only_arrows_that_follow_from_others_are_left_out() -> None:
    nodes = tuple(Node(id=i, kind="k", label=i, group="cluster") for i in "abc")
    drawn = Graph(title="t", nodes=nodes, edges=(("a", "b"), ("b", "c"), ("a", "c")))
    assert reduced(drawn) == [("a", "b"), ("b", "c")]


def test_a_name_cannot_break_out_of_a_picture() -> None:
    evil = "\"]<script>&'`;"
    drawn = Graph(
        title=evil, nodes=(Node(id="x", kind=evil, label=evil, group="cluster"),), edges=()
    )
    ElementTree.fromstring(svg(drawn))
    assert "<script>" not in svg(drawn) + mermaid(drawn)
    assert '"]<' not in mermaid(drawn)


def test_graph_as_a_file(hubctl: Hubctl, stack: Write, project: Path) -> None:
    stack("a")
    assert hubctl("graph", "a").out.startswith("flowchart")
    assert hubctl("graph", "a", "--output", "a.svg").status == 0
    assert (project / "a.svg").read_text().startswith("<svg")
    assert len(json.loads(hubctl("graph", "a", "--json").out)["nodes"]) > 5
    assert hubctl("graph", "a", "--output", "nowhere/a.svg").status == 2


# --- cost ----------------------------------------------------------------------------------------


def price(name: str, region: str) -> prices.NodePrice:
    found = prices.node_price(CATALOGUE[name], 100, region)
    assert found
    return found


def test_every_machine_of_the_catalogue_has_a_price() -> None:
    for machine in CATALOGUE.values():
        home = prices.LISTS[machine.cloud].region
        assert price(machine.name, home).factor == 1, machine.name


@pytest.mark.parametrize(
    ("name", "region", "dollars"),
    [
        ("n2-highmem-4", "us-central1", 0.262028), ("n2-highmem-4", "us-west2", 0.314728),
        ("n2-standard-4", "europe-west1", 0.213668), ("n2-standard-4", "us-east4", 0.218756),
        ("n1-standard-1", "us-central1", 0.047500), ("n1-highmem-4", "us-west2", 0.284194),
        ("e2-standard-4", "us-central1", 0.134023), ("e2-highmem-4", "us-east4", 0.203613),
        ("n2-highmem-128", "us-central1", 7.706976),
        ("r5.xlarge", "us-east-1", 0.252), ("r5.xlarge", "eu-west-1", 0.282),
        ("r5.xlarge", "ap-southeast-2", 0.302), ("r5a.xlarge", "ap-south-1", 0.143),
        ("r5.24xlarge", "us-east-1", 6.048), ("r6i.2xlarge", "us-east-1", 0.504),
        ("m5.large", "us-east-1", 0.096), ("m6i.16xlarge", "us-east-1", 3.072),
        ("t3.medium", "us-east-1", 0.0416), ("t3.2xlarge", "us-east-1", 0.3328),
    ],
)  # fmt: skip
def test_prices_are_those_of_the_lists(name: str, region: str, dollars: float) -> None:
    assert price(name, region).hour == pytest.approx(dollars, rel=0.002)


@pytest.mark.parametrize(
    ("name", "region"),
    [("m5.large", "eu-west-1"), ("n1-standard-4", "us-east5"), ("n2-standard-4", "mars-east1")],
)
def test_a_price_that_the_list_does_not_have_is_not_made_up(name: str, region: str) -> None:
    home = price(name, prices.LISTS[CATALOGUE[name].cloud].region)
    assert price(name, region).factor is None
    assert price(name, region).hour == home.hour


def climate(machine: str, region: str) -> str:
    text = path_of("climate").read_text()
    return text.replace("r5.xlarge", machine).replace("us-west-2", region)


def test_an_estimate_is_called_one_and_has_its_date(hubctl: Hubctl, stack: Write) -> None:
    stack("climate", climate("r5.xlarge", "eu-west-1"))
    result = hubctl("cost", "climate")
    assert result.status == 0
    assert "Estimate" in result.out
    assert f"Price list of {prices.LISTS['aws'].as_of}: AWS" in result.out
    assert "eu-west-1 costs 1.119 times as much" in result.out
    told = json.loads(hubctl("cost", "climate", "--json").out)
    assert told["estimate"] is True
    assert told["priceList"]["asOf"] == prices.LISTS["aws"].as_of
    assert told["pools"][0]["regionFactor"] == 1.119
    assert told["leastMonth"] == 0
    assert told["mostMonth"] == pytest.approx(50 * (0.282 * 730 + 100 * 0.08), rel=0.01)


def test_an_estimate_says_what_the_list_does_not_know(hubctl: Hubctl, stack: Write) -> None:
    stack("climate", climate("m5.xlarge", "eu-west-1"))
    assert "does not know m5.xlarge in eu-west-1" in hubctl("cost", "climate").out
    told = json.loads(hubctl("cost", "climate", "--json").out)
    assert told["pools"][0]["regionFactor"] is None


def test_servers_per_node_respect_the_scarcest() -> None:
    def each(user: str) -> int:
        found = hub(OPEN_HUB + f"  binderhub:user: {user}\n")
        return cost_command.servers_per_node(found, user_pool(found))

    assert each("{memory: {guarantee: 7G, limit: 8G}}") == 2  # 14 GiB of memory
    assert each("{memory: {guarantee: 100M}, cpu: {guarantee: 1, limit: 2}}") == 4  # 4 CPUs
    assert each("{memory: {guarantee: 1M}, cpu: {guarantee: 0.001, limit: 2}}") == 110  # pods


def test_nodes_of_somebody_else_have_no_price(hubctl: Hubctl, stack: Write) -> None:
    stack("a")
    result = hubctl("cost", "a", "--json")
    assert json.loads(result.out)["mostMonth"] is None
    assert "No estimate: these nodes are not made by this program" in hubctl("cost", "a").out


def test_a_draining_pool_costs_but_takes_nobody(hubctl: Hubctl, stack: Write) -> None:
    document = yaml.safe_load(climate("r5.xlarge", "us-east-1"))
    old = {"generation": 1, "machineType": "m5.large", "max": 5}
    document["config"]["binderhub:nodes"] = {"max": 2, "generation": 2, "retiring": [old]}
    stack("a", yaml.safe_dump(document))
    told = json.loads(hubctl("cost", "a", "--json").out)
    now, was = told["pools"]
    assert (was["pool"], was["max"], was["retiring"], was["servers"]) == ("a-g1", 5, True, 0)
    assert told["mostMonth"] == pytest.approx(now["mostMonth"] + was["mostMonth"])
    drawn = json.loads(hubctl("graph", "a", "--json").out)["nodes"]
    assert "a-g1: 0 to 5 m5.large, draining" in {node["label"] for node in drawn}


# --- help and completion ---------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples_and_exit_codes(command: str) -> None:
    sub = subparser(parser(command), command)
    text = sub.format_help()
    assert "examples:\n  " in text
    assert f"hubctl {command}" in text
    assert "Exit status: 0" in text
    for action in sub._actions:
        assert action.help and action.help != argparse.SUPPRESS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_takes_a_stack_refuses_a_missing_one_kindly(
    hubctl: Hubctl, project: Path, command: str
) -> None:
    sub = subparser(parser(command), command)
    if not any("STACK|FILE" in str(a.metavar) for a in sub._actions):
        return
    extra = {"rotate": ["proxyToken"], "diff": ["--against", "nothing"]}.get(command, [])
    result = hubctl(command, "nothing", *extra)
    assert result.status == 2, result
    assert "there is no stack 'nothing'" in result.err


@pytest.mark.parametrize("command", ["cost", "graph"])
def test_a_new_hub_can_be_looked_at_before_its_secrets_are_set(
    command: str, stack: Write, hubctl: Hubctl
) -> None:
    text = OPEN_HUB.replace("  binderhub:registryPassword: {secure: v1:abc}\n", "")
    stack("fresh", text)
    assert hubctl("validate", "fresh").status == 1
    assert hubctl(command, "fresh").status == 0
