"""rotate and adopt edit somebody's file: a comment lost or a key changed is damage."""

from __future__ import annotations

import difflib
import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
import yaml

from hubctl.commands import adopt
from hubctl.console.errors import Problem
from hubctl.console.subprocesses import Ran
from hubctl.stackfile import edit
from model.secrets import ROTATED
from tests.examples import STACKS
from tests.hubctl.conftest import OPEN_HUB, Hubctl, Write

FILES = {
    "absent": OPEN_HUB,
    "absent, comments and salt behind": OPEN_HUB + "\n# the end\nencryptionsalt: v1:x\n",
    "absent, no line break at the end": OPEN_HUB.rstrip("\n"),
    "absent, last line commented": OPEN_HUB.rstrip("\n") + "   # why\n",
    "absent, block text last": OPEN_HUB + "  binderhub:homepage:\n    announcement: |\n      two\n      lines\n\nencryptionsalt: v1:x\n",
    "absent, block behind": OPEN_HUB
    + "  binderhub:user:\n    memory:\n      limit: 3G\n  # the end\n\nencryptionsalt: v1:x\n",
    "flow": OPEN_HUB + "  binderhub:rotate: {cookieSecret: 3} # spring\n",
    "flow, the same key": OPEN_HUB + "  binderhub:rotate: { proxyToken: 3 , cookieSecret: 1 } # spring\n",
    "flow over lines": OPEN_HUB + "  binderhub:rotate: {\n    cookieSecret: 3, # spring\n  }\n",
    "empty": OPEN_HUB + "  binderhub:rotate: {}\n",
    "block": OPEN_HUB + "  binderhub:rotate:\n    # spring\n    cookieSecret: 3 # x\n  # after\nencryptionsalt: v1:x\n",
    "block, the same key": OPEN_HUB + "  binderhub:rotate:\n    proxyToken: 3 # x\n",
    "without the project": OPEN_HUB + "  rotate: {proxyToken: 3}\n",
    "four spaces": OPEN_HUB.replace("\n  ", "\n    "),
    "quoted keys": OPEN_HUB + '  "binderhub:rotate": {"proxyToken": 3}\n',
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_one_number_changes_and_no_other_character(hubctl: Hubctl, stack: Write, case: str) -> None:
    path = stack("a", FILES[case])
    before = path.read_text()
    assert hubctl("validate", "a").status == 0, "the case itself must be sound"
    result = hubctl("rotate", "a", "proxyToken")
    assert result.status == 0, result
    after = path.read_text()
    old = yaml.safe_load(before)["config"]
    new = yaml.safe_load(after)["config"]
    key = "rotate" if "rotate" in old else "binderhub:rotate"
    number = 4 if "proxyToken" in (old.get(key) or {}) else 1
    assert new == {**old, key: {**(old.get(key) or {}), "proxyToken": number}}
    lost = [x for x in difflib.ndiff(before.splitlines(), after.splitlines()) if x.startswith("- ")]
    assert len(lost) <= 1, "at most the line that was edited"
    for comment in ("# spring", "# the end", "# why", "# after", "# x"):
        assert (comment in before) == (comment in after)
    assert "proxy" in result.out


def test_dry_run_writes_nothing_and_twice_is_two(hubctl: Hubctl, stack: Write) -> None:
    path = stack("a")
    before = path.read_text()
    assert hubctl("rotate", "a", "proxyToken", "--dry-run").status == 0
    assert path.read_text() == before
    hubctl("rotate", "a", "proxyToken")
    assert json.loads(hubctl("rotate", "a", "proxyToken", "--json").out)["number"] == 2


@pytest.mark.parametrize("name", ["nonsense", "registryPassword", "registryHelperToken"])
def test_only_generated_secrets_of_this_hub_are_rotated(
    hubctl: Hubctl, stack: Write, name: str
) -> None:
    path = stack("a")
    before = path.read_text()
    assert hubctl("rotate", "a", name).status == 2
    assert path.read_text() == before


def test_a_secret_is_renewed_where_it_stands(hubctl: Hubctl, stack: Write, project: Path) -> None:
    """Set in the configuration beside the file, it would be an error."""
    stack("a")
    assert (
        "`pulumi config set --secret registryPassword --stack a`"
        in hubctl("rotate", "a", "registryPassword").err
    )
    (project / "stacks" / "a b.yaml").write_text("registryPassword: ENC[x]\nsops: {}\n")
    text = OPEN_HUB.replace("  binderhub:registryPassword: {secure: v1:abc}\n", "")
    stack("a", text + "  binderhub:secretsFile: stacks/a b.yaml\n")
    said = hubctl("rotate", "a", "registryPassword")
    assert said.status == 2 and "`sops 'stacks/a b.yaml'`" in said.err
    assert "config set" not in said.err


def test_the_key_of_our_own_registry_is_rotated(hubctl: Hubctl, stack: Write) -> None:
    path = stack("a", GKE)
    result = hubctl("rotate", "a", "registryKey")
    assert result.status == 0, result
    assert "BinderHub restarts" in result.out
    assert yaml.safe_load(path.read_text())["config"]["binderhub:rotate"] == {"registryKey": 1}
    assert hubctl("validate", "a").status == 0
    stack("b")
    refused = hubctl("rotate", "b", "registryKey")
    assert refused.status == 2
    assert "it makes binderApiToken" in refused.err


def test_a_text_that_cannot_be_edited_safely_is_refused() -> None:
    anchored = "config:\n  a: &x {proxyToken: 1}\n  binderhub:rotate: *x\n"
    with pytest.raises(Problem):
        edit.set_key(anchored, "rotate", "proxyToken", 2)
    with pytest.raises(Problem):
        edit.set_key("config: {a: 1}\n", "rotate", "proxyToken", 2)


def test_every_renewed_secret_says_what_people_notice(hubctl: Hubctl, stack: Write) -> None:
    assert all(info.effect for info in ROTATED.values())
    stack("a")
    said = hubctl("rotate", "a", "binderApiToken", "--dry-run").out
    assert "the hub and BinderHub restart; launches fail for a minute." in said


def test_every_example_can_be_edited() -> None:
    for path in STACKS:
        out = edit.set_key(path.read_text(), "rotate", "proxyToken", 7)
        assert yaml.safe_load(out)["config"]["binderhub:rotate"] == {"proxyToken": 7}


# --- adopt -----------------------------------------------------------------------------------------

GKE = """\
config:
  binderhub:cluster: {provider: gcp, name: c, project: lab-project-1, location: us-west2, ingress: {address: 203.0.113.10}}
  binderhub:domains: {hub: hub.NAME.example.org, binder: binder.NAME.example.org}
  binderhub:auth: {kind: none}
  binderhub:registry: {kind: artifact-registry}
  binderhub:nodes: {builders: {max: 2}}
  binderhub:launch: {repositories: ["github:lab/*"]}
"""
IDS = {
    "namespace": "a",
    "nodePool": "lab-project-1/us-west2/c/a-g1",
    "builderPool": "lab-project-1/us-west2/c/a-build-g1",
    "registry": "projects/lab-project-1/locations/us-west2/repositories/binder-a",
    "releases.jupyterhub": "a/jupyterhub",
    "releases.binderhub-service": "a/binderhub-service",
}


def test_ids_are_those_that_pulumi_imports(hubctl: Hubctl, stack: Write) -> None:
    stack("a", GKE)
    told = json.loads(hubctl("adopt", "a", "--offline", "--json").out)
    assert {entry["key"]: entry["id"] for entry in told} == IDS


def options(**values: Any) -> Namespace:
    return Namespace(
        **{"stack": "a", "only": None, "offline": False, "write": False, "json": True, **values}
    )


def test_what_exists_is_written_and_the_rest_is_not(
    stack: Write, hubctl: Hubctl, capsys: pytest.CaptureFixture[str]
) -> None:
    path = stack("a", GKE)

    def ask(words: Any, **_: Any) -> Ran:
        match words[0]:
            case "kubectl":
                return Ran(status=0, out="namespace/a")
            case "helm":
                return Ran(status=1, err="Error: release: not found")
        return Ran(status=127, err="gcloud is not on the PATH")

    assert adopt.run(options(write=True), ask) == 0
    states = {e["key"]: e["state"] for e in json.loads(capsys.readouterr().out)}
    assert states["namespace"] == "exists"
    assert states["releases.jupyterhub"] == "absent"
    assert states["nodePool"].startswith("unknown")
    assert yaml.safe_load(path.read_text())["config"]["binderhub:adopt"] == {"namespace": "a"}
    assert hubctl("validate", "a").status == 0
    assert hubctl("adopt", "a", "--offline", "--only", "namespace", "--write").status == 1, "twice"


def test_only_and_offline_write_what_the_person_knows(hubctl: Hubctl, stack: Write) -> None:
    path = stack("a", GKE)
    assert hubctl("adopt", "a", "--offline", "--write").status == 1, "nothing is known to exist"
    assert hubctl("adopt", "a", "--offline", "--only", "releases,nodePool", "--write").status == 0
    assert yaml.safe_load(path.read_text())["config"]["binderhub:adopt"] == {
        "nodePool": IDS["nodePool"],
        "releases": {"jupyterhub": "a/jupyterhub", "binderhub-service": "a/binderhub-service"},
    }
    assert hubctl("adopt", "a", "--only", "nonsense").status == 2
