"""affected: too few stacks would leave a hub behind, too many would redeploy all of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hubctl.review.affected import Known, affected
from hubctl.review.cloud_logins import logins
from hubctl.review.known_stacks import known_stacks
from tests.hubctl.conftest import OPEN_HUB, Hubctl

GKE = Known(name="gke", file="stacks/Pulumi.gke.yaml", clouds=frozenset({"gcp"}))
EKS = Known(name="eks", file="stacks/Pulumi.eks.yaml", clouds=frozenset({"aws"}), stage="staging")
BROKEN = Known(name="broken", file="stacks/Pulumi.broken.yaml", clouds=None)
NAMES = Known(
    name="names",
    file="stacks/Pulumi.names.yaml",
    clouds=frozenset(),
    files=frozenset({"stacks/names.sops.yaml", "charts/own"}),
)
ALL = [GKE, EKS, BROKEN, NAMES]


@pytest.mark.parametrize(
    ("changed", "touched"),
    [
        (["stacks/Pulumi.gke.yaml"], {"gke"}),
        (["model/sections/user.py"], {"gke", "eks", "broken", "names"}),
        (["values/charts/jupyterhub.py"], {"gke", "eks", "broken", "names"}),
        (["values/python/binder_spawner.py"], {"gke", "eks", "broken", "names"}),
        (["requirements.txt"], {"gke", "eks", "broken", "names"}),
        (["components/hub.py"], {"gke", "eks", "broken", "names"}),
        (["components/aws/node_pool.py"], {"eks", "broken"}),
        (["components/gcp/dns.py"], {"gke", "broken"}),
        (["stacks/names.sops.yaml"], {"names"}),
        (["charts/own/templates/x.yaml"], {"names"}),
        (["charts/owned/x.yaml"], set()),
        (
            ["docs/index.md", "tests/x.py", "lab/cluster/client.py", "hubctl/x.py", "README.md"],
            set(),
        ),
        (["specification.md", "stacks/notes.txt"], set()),
        ([], set()),
    ],
)
def test_which_stacks_a_file_touches(changed: list[str], touched: set[str]) -> None:
    assert {a.name for a in affected(changed, ALL).affected} == touched


def test_a_deleted_stack_is_named_and_never_in_the_matrix() -> None:
    touch = affected(["stacks/Pulumi.gone.yaml", "stacks/Pulumi.eks.yaml"], ALL)
    assert touch.deleted == ("gone",)
    assert [e["stack"] for e in touch.as_dict()["matrix"]["include"]] == ["eks"]


def test_staging_comes_before_production() -> None:
    stages = affected(["model/derived/names.py"], ALL).as_dict()["stages"]
    assert [e["stack"] for e in stages["first"]["include"]] == ["eks"]
    assert [e["stack"] for e in stages["rest"]["include"]] == ["broken", "gke", "names"]


def test_a_matrix_has_nothing_but_entries() -> None:
    """GitHub takes every other key of a matrix for one more dimension."""
    told = affected(["model/derived/names.py"], ALL).as_dict()
    for matrix in (told["matrix"], *told["stages"].values()):
        assert list(matrix) == ["include"]


def test_ci_leaves_development_to_its_owner() -> None:
    mine = Known(name="mine", file="stacks/Pulumi.mine.yaml", stage="development")
    told = affected(["model/derived/names.py"], [mine, EKS]).as_dict()
    assert [e["stack"] for e in told["affected"]] == ["eks", "mine"]
    for matrix in (told["matrix"], told["stages"]["first"]):
        assert [e["stack"] for e in matrix["include"]] == ["eks"]
    assert told["stages"]["rest"]["include"] == []


@pytest.mark.parametrize(
    ("clouds", "given", "wanted"),
    [
        (set(), {}, set()),
        ({"aws"}, {"backend": "gs://state"}, {"aws", "gcp"}),
        ({"gcp"}, {"backend": "s3://state?region=x"}, {"aws", "gcp"}),
        ({"gcp"}, {"backend": "https://api.example.org"}, {"gcp"}),
        (set(), {"provider": "awskms://alias/x?region=y"}, {"aws"}),
        (set(), {"provider": "passphrase"}, set()),
        ({"aws"}, {"opened_by": {"gcp_kms", "age"}}, {"aws", "gcp"}),
        (None, {}, {"aws", "gcp"}),
    ],
)
def test_the_clouds_that_a_job_logs_in_to(
    clouds: set[str] | None, given: dict[str, Any], wanted: set[str]
) -> None:
    words: dict[str, Any] = {"backend": "", "provider": "", "opened_by": (), **given}
    assert logins(None if clouds is None else frozenset(clouds), **words) == wanted


def test_logins_are_read_from_the_stack_and_its_files(
    stack: Callable[..., Path], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    stack("plain")
    stack("kms", "secretsprovider: gcpkms://projects/p/x\n" + OPEN_HUB)
    text = OPEN_HUB.replace("  binderhub:registryPassword: {secure: v1:abc}\n", "")
    stack("filed", text + "  binderhub:secretsFile: s.yaml\n")
    sops = (
        "registryPassword: ENC[x]\nsops: {key_groups: [{kms: [{arn: a}], age: []}], gcp_kms: []}\n"
    )
    (project / "s.yaml").write_text(sops)
    found = {k.name: k.logins for k in known_stacks(project)}
    assert found == {"plain": set(), "kms": {"gcp"}, "filed": {"aws"}}


def test_a_stack_that_cannot_be_read_may_be_adopting(
    stack: Callable[..., Path], project: Path
) -> None:
    """Of an adopted release a preview with --diff could show the secrets."""
    stack("sound")
    stack("broken", "config: {binderhub:auth: [")
    assert {k.name: k.adopting for k in known_stacks(project)} == {"broken": True, "sound": False}


def test_all_is_every_stack_without_git(hubctl: Hubctl, stack: Callable[..., Path]) -> None:
    stack("b")
    stack("a")
    told = json.loads(hubctl("affected", "--all", "--json").out)
    assert [e["stack"] for e in told["matrix"]["include"]] == ["a", "b"]
    assert hubctl("affected", "--all", "--head", "HEAD").status == 2
    assert hubctl("affected").status == 2


@pytest.mark.parametrize("base", ["", "0" * 40])
def test_a_new_branch_takes_every_stack_and_says_so(
    hubctl: Hubctl, stack: Callable[..., Path], base: str
) -> None:
    """Zeros stand for the revision before a branch's first push: failing would deploy none."""
    stack("a")
    for words in (("affected", "--json"), ("pipeline", "up")):
        result = hubctl(*words, "--base", base)
        assert result.status == 0, result
        assert "every stack is taken" in result.err
        json.loads(result.out)
    assert "a (production)" in hubctl("affected", "--base", base).out


