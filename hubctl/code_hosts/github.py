"""GitHub, as a job of GitHub Actions sees it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from hubctl.code_hosts.base import Api, Job
from hubctl.console.errors import Problem

_FAILED = ("failure", "timed_out", "cancelled")


class GitHub:
    """`environment` is a job's own: GITHUB_* variables, and GITHUB_TOKEN with the rights that the
    workflow grants (pull-requests, issues, actions)."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._env = environment
        token = self._needed("GITHUB_TOKEN")
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        self._api = Api(environment.get("GITHUB_API_URL", "https://api.github.com"), headers)
        self._repository = f"/repos/{quote(self._needed('GITHUB_REPOSITORY'))}"

    def _needed(self, name: str) -> str:
        if not (value := self._env.get(name, "").strip()):
            raise Problem(f"{name} is not set; this runs in a job of GitHub Actions.", status=2)
        return value

    def pull_request(self) -> int | None:
        """From the event, which GitHub writes. After `workflow_run` it is the open pull request of
        that run's branch and commit: never a number that the run itself left behind."""
        try:
            event = json.loads(Path(self._needed("GITHUB_EVENT_PATH")).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise Problem("the file named by GITHUB_EVENT_PATH cannot be read.") from None
        if "pull_request" in event:
            return int(event["pull_request"]["number"])
        run = event.get("workflow_run")
        if not run:
            raise Problem("this event is about no pull request.", status=2)
        head = run.get("head_repository") or {}
        if not head:
            return None  # The fork is gone.
        branch = f"{head['owner']['login']}:{run['head_branch']}"
        query = urlencode({"state": "open", "head": branch})
        for pull in self._api.pages(f"{self._repository}/pulls?{query}"):
            where = pull["head"].get("repo") or {}
            same = where.get("full_name") == head["full_name"]
            if same and pull["head"]["sha"] == run["head_sha"]:
                return int(pull["number"])
        return None

    def comment(self, number: int, body: str, marker: str) -> str:
        """Edits a bot's comment only: anybody can write one that starts with the marker."""
        comments = f"{self._repository}/issues/{number}/comments"
        for old in self._api.pages(comments):
            if _ours(old, marker):
                path = f"{self._repository}/issues/comments/{old['id']}"
                return str(self._api.ask("PATCH", path, {"body": body})["html_url"])
        return str(self._api.ask("POST", comments, {"body": body})["html_url"])

    def jobs(self, prefix: str) -> list[Job]:
        """Jobs of this run that have ended; a reusable workflow's are called `caller / job`."""
        run, attempt = self._needed("GITHUB_RUN_ID"), self._env.get("GITHUB_RUN_ATTEMPT", "1")
        path = f"{self._repository}/actions/runs/{run}/attempts/{attempt}/jobs"
        return [
            Job(
                name=job["name"],
                ok=job["conclusion"] not in _FAILED,
                url=job["html_url"],
                step=next((s["name"] for s in job["steps"] if s["conclusion"] in _FAILED), ""),
            )
            for job in self._api.pages(path, inside="jobs")
            if job["name"].startswith(prefix) and job["status"] == "completed"
        ]

    def issue(self, title: str, body: str, marker: str, *, wanted: bool) -> str | None:
        """Pull requests are issues to GitHub; they are passed over."""
        issues = f"{self._repository}/issues"
        for old in self._api.pages(f"{issues}?state=open"):
            if "pull_request" not in old and _ours(old, marker):
                change = {"body": body, "title": title} | ({} if wanted else {"state": "closed"})
                return str(self._api.ask("PATCH", f"{issues}/{old['number']}", change)["html_url"])
        if not wanted:
            return None
        return str(self._api.ask("POST", issues, {"title": title, "body": body})["html_url"])


def _ours(old: Mapping[str, Any], marker: str) -> bool:
    bot = (old.get("user") or {}).get("type") == "Bot"
    return bot and str(old.get("body") or "").startswith(marker)
