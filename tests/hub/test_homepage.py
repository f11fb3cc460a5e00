"""Pages of a members-only hub that follow a git repository, served by the real JupyterHub.

git-sync's part (an image) is done by git with git-sync's own arguments: which branch, and where
the clone and its link lie. Only the root folder is another than in the pod.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from lab.install.jupyterhub_env import HubEnv
from model.stackfile.read import read_text
from rehearsal.jupyterhub.http import ask
from rehearsal.jupyterhub.process import RunningHub, running_hub
from rehearsal.jupyterhub.source import from_values
from values.releases import releases

STACK = """
config:
  binderhub:cluster: {provider: kubernetes, name: lab}
  binderhub:domains: {hub: hub.pages.example.org, binder: binder.pages.example.org}
  binderhub:auth: {kind: dummy, allowedUsers: [ada]}
  binderhub:dummyPassword: {secure: v1:abc}
  binderhub:registry: {kind: custom, url: 'https://registry.lab.net'}
  binderhub:homepage:
    templates: {repository: 'https://git.lab.net/pages', branch: no-homepage-subsections,
      path: pages/templates, extraPath: pages/extra}
    variables: {org: Ecology lab}
    announcement: '<p>Maintenance on Friday.</p>'
  binderhub:stage: development
"""
PAGES = {
    # What `main` has must not be seen: the branch is another.
    "main": {"pages/templates/login.html": "the wrong branch"},
    "no-homepage-subsections": {
        "pages/templates/login.html": "<h1>{{ org }}</h1> {{ announcement | safe }} from below",
        "pages/extra/404.html": "not here, says the extra folder",
        "pages/templates/404.html": "not here, says the other folder",
    },
}


def git(folder: Path, *arguments: str) -> None:
    own = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *own, *arguments], cwd=folder, check=True, capture_output=True)


def repository(root: Path) -> Path:
    """A git repository with the pages of each branch."""
    folder = root / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    for branch, files in PAGES.items():
        if branch != "main":
            git(folder, "checkout", "--quiet", "-b", branch)
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--message", branch)
    return folder


def moved(values: Any, root: str, to: str) -> Any:
    """The values with another root folder."""
    if isinstance(values, str):
        return values.replace(root, to)
    if isinstance(values, dict):
        return {key: moved(value, root, to) for key, value in values.items()}
    return [moved(value, root, to) for value in values] if isinstance(values, list) else values


@dataclass(frozen=True, kw_only=True)
class Visited:
    """Texts of pages, and where a member who has just logged in is sent."""

    login: str
    missing: str
    landing: str


@pytest.fixture(scope="module")
def visited(hub_env: HubEnv, tmp_path_factory: pytest.TempPathFactory) -> Visited:
    root = tmp_path_factory.mktemp("homepage")
    read = read_text("pages", STACK)
    assert read.hub and read.ok, [finding.text() for finding in read.findings]
    plan = next(p for p in releases(read.hub, read.secrets_set) if p.name == "jupyterhub")
    (container,) = plan.values["hub"]["initContainers"]
    told = dict(a.removeprefix("--").split("=", 1) for a in container["args"] if "=" in a)
    assert told["repo"] == "https://git.lab.net/pages"
    source = repository(root)
    git(root, "clone", "--quiet", "--depth=1", f"--branch={told['ref']}", f"file://{source}", "it")
    (root / told["link"]).symlink_to("it")
    (mount,) = plan.values["hub"]["extraVolumeMounts"]
    assert mount["mountPath"] == told["root"]
    values = moved(plan.values, told["root"], str(root))
    with running_hub(
        from_values(values, namespace=read.hub.ns), hub_env, kubeconfig=None, patience=0.0
    ) as hub:
        return Visited(
            login=ask("GET", f"{hub.url}hub/login").text,
            missing=ask("GET", f"{hub.url}hub/no-such-page", headers={"Accept": "text/html"}).text,
            landing=landing(hub),
        )


def landing(hub: RunningHub) -> str:
    """Where the hub sends a member after log-in, who did not ask for any page."""
    session = requests.Session()
    session.trust_env = False
    session.get(f"{hub.url}hub/login", timeout=30)
    password = hub.source.values["hub"]["config"]["DummyAuthenticator"]["password"]
    form = {"username": "ada", "password": password, "_xsrf": session.cookies["_xsrf"]}
    reply = session.post(f"{hub.url}hub/login", data=form, allow_redirects=False, timeout=30)
    assert reply.status_code == 302, reply.text
    reply = session.get(f"{hub.url}hub/", allow_redirects=False, timeout=30)
    return reply.headers.get("Location", "")


@pytest.mark.hub
def test_the_hub_shows_the_pages_of_its_branch_and_no_others(visited: Visited) -> None:
    assert visited.login == "<h1>Ecology lab</h1> <p>Maintenance on Friday.</p> from below"
    assert "not here, says the extra folder" in visited.missing


@pytest.mark.hub
def test_log_in_does_not_end_at_a_server_without_an_image(visited: Visited) -> None:
    assert visited.landing == "/hub/home"
