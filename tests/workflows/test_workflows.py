"""Workflows: a mutable action, a right too many, or fork code run with rights hands the clouds to
whoever opens a pull request; a cancelled `up` leaves a hub half changed."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from hubctl.__main__ import parser
from lab.install.tools import install
from tests.examples import path_of
from tests.hubctl.conftest import OPEN_HUB

CHECKOUT = Path(__file__).resolve().parents[2]
GITHUB = CHECKOUT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ACTIONS = sorted((GITHUB / "actions").glob("*/action.yml"))
FILES = [*WORKFLOWS, *ACTIONS, CHECKOUT / ".gitlab-ci.yml", CHECKOUT / ".gitlab" / "hub.yml"]


def load(name: str) -> dict[str, Any]:
    """A workflow; YAML 1.1 reads its key `on` as True."""
    document: dict[Any, Any] = yaml.safe_load((GITHUB / "workflows" / f"{name}.yml").read_text())
    document["on"] = document.pop(True)
    return document


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path in WORKFLOWS:
        for name, job in load(path.stem)["jobs"].items():
            yield path.stem, name, job


def test_zizmor_finds_no_way_in() -> None:
    done = subprocess.run(
        [Path(sys.prefix) / "bin" / "zizmor", "--offline", "--no-progress", GITHUB],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.lab
def test_actionlint_finds_no_mistake() -> None:
    [tool] = install(["actionlint"])
    done = subprocess.run(
        [tool.path, "-color=false", *WORKFLOWS],
        cwd=CHECKOUT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_no_action_can_change_under_us(path: Path) -> None:
    used = re.findall(r"uses: (\S+)(.*)", path.read_text())
    for action, rest in used:
        if not action.startswith("./.github/actions/"):
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", rest), f"{action}: say which version it is"


def test_one_version_of_each_action() -> None:
    text = "".join(p.read_text() for p in [*WORKFLOWS, *ACTIONS])
    pins = set(re.findall(r"uses: ([\w/-]+@[0-9a-f]{40})", text))
    assert len(pins) == len({pin.split("@")[0] for pin in pins})


def test_rights_are_given_to_jobs_one_by_one() -> None:
    for path in WORKFLOWS:
        assert load(path.stem)["permissions"] == {}, path
    allowed = {
        ("pull-request", "preview"): {"id-token", "pull-requests"},
        ("comment", "comment"): {"pull-requests"},
        ("deploy", "staging"): {"id-token"},
        ("deploy", "production"): {"id-token"},
        ("drift", "drift"): {"id-token"},
        ("drift", "report"): {"issues"},
    }
    for workflow, name, job in jobs():
        writes = {right for right, level in job["permissions"].items() if level == "write"}
        assert writes == allowed.get((workflow, name), set()), (workflow, name)


def test_credentials_never_meet_a_fork() -> None:
    for workflow, name, job in jobs():
        text = yaml.safe_dump(job)
        if "secrets." in text or "id-token" in job["permissions"]:
            assert job["environment"], (workflow, name)
            if "pull_request" in load(workflow)["on"]:
                mine = "github.event.pull_request.head.repo.full_name == github.repository"
                assert mine in job["if"], (workflow, name)
        assert "pull_request_target" not in load(workflow)["on"]


def test_the_job_that_comments_runs_no_code_of_the_pull_request() -> None:
    job = load("comment")["jobs"]["comment"]
    checkout, fetch, publish = job["steps"]
    assert checkout["with"]["ref"] == "${{ github.event.repository.default_branch }}"
    assert fetch["with"]["path"].startswith("${{ runner.temp }}/"), "it could replace our code"
    assert publish["run"].startswith("python3 -m hubctl publish diff ")
    assert not re.search(r"head_(sha|branch|ref)|pip|npm", yaml.safe_dump(job))


def test_the_artifact_has_the_name_that_the_comment_fetches() -> None:
    steps = load("pull-request")["jobs"]["difference"]["steps"]
    upload = next(s for s in steps if "upload-artifact" in s.get("uses", ""))
    fetch = load("comment")["jobs"]["comment"]["steps"][1]
    assert upload["with"]["name"] == fetch["with"]["name"]
    assert load("comment")["on"]["workflow_run"]["workflows"] == [load("pull-request")["name"]]


def test_a_hub_is_never_left_midway_and_always_tried_after() -> None:
    deploy = load("deploy")["jobs"]
    assert deploy["production"]["needs"] == ["plan", "staging"]
    for name in ("staging", "production"):
        job = deploy[name]
        assert job["concurrency"] == {
            "group": "hub-${{ matrix.stack }}",
            "cancel-in-progress": False,
        }
        names = [step.get("name") for step in job["steps"]]
        assert names[-2:] == ["up", "smoke"]
    assert "concurrency" not in load("deploy"), "it would let one push cancel another's hubs"


def test_drift_expects_no_change_and_names_its_step_as_the_report_reads_it() -> None:
    from hubctl.code_hosts.drift import LOOKING

    job = load("drift")["jobs"]["drift"]
    preview = next(s for s in job["steps"] if "pulumi/actions" in s.get("uses", ""))
    assert preview["name"] == LOOKING
    assert preview["with"]["command"] == "preview"
    assert preview["with"]["refresh"] is preview["with"]["expect-no-changes"] is True
    assert job["name"] == "drift ${{ matrix.stack }}"


def engines() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Every step that runs the engine: its workflow, what it is told, and its environment."""
    for workflow, _, job in jobs():
        for step in job["steps"]:
            if "pulumi/actions" in step.get("uses", ""):
                yield workflow, step["with"], step["env"]


