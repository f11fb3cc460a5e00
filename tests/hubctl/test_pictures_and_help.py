"""graph, cost, completion and help: what people read before they decide."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest

from hubctl import prices, shells
from hubctl.__main__ import COMMANDS, parser
from hubctl.commands import cost as cost_command
from hubctl.diagram.draw import columns, mermaid, reduced, svg
from hubctl.diagram.model import Graph, Node, graph
from spec.machines import CATALOGUE
from spec.pool import user_pool
from spec.read import Stack, read_text
from tests.hubctl.conftest import CHECKOUT, OPEN_HUB, Hubctl

Write = Callable[..., Path]
STACKS = sorted((CHECKOUT / "stacks").glob("Pulumi.*.yaml"))


def read(path: Path) -> Stack:
    return read_text(path.name.split(".")[1], path.read_text())


@pytest.mark.parametrize("path", STACKS, ids=lambda p: p.name)
def test_a_graph_has_every_release_and_no_circle(path: Path) -> None:
    stack = read(path)
    assert stack.hub
    drawn = graph(stack.hub, stack.given_secrets)
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
    drawn = graph(stack.hub, stack.given_secrets)
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


def test_every_machine_of_the_catalogue_has_a_price() -> None:
    missing = [m.name for m in CATALOGUE.values() if prices.node_price(m, 100) is None]
    assert missing == []


@pytest.mark.parametrize(
    ("name", "dollars"),
    [("n2-highmem-4", 0.262), ("n1-standard-1", 0.0475), ("e2-standard-4", 0.134),
     ("r5.xlarge", 0.252), ("m5.large", 0.096), ("t3.medium", 0.0416)],
)  # fmt: skip
def test_prices_are_those_of_the_lists(name: str, dollars: float) -> None:
    price = prices.node_price(CATALOGUE[name], 100)
    assert price and price.hour == pytest.approx(dollars, rel=0.005)


def test_an_estimate_is_called_one_and_has_its_date(hubctl: Hubctl) -> None:
    result = hubctl("cost", str(CHECKOUT / "stacks" / "Pulumi.climate.yaml"))
    assert result.status == 0
    assert "Estimate" in result.out
    assert prices.AS_OF in result.out
    told = json.loads(
        hubctl("cost", str(CHECKOUT / "stacks" / "Pulumi.climate.yaml"), "--json").out
    )
    assert told["estimate"] is True
    assert told["leastMonth"] == 0
    assert told["mostMonth"] == pytest.approx(50 * (0.252 * 730 + 100 * 0.08), rel=0.01)


def test_servers_per_node_respect_the_scarcest() -> None:
    def each(user: str) -> int:
        hub = read_text("a", OPEN_HUB.replace("NAME", "a") + f"  binderhub:user: {user}\n").hub
        assert hub
        return cost_command.servers_per_node(hub, user_pool(hub))

    assert each("{memory: {guarantee: 7G, limit: 8G}}") == 2  # 14 GiB of memory
    assert each("{memory: {guarantee: 100M}, cpu: {guarantee: 1, limit: 2}}") == 4  # 4 CPUs
    assert each("{memory: {guarantee: 1M}, cpu: {guarantee: 0.001, limit: 2}}") == 110  # pods


def test_nodes_of_somebody_else_have_no_price(hubctl: Hubctl, stack: Write) -> None:
    stack("a")
    result = hubctl("cost", "a", "--json")
    assert json.loads(result.out)["mostMonth"] is None


# --- help and completion ---------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples_and_exit_codes(command: str) -> None:
    sub = shells._sub(parser(command), command)
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
    sub = shells._sub(parser(command), command)
    if not any("STACK|FILE" in str(a.metavar) for a in sub._actions):
        return
    extra = {"rotate": ["proxyToken"], "diff": ["--against", "nothing"]}.get(command, [])
    result = hubctl(command, "nothing", *extra)
    assert result.status == 2, result
    assert "there is no stack 'nothing'" in result.err


def bash(line: str, where: Path) -> list[str]:
    """What bash offers for the last word of a line."""
    words = line.split(" ")
    script = shells.script("bash", shells.words())
    quoted = " ".join(f"'{w}'" for w in words)
    code = f"compopt() {{ :; }}\n{script}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _hubctl\nprintf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(
        ["bash", "-c", code], cwd=where, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_offers_commands_options_and_stacks(stack: Write, project: Path) -> None:
    stack("ecology")
    stack("climate")
    assert bash("hubctl va", project) == ["validate"]
    assert "smoke" in bash("hubctl ", project)
    assert bash("hubctl diff --aff", project) == ["--affected"]
    assert bash("hubctl smoke ec", project) == ["ecology"]
    assert sorted(bash("hubctl render ", project)) == ["climate", "ecology"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_read_their_script(shell: str, tmp_path: Path) -> None:
    script = shells.script(shell, shells.words())
    for command in COMMANDS:
        assert command in script
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not on this machine: its script is not parsed here")
    path = tmp_path / "script"
    path.write_text(script)
    subprocess.run([shell, "-n", str(path)], check=True)


@pytest.mark.parametrize("command", ["cost", "graph"])
def test_a_new_hub_can_be_looked_at_before_its_secrets_are_set(
    command: str, stack: Write, hubctl: Hubctl
) -> None:
    text = OPEN_HUB.replace("  binderhub:registryPassword: {secure: v1:abc}\n", "")
    stack("fresh", text)
    assert hubctl("validate", "fresh").status == 1
    assert hubctl(command, "fresh").status == 0
