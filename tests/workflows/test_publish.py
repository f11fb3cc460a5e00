"""publish: holds a token that may write, and reads what a stranger's code wrote."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hubctl.code_hosts import drift, received
from hubctl.code_hosts.base import Api, Job
from hubctl.commands import publish
from hubctl.console.errors import Problem
from hubctl.review.diff import MARKER, ReleaseDiff, StackDiff, markdown
from tests.workflows.code_host_double import Answer, Double, serve

DIFF = StackDiff(
    name="ecology",
    state="changed",
    parts=(
        ReleaseDiff(name="jupyterhub values", text="--- a\n+++ b\n@@ -1 +1 @@\n-x: 1\n+x: 2\n"),
    ),
)
BOT = {"type": "Bot", "login": "github-actions[bot]"}
PERSON = {"type": "User", "login": "mallory"}


@pytest.fixture
def double() -> Iterator[Double]:
    with serve(Double()) as running:
        yield running


class FakeGitHub:
    """GitHub with one pull request from a fork; `comments` and `issues` are what it keeps."""

    def __init__(self, double: Double, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.double = double
        self.comments: list[dict[str, Any]] = []
        self.issues: list[dict[str, Any]] = []
        self.jobs: list[dict[str, Any]] = []
        self.pulls = [self.pull(7, "mallory/hubs", "a" * 40)]
        base = "/repos/lab/hubs"
        double.routes = {
            f"GET {base}/pulls": lambda m, q, b: (200, self.pulls),
            f"GET {base}/issues/7/comments": lambda m, q, b: self.page(self.comments, q),
            f"POST {base}/issues/7/comments": lambda m, q, b: (201, {"html_url": "made"}),
            rf"PATCH {base}/issues/comments/(\d+)": lambda m, q, b: (200, {"html_url": "edited"}),
            f"GET {base}/issues": lambda m, q, b: self.page(self.issues, q),
            f"POST {base}/issues": lambda m, q, b: (201, {"html_url": "opened"}),
            rf"PATCH {base}/issues/(\d+)": lambda m, q, b: (200, {"html_url": "edited"}),
            f"GET {base}/actions/runs/5/attempts/1/jobs": lambda m, q, b: (
                200,
                {"jobs": self.jobs},
            ),
        }
        event = folder / "event.json"
        run = {
            "head_sha": "a" * 40,
            "head_branch": "patch-1",
            "head_repository": {"full_name": "mallory/hubs", "owner": {"login": "mallory"}},
        }
        event.write_text(json.dumps({"workflow_run": run}))
        monkeypatch.delenv("GITLAB_CI", raising=False)
        for name, value in {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": double.url,
            "GITHUB_REPOSITORY": "lab/hubs",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_RUN_ID": "5",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_TOKEN": "t0ken",
        }.items():
            monkeypatch.setenv(name, value)

    @staticmethod
    def pull(number: int, repository: str, sha: str) -> dict[str, Any]:
        return {"number": number, "head": {"sha": sha, "repo": {"full_name": repository}}}

    @staticmethod
    def page(rows: list[dict[str, Any]], query: dict[str, list[str]]) -> Answer:
        at = (int(query["page"][0]) - 1) * 100
        return 200, rows[at : at + 100]


@pytest.fixture
def github(double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeGitHub:
    return FakeGitHub(double, tmp_path, monkeypatch)


def call(*words: str) -> int:
    parser = argparse.ArgumentParser()
    publish.arguments(parser)
    return publish.run(parser.parse_args(words))


def written(folder: Path, *stacks: StackDiff) -> str:
    path = folder / "diff.json"
    path.write_text(json.dumps([s.as_dict() for s in stacks]))
    return str(path)


def test_the_comment_is_made_once_then_edited(github: FakeGitHub, tmp_path: Path) -> None:
    file = written(tmp_path, DIFF)
    call("diff", file)
    [(method, target, body)] = github.double.written()
    assert (method, target) == ("POST", "/repos/lab/hubs/issues/7/comments")
    assert body["body"] == markdown([DIFF])
    others = [{"id": i, "user": PERSON, "body": "hm"} for i in range(100)]
    github.comments = [*others, {"id": 555, "user": BOT, "body": f"{MARKER}\nold"}]
    call("diff", file)
    method, target, body = github.double.written()[-1]
    assert (method, target) == ("PATCH", "/repos/lab/hubs/issues/comments/555")


def test_a_strangers_comment_with_our_marker_is_not_taken_for_ours(
    github: FakeGitHub, tmp_path: Path
) -> None:
    github.comments = [{"id": 1, "user": PERSON, "body": f"{MARKER}\nlooks good"}]
    call("diff", written(tmp_path, DIFF))
    assert github.double.written()[0][0] == "POST"


def test_a_fork_cannot_comment_on_somebody_elses_pull_request(
    github: FakeGitHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The number comes from GitHub, by the branch and commit that ran; never from the file."""
    github.pulls = [
        FakeGitHub.pull(8, "victim/hubs", "a" * 40),  # the same commit, another repository
        FakeGitHub.pull(9, "mallory/hubs", "b" * 40),  # a newer commit: its own run will tell
    ]
    assert call("diff", written(tmp_path, DIFF)) == 0
    assert github.double.written() == []
    assert "nothing was written" in capsys.readouterr().out
    asked = github.double.asked[0][1]
    assert "head=mallory%3Apatch-1" in asked and "state=open" in asked