def test_outputs_of_a_job_are_one_line_each(
    hubctl: Hubctl, stack: Callable[..., Path], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack("a")
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
    assert hubctl("affected", "--all", "--github-output").status == 2
    target = project / "output"
    target.write_text("before=1\n")
    monkeypatch.setenv("GITHUB_OUTPUT", str(target))
    (project / "stacks" / "Pulumi.x\nevil=1.yaml").write_text("config: {}\n")
    assert hubctl("affected", "--all", "--github-output").status == 0
    lines = target.read_text().splitlines()
    assert [line.partition("=")[0] for line in lines] == [
        "before", "stacks", "first", "rest", "touched"
    ]  # fmt: skip
    hubctl("affected", "--all", "--only", "nobody", "--github-output")
    assert target.read_text().splitlines()[-1] == "touched=false"


def git(project: Path, *words: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *identity, *words], cwd=project, check=True, capture_output=True, text=True
    ).stdout


def test_with_a_real_repository(hubctl: Hubctl, stack: Callable[..., Path], project: Path) -> None:
    git(project, "init", "-q", "-b", "main")
    a, b = stack("a"), stack("b")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "one")
    git(project, "checkout", "-qb", "work")
    assert hubctl("affected", "--base", "main").out == "no stack is touched\n"
    a.write_text(a.read_text() + "  binderhub:stage: staging\n")
    git(project, "mv", str(b), "stacks/Pulumi.renamed.yaml")
    git(project, "commit", "-aqm", "two")
    stack("new")
    found = json.loads(hubctl("affected", "--base", "main", "--json").out)
    assert [e["stack"] for e in found["affected"]] == ["a", "new", "renamed"]
    assert found["deleted"] == ["b"]
    assert [e["stack"] for e in found["stages"]["first"]["include"]] == ["a"]
    committed = json.loads(hubctl("affected", "--base", "main", "--head", "HEAD", "--json").out)
    assert "new" not in [e["stack"] for e in committed["affected"]]
    for ref in ("nothing", "--output=x", "main..work"):
        assert hubctl("affected", f"--base={ref}").status == 2