def test_a_deployment_undoes_what_was_changed_by_hand_on_the_cluster_as_it_is_now() -> None:
    """`up` alone leaves it; and a refresh asks the address of the last `up` unless it is told."""
    looked = [(said, env) for name, said, env in engines() if name in ("deploy", "drift")]
    assert len(looked) == 3
    for said, env in looked:
        assert said["refresh"] is True and env["PULUMI_RUN_PROGRAM"] == "true"
    hub = yaml.safe_load((CHECKOUT / ".gitlab" / "hub.yml").read_text())
    for name in (".up", ".drift"):
        assert {"--refresh", "--run-program"} <= set(hub[name]["script"][0].split()), name


def test_no_pipeline_shows_a_secret_that_the_engine_reads_back_in_clear(project: Path) -> None:
    """A difference has ids, the values of what is adopted, and what somebody set by hand."""
    comments = ("comment-on-pr", "comment-on-summary")
    asked = [(key, said[key]) for _, said, _ in engines() for key in comments if key in said]
    assert {key for key, _ in asked} == set(comments)
    assert {when for _, when in asked} == {"${{ !matrix.adopting }}"}
    assert not [said for _, said, _ in engines() if "diff" in said]
    hub = yaml.safe_load((CHECKOUT / ".gitlab" / "hub.yml").read_text())
    assert "--diff" not in yaml.safe_dump(hub)
    with (project / "stacks" / "Pulumi.a.yaml").open("a") as file:
        file.write("  binderhub:adopt: {releases: {jupyterhub: a/jupyterhub}}\n")
    found = outputs("drift", "plan", project)["stacks"]
    assert {one["stack"]: one["adopting"] for one in found} == {"a": True, "b": False}


def test_ci_runs_the_engine_that_the_lock_was_made_for() -> None:
    version = (GITHUB / "pulumi.version").read_text().strip()
    assert f"\npulumi=={version} " in (CHECKOUT / "requirements.txt").read_text()
    hub = yaml.safe_load((CHECKOUT / ".gitlab" / "hub.yml").read_text())
    assert hub["default"]["image"]["name"] == f"pulumi/pulumi:{version}"


def calls(path: Path) -> Iterator[list[str]]:
    """Every call of hubctl in a file, as words; variables become words too."""
    for line in re.findall(r"python3? -m hubctl (.+)", path.read_text()):
        line = re.split(r"\)\"| \| | > |; |\]$| #", line)[0]
        line = re.sub(r"\$\{\w+:\+(--repo) [^}]*\}", r"\1 a/b", line)
        line = line.replace('"$', '"')
        yield shlex.split(line)


@pytest.mark.parametrize("path", [p for p in FILES if "hubctl " in p.read_text()], ids=str)
def test_workflows_call_hubctl_as_it_is(path: Path) -> None:
    found = [words for words in calls(path) if words[0] != "runs"]
    for words in found:
        assert parser(words[0]).parse_args(words).command == words[0], words