def test_markup_of_a_strangers_file_stays_text(github: FakeGitHub, tmp_path: Path) -> None:
    evil = "@everyone ![](https://evil.example/x.png) <img src=x> [click](https://evil.example)"
    bad = StackDiff(
        name=f"a|b {evil}",
        state="errors",
        notes=(f"```\n{evil}\n```",),
        parts=(ReleaseDiff(name=evil, text=f"+x\n````\n{evil}\n"),),
    )
    call("diff", written(tmp_path, bad))
    body = github.double.written()[0][2]["body"]
    outside, fence = [], None
    for line in body.splitlines():
        ticks = len(line) - len(line.lstrip("`"))
        if fence is None and ticks >= 3:
            fence = ticks
        elif fence is not None and ticks >= fence and not line.strip("`"):
            fence = None
        elif fence is None:
            outside.append(line)
    text = "\n".join(outside)
    assert fence is None
    assert "evil.example" in body
    for sign in ("@", "![", "<img", "]("):
        assert sign not in text, text


@pytest.mark.parametrize(
    "raw",
    [
        b"no json",
        b"{}",
        b"[1]",
        b'[{"state": "wonderful", "stack": "a"}]',
        b"[" * 100_000,
        json.dumps([DIFF.as_dict()] * 5001).encode(),
        b" " * (received.LARGEST + 1),
    ],
    ids=lambda raw: repr(raw[:20]),
)
def test_a_file_that_is_something_else_is_refused(raw: bytes) -> None:
    with pytest.raises(Problem):
        received.read(raw)


def test_a_link_in_the_artifact_shows_nothing_of_the_runner(
    github: FakeGitHub, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps([DIFF.as_dict()]))
    os.symlink(secret, tmp_path / "diff.json")
    with pytest.raises(Problem, match="cannot be read"):
        call("diff", str(tmp_path / "diff.json"))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Problem, match="no plain file"):
        call("diff", str(tmp_path / "pipe"))


def test_what_hubctl_diff_writes_comes_back_whole() -> None:
    note = StackDiff(name="b", state="errors", notes=("BH062 user.memory: too much",))
    assert received.read(json.dumps([DIFF.as_dict(), note.as_dict()]).encode()) == [DIFF, note]


def test_a_long_difference_still_fits_a_comment() -> None:
    lines = "".join(f"+line {i}\n" for i in range(50_000))
    long = StackDiff(name="a", state="changed", parts=(ReleaseDiff(name="x", text=lines),))
    assert len(markdown(received.read(json.dumps([long.as_dict()] * 4).encode()))) < 65_536


def test_the_token_goes_nowhere_else(double: Double, github: FakeGitHub) -> None:
    double.routes = {r"GET /x": lambda m, q, b: (302, {"to": "http://127.0.0.2:1/steal"})}
    with pytest.raises(Problem, match="refused with 302"):
        Api(double.url, {"Authorization": "t0ken"}).ask("GET", "/x")
    with pytest.raises(Problem, match="not https"):
        Api("http://code.example.org", {})


def job(name: str, conclusion: str, *steps: tuple[str, str]) -> dict[str, Any]:
    return {
        "name": name, "status": "completed", "conclusion": conclusion, "html_url": f"log/{name}",
        "steps": [{"name": n, "conclusion": c} for n, c in steps],
    }  # fmt: skip


