"""GitLab, as a job of GitLab CI sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from hubctl.code_hosts.base import Api, Job
from hubctl.console.errors import Problem


class GitLab:
    """`environment` is a job's own: CI_* variables, and FORGE_TOKEN: a project access token of
    scope `api` (the job's own token may not write notes)."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._env = environment
        self._api = Api(
            environment.get("CI_API_V4_URL", "https://gitlab.com/api/v4"),
            {"PRIVATE-TOKEN": self._needed("FORGE_TOKEN")},
        )
        self._project = f"/projects/{quote(self._needed('CI_PROJECT_ID'), safe='')}"

    def _needed(self, name: str) -> str:
        if not (value := self._env.get(name, "").strip()):
            raise Problem(f"{name} is not set; this runs in a job of GitLab CI.", status=2)
        return value

    def pull_request(self) -> int | None:
        """The merge request of this pipeline."""
        number = self._env.get("CI_MERGE_REQUEST_IID", "")
        return int(number) if number.isdigit() else None

    def comment(self, number: int, body: str, marker: str) -> str:
        """Edits a note of the token's own user only."""
        notes = f"{self._project}/merge_requests/{number}/notes"
        address = f"{self._env.get('CI_PROJECT_URL', '')}/-/merge_requests/{number}#note_"
        me = self._me()
        for old in self._api.pages(notes):
            if old["author"]["id"] == me and str(old["body"]).startswith(marker):
                self._api.ask("PUT", f"{notes}/{old['id']}", {"body": body})
                return f"{address}{old['id']}"
        return f"{address}{self._api.ask('POST', notes, {'body': body})['id']}"

    def jobs(self, prefix: str) -> list[Job]:
        """Jobs of this pipeline that have ended."""
        path = f"{self._project}/pipelines/{self._needed('CI_PIPELINE_ID')}/jobs"
        return [
            Job(name=job["name"], ok=job["status"] == "success", url=job["web_url"])
            for job in self._api.pages(path)
            if job["name"].startswith(prefix) and job["finished_at"]
        ]

    def issue(self, title: str, body: str, marker: str, *, wanted: bool) -> str | None:
        """Edits an open issue of the token's own user only."""
        issues, me = f"{self._project}/issues", self._me()
        for old in self._api.pages(f"{issues}?state=opened"):
            if old["author"]["id"] == me and str(old["description"] or "").startswith(marker):
                change = {"title": title, "description": body}
                change |= {} if wanted else {"state_event": "close"}
                return str(self._api.ask("PUT", f"{issues}/{old['iid']}", change)["web_url"])
        if not wanted:
            return None
        return str(self._api.ask("POST", issues, {"title": title, "description": body})["web_url"])

    def _me(self) -> Any:
        return self._api.ask("GET", "/user")["id"]