def test_jobs_that_may_write_install_nothing_and_need_only_the_standard_library(
    tmp_path: Path,
) -> None:
    bare = {
        line.split()[0]
        for path in FILES
        for line in re.findall(r"(?<!bin/)python3? -m hubctl (.+)", path.read_text())
    }
    assert bare == {"publish"}
    environment = {"PYTHONPATH": str(CHECKOUT), "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "a/b",
                   "GITHUB_TOKEN": "t", "GITHUB_API_URL": "http://127.0.0.1:9",
                   "GITHUB_RUN_ID": "1"}  # fmt: skip
    for words, said in (
        (["diff", "none.json"], "none.json cannot be read"),
        (["drift", "--jobs", "drift "], "Connection refused"),
    ):
        done = subprocess.run(
            [sys.executable, "-S", "-m", "hubctl", "publish", *words],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert said in done.stderr, done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository whose second commit touches a hub of each stage."""
    project = tmp_path / "project"
    (project / "stacks").mkdir(parents=True)
    shutil.copy(CHECKOUT / "Pulumi.yaml", project)
    venv = project / ".venv" / "bin"
    venv.mkdir(parents=True)
    (venv / "python").write_text(
        f'#!/bin/sh\nexec env PYTHONPATH={CHECKOUT} {sys.executable} "$@"\n'
    )
    (venv / "python").chmod(0o755)
    (project / ".gitignore").write_text(".venv/\n*.json\noutput\n")
    git(project, "init", "--quiet", "--initial-branch", "main")
    commit(project)
    for name, stage in (("a", "production"), ("b", "staging"), ("mine", "development")):
        text = OPEN_HUB.replace("NAME", name) + f"  binderhub:stage: {stage}\n"
        (project / "stacks" / f"Pulumi.{name}.yaml").write_text(text)
    commit(project)
    return project


def git(project: Path, *words: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    return subprocess.run(
        ["git", *who, *words], cwd=project, check=True, capture_output=True, text=True
    ).stdout.strip()


def commit(project: Path) -> None:
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "x")


def outputs(
    workflow: str, job: str, project: Path, step: str = "affected", **given: str
) -> dict[str, Any]:
    """What a step of a job gives to what comes after it, run as GitHub runs it."""
    found = next(s for s in load(workflow)["jobs"][job]["steps"] if s.get("id") == step)
    output = project / "output"
    output.write_text("")
    env = {**os.environ, **found["env"], "PULUMI_BACKEND_URL": "", **given}
    env["GITHUB_OUTPUT"] = str(output)
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", found["run"]],
        cwd=project, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {
        name: json.loads(text)
        for name, text in (line.split("=", 1) for line in output.read_text().splitlines())
    }


def stacks(found: dict[str, Any], *names: str) -> list[list[str]]:
    return [[one["stack"] for one in found[name]] for name in names]


def test_only_hubs_of_ci_are_previewed_deployed_and_watched(project: Path) -> None:
    found = outputs("pull-request", "difference", project)
    assert stacks(found, "stacks") == [["a", "b"]]
    assert stacks(outputs("drift", "plan", project), "stacks") == [["a", "b"]]
    before = git(project, "rev-parse", "HEAD^1")
    for base in (before, "", "0" * 40):
        found = outputs("deploy", "plan", project, BEFORE=base)
        assert stacks(found, "first", "rest") == [["b"], ["a"]], base
    found = outputs("deploy", "plan", project, BEFORE="HEAD")
    assert stacks(found, "first", "rest") == [[], []]


def test_a_job_logs_in_to_the_clouds_of_its_hub_and_of_the_state(project: Path) -> None:
    """A key of the other cloud would be a right too many; without the state's nothing works."""
    text = path_of("ecology").read_text()
    (project / "stacks" / "Pulumi.a.yaml").write_text(text)
    for backend, a, b in (("", ["gcp"], []), ("s3://state", ["aws", "gcp"], ["aws"])):
        found = outputs("drift", "plan", project, PULUMI_BACKEND_URL=backend)
        assert {e["stack"]: e["clouds"] for e in found["stacks"]} == {"a": a, "b": b}
    for workflow, name, job in jobs():
        for step in job["steps"]:
            if step.get("uses") == "./.github/actions/clouds":
                assert step["with"]["clouds"] == "${{ toJSON(matrix.clouds) }}", (workflow, name)
    [action] = [p for p in ACTIONS if p.parent.name == "clouds"]
    for step in yaml.safe_load(action.read_text())["runs"]["steps"]:
        assert re.match(r"contains\(fromJSON\(inputs\.clouds\), '(gcp|aws)'\) && ", step["if"])


def test_a_job_that_waited_does_not_undo_what_a_later_push_did(project: Path) -> None:
    """It runs main as it is now, and leaves a production hub that a later push touches to that
    push's own jobs, which wait for its staging."""
    job = load("deploy")["jobs"]["production"]
    checkout, newer = job["steps"][0], next(s for s in job["steps"] if s.get("id") == "newer")
    assert checkout["with"] == {
        "ref": "${{ github.ref }}", "fetch-depth": 0, "persist-credentials": False
    }  # fmt: skip
    assert load("deploy")["jobs"]["plan"]["if"].endswith("github.ref == 'refs/heads/main'")
    for step in job["steps"][job["steps"].index(newer) + 1 :]:
        assert step["if"] == "steps.newer.outputs.touched != 'true'", step
    mine = git(project, "rev-parse", "HEAD")
    step = {"GITHUB_SHA": mine, "STACK": "a"}
    assert outputs("deploy", "production", project, step="newer", **step)["touched"] is False
    for changed, touched in (("b", False), ("a", True)):
        with (project / "stacks" / f"Pulumi.{changed}.yaml").open("a") as file:
            file.write("# a comment\n")
        commit(project)
        found = outputs("deploy", "production", project, step="newer", **step)
        assert found["touched"] is touched, changed


def test_production_waits_for_staging_that_went_well() -> None:
    """A staging job that gave way to another, or was stopped, is `cancelled`: not a failure."""
    condition = load("deploy")["jobs"]["production"]["if"]
    assert """contains(fromJSON('["success", "skipped"]'), needs.staging.result)""" in condition
    assert "failure()" not in condition


def test_a_merge_request_from_a_fork_gets_no_job_with_variables() -> None:
    text = (CHECKOUT / ".gitlab-ci.yml").read_text()
    document = yaml.safe_load(text)
    first = document["workflow"]["rules"][0]
    assert "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID != $CI_PROJECT_ID" in first["if"]
    assert first["when"] == "never", "started in this project it would have its variables"
    for name in ("plan preview", "preview"):
        [rule] = document[name]["rules"]
        assert "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID" in rule["if"]
    for name in ("plan up", "up"):
        [rule] = document[name]["rules"]
        assert "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" in rule["if"]


@pytest.mark.parametrize("clouds", ["", "aws", "aws gcp"])
def test_gitlab_writes_tokens_of_the_clouds_that_a_hub_needs(tmp_path: Path, clouds: str) -> None:
    steps = yaml.safe_load((CHECKOUT / ".gitlab" / "hub.yml").read_text())[".hub"]["before_script"]
    folder = tmp_path / "project"
    env = {"PATH": os.environ["PATH"], "CI_PROJECT_DIR": str(folder), "CLOUDS": clouds,
           "AWS_TOKEN": "a", "GCP_TOKEN": "g", "GCP_CREDENTIALS": "{}"}  # fmt: skip
    script = "\n".join(s for s in steps if not re.match(r"python|\.venv|pulumi", s))
    subprocess.run(["sh", "-euc", script], env=env, check=True, cwd=tmp_path)
    written = {p.name: p.stat().st_mode & 0o077 for p in (tmp_path / "project.tmp").iterdir()}
    wanted = {"aws": ["aws"], "gcp": ["gcp", "gcp.json"]}
    assert written == dict.fromkeys([n for c in clouds.split() for n in wanted[c]], 0)


@pytest.mark.parametrize(
    ("workflow", "plugins"), [("test", "standin"), ("official-plugins", "official")]
)
def test_both_kinds_of_plugins_are_tried_and_neither_in_the_place_of_the_other(
    workflow: str, plugins: str
) -> None:
    """`auto` would take the official ones where they can be had, and never both."""
    [step] = [s for s in load(workflow)["jobs"]["test"]["steps"] if s.get("run") == "make test"]
    assert step["env"] == {"LAB_PLUGINS": plugins}