def test_drift_is_one_issue_that_is_opened_edited_and_closed(github: FakeGitHub) -> None:
    fine = job("drift a", "success", ("preview", "success"))
    gone = job("drift b", "failure", ("GCP", "success"), ("preview", "failure"))
    locked = job("drift c", "failure", ("GCP", "failure"))
    github.jobs = [job("plan", "success"), fine, gone, locked]
    call("drift", "--jobs", "drift ")
    [(method, target, body)] = github.double.written()
    assert (method, target) == ("POST", "/repos/lab/hubs/issues")
    assert "2 of 3 hubs" in body["body"]
    assert "`pulumi up --refresh --stack STACK`" in body["body"], "`up` alone undoes nothing"
    assert "| b | differs | [log](log/drift b) |" in body["body"]
    assert "| c | not looked at: GCP failed |" in body["body"]

    github.issues = [
        {"number": 1, "user": PERSON, "body": f"{drift.MARKER} fake"},
        {"number": 2, "user": BOT, "body": body["body"], "pull_request": {}},
        {"number": 3, "user": BOT, "body": body["body"]},
    ]
    call("drift", "--jobs", "drift ")
    method, target, change = github.double.written()[-1]
    assert (method, target) == ("PATCH", "/repos/lab/hubs/issues/3")
    assert "state" not in change

    github.jobs = [fine]
    call("drift", "--jobs", "drift ")
    method, target, change = github.double.written()[-1]
    assert (method, target, change["state"]) == ("PATCH", "/repos/lab/hubs/issues/3", "closed")

    github.issues = []
    before = len(github.double.written())
    call("drift", "--jobs", "drift ")
    assert len(github.double.written()) == before, "no drift opens no issue"


def test_drift_is_not_reported_as_fine_when_no_job_was_found(github: FakeGitHub) -> None:
    github.jobs = [job("plan", "success")]
    with pytest.raises(Problem, match="no finished job"):
        call("drift", "--jobs", "drift ")


def test_a_refusal_tells_the_code_hosts_words_and_not_the_token(github: FakeGitHub) -> None:
    github.double.routes = {
        r"GET .*": lambda m, q, b: (403, {"message": "Resource not accessible"})
    }
    with pytest.raises(Problem, match=r"403: Resource not accessible") as caught:
        call("drift", "--jobs", "drift ")
    assert "t0ken" not in str(caught.value)


def test_gitlab_edits_its_own_note_and_issue(
    double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes: list[dict[str, Any]] = [{"id": 1, "author": {"id": 99}, "body": f"{MARKER}\nfake"}]
    jobs = [
        {"name": "drift a", "status": "failed", "web_url": "log/a", "finished_at": "now"},
        {"name": "drift b", "status": "running", "web_url": "log/b", "finished_at": None},
    ]
    double.routes = {
        "GET /user": lambda m, q, b: (200, {"id": 4}),
        "GET /projects/12/merge_requests/3/notes": lambda m, q, b: (200, notes),
        "POST /projects/12/merge_requests/3/notes": lambda m, q, b: (201, {"id": 2}),
        "PUT /projects/12/merge_requests/3/notes/2": lambda m, q, b: (200, {}),
        "GET /projects/12/pipelines/5/jobs": lambda m, q, b: (200, jobs),
        "GET /projects/12/issues": lambda m, q, b: (200, []),
        "POST /projects/12/issues": lambda m, q, b: (201, {"web_url": "opened"}),
    }
    for name, value in {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": double.url,
        "CI_PROJECT_ID": "12",
        "CI_PIPELINE_ID": "5",
        "CI_MERGE_REQUEST_IID": "3",
        "FORGE_TOKEN": "t0ken",
    }.items():
        monkeypatch.setenv(name, value)
    file = written(tmp_path, DIFF)
    call("diff", file)
    assert double.written()[0][:2] == ("POST", "/projects/12/merge_requests/3/notes")
    notes.append({"id": 2, "author": {"id": 4}, "body": markdown([DIFF])})
    call("diff", file)
    assert double.written()[1][:2] == ("PUT", "/projects/12/merge_requests/3/notes/2")
    call("drift", "--jobs", "drift ")
    _, target, body = double.written()[2]
    assert target == "/projects/12/issues"
    assert "1 of 1 hubs" in body["description"]


def test_a_job_name_cannot_write_into_the_table() -> None:
    body, _ = drift.report([Job(name="drift a|<b>", ok=False, url="u")], "drift ")
    assert "| ab | differs, or could not be looked at |" in body
