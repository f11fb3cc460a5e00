"""diff: what reviewers decide by. A wrong "no difference" deploys a surprise; a secret in a
pull-request comment is public for ever."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from hubctl.console.subprocesses import Ran
from hubctl.review import diff, manifests, snapshots
from hubctl.review.diff import ReleaseDiff, StackDiff, markdown
from hubctl.review.masking import mask, mask_object
from model.secrets import Secret
from model.stackfile.read import read_text
from tests.hubctl.conftest import CHECKOUT, OPEN_HUB, Hubctl, Write
from tests.hubctl.review.test_affected import git
from tests.hubctl.takeover.test_import import NAMES, WRITTEN


@pytest.fixture
def repository(project: Path, stack: Write) -> Path:
    """A project in git with stacks a and b on main, and a branch checked out."""
    for room in ("model", "values", "hubctl"):
        shutil.copytree(CHECKOUT / room, project / room, ignore=shutil.ignore_patterns("__pyc*"))
    stack("a")
    stack("b")
    git(project, "init", "-q", "-b", "main")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "one")
    git(project, "checkout", "-qb", "work")
    return project


def test_one_changed_key_shows_as_one_changed_line(
    hubctl: Hubctl, stack: Write, repository: Path
) -> None:
    stack("a", OPEN_HUB + "  binderhub:user: {memory: {limit: 3G}}\n")
    result = hubctl("diff", "a", "--base", "main")
    assert result.status == 0
    changed = re.findall(r"^[+-] .*", result.out, re.MULTILINE)
    assert changed == ["-    limit: 2G", "+    limit: 3G"]
    assert hubctl("diff", "a", "--base", "main", "--exit-code").status == 1
    assert hubctl("diff", "b", "--base", "main", "--exit-code").status == 0


def test_a_change_of_the_code_is_seen_though_no_stack_file_changed(
    hubctl: Hubctl, repository: Path
) -> None:
    """The base must be rendered by its own code, or every change of values/ would look empty."""
    path = repository / "values" / "charts" / "jupyterhub.py"
    # What runs here is the checkout's code, so the older revision is the one that differs.
    path.write_text(path.read_text().replace('"profileList": []', '"profileList": ["older"]'))
    git(repository, "commit", "-qam", "older code")
    git(repository, "branch", "-f", "main")
    shutil.copy(CHECKOUT / "values" / "charts" / "jupyterhub.py", path)
    result = hubctl("diff", "--affected", "--base", "main", "--json")
    found = json.loads(result.out)
    assert [d["stack"] for d in found] == ["a", "b"]
    assert "-  - older" in found[0]["releases"][0]["diff"]


@pytest.mark.parametrize("own_code", [False, True])
def test_secrets_of_a_sops_file_are_no_difference(
    hubctl: Hubctl, stack: Write, repository: Path, own_code: bool
) -> None:
    """Which secrets are set decides what is rendered, in the base revision too."""
    sops = repository / "stacks" / "a.sops.yaml"
    sops.write_text("githubToken: ENC[AES256_GCM,data:x]\nsops:\n  version: 3.9.0\n")
    text = OPEN_HUB + "  binderhub:secretsFile: stacks/a.sops.yaml\n"
    stack("a", text)
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "sops")
    git(repository, "branch", "-f", "main")
    stack("a", text + "  binderhub:user: {memory: {limit: 3G}}\n")
    if own_code:
        (repository / "values" / "more.txt").write_text("x")
    out = hubctl("diff", "a", "--base", "main").out
    assert re.findall(r"^[+-] .*", out, re.MULTILINE) == ["-    limit: 2G", "+    limit: 3G"]


def test_new_deleted_and_broken_stacks_are_told(
    hubctl: Hubctl, stack: Write, repository: Path
) -> None:
    stack("a", "config: {binderhub:auth: {kind: none}}")
    git(repository, "rm", "-q", "stacks/Pulumi.b.yaml")
    stack("c")
    result = hubctl("diff", "--affected", "--base", "main", "--json")
    assert result.status == 1
    states = {d["stack"]: d["state"] for d in json.loads(result.out)}
    assert states == {"a": "errors", "b": "deleted", "c": "new"}
    comment = hubctl("diff", "--affected", "--base", "main", "--markdown").out
    assert comment.startswith(diff.MARKER)
    assert "BH101" in comment


def test_two_stacks_are_compared(hubctl: Hubctl, stack: Write) -> None:
    stack("a")
    stack("b")
    assert "+    base_url" not in (out := hubctl("diff", "a", "--against", "b").out)
    assert "+    badge_base_url: https://binder.a.example.org/" in out


@pytest.mark.parametrize(
    "words",
    [
        ["diff", "a"],
        ["diff", "--base", "main"],
        ["diff", "a", "--base", "main", "--deployed"],
        ["diff", "--affected", "--deployed"],
        ["diff", "a", "--base", "no-such-thing"],
        ["diff", "a", "--against", "nothing"],
        ["diff", "a", "--against", "a", "--limit", "3", "--markdown"],
    ],
)
def test_misuse(hubctl: Hubctl, repository: Path, words: list[str]) -> None:
    result = hubctl(*words)
    assert result.status == 2, result
    assert "Traceback" not in result.err


REAL = {
    "hub": {
        "cookieSecret": "deadbeef" * 8,
        "config": {
            "CryptKeeper": {"keys": ["feedface" * 8]},
            "GitHubOAuthenticator": {"client_id": "id", "client_secret": "very-private"},
        },
        "extraConfig": {"x": "token = 'very-private'"},
        "db": {"url": "postgresql://hub:hunter22@db/hub"},
        "extraEnv": [{"name": "MY_API_TOKEN", "value": "abcdefgh"}, {"name": "A", "value": "b"}],
    },
    "imagePullSecret": {"registry": "https://quay.io", "username": "u", "password": "p4ssw0rd"},
    "tls": [{"secretName": "https-auto-tls"}],
    "token_url": "https://example.org/token",
    "note": "-----BEGIN PRIVATE KEY-----",
    # What hubs of before have, and the program never makes.
    "auth": {"state": {"cryptoKey": "before-1"}},
    "env": {"JUPYTERHUB_CRYPT_KEY": "before-2", "GITHUB_PAT": "before-3"},
    "registry": {"auths": {"quay.io": {"auth": "before-4"}}},
    "dockerconfig": '{"auths":{"quay.io":{"auth":"before-5"}}}',
    "code": {"x": "c.X.client_secret = 'before-6'\nos.environ['MY_TOKEN'] = \"before-7\""},
    "allow_origin_pat": "https://before.*",
}


def test_no_credential_of_a_deployed_release_is_shown() -> None:
    expected = {"hub": {"cookieSecret": Secret("cookieSecret")}}
    masked: Any = mask(REAL, expected)
    text = json.dumps(masked)
    for secret in ("deadbeef", "feedface", "very-private", "hunter22", "abcdefgh", "p4ssw0rd"):
        assert secret not in text
    assert "before-" not in text
    assert masked["allow_origin_pat"] == REAL["allow_origin_pat"]
    assert "PRIVATE KEY" not in text
    assert masked["hub"]["cookieSecret"] == "<secret:cookieSecret>"
    assert masked["tls"] == REAL["tls"]
    assert masked["token_url"] == REAL["token_url"]
    assert masked["imagePullSecret"]["registry"] == "https://quay.io"
    assert masked["hub"]["extraEnv"][1] == {"name": "A", "value": "b"}


@pytest.mark.parametrize("form", WRITTEN)
@pytest.mark.parametrize("name", NAMES)
def test_a_credential_is_hidden_under_every_name_and_in_every_text(name: str, form: str) -> None:
    text = form.replace("NAME", name).replace("CREDENTIAL", "abc2")
    if "hooks" not in form and "Basic" not in form:
        assert "abc2" not in json.dumps(mask({"x": text})), "short ones too"
    text = text.replace("abc2", "abc2defghijk")
    assert "abc2defghijk" not in json.dumps(mask({"x": text}))
    assert mask({name: 12345678, "n": [{"name": name, "value": 1234}]}) == {
        name: "<hidden>", "n": [{"name": name, "value": "<hidden>"}],
    }  # fmt: skip


HARMLESS = {
    "token_expires_in": 3600, "max_age": 5, "existingSecret": "mine", "secretName": "tls",
    "bypass": "yes", "compass": 7, "automountServiceAccountToken": "no", "token_url": "https://a.org",
    "enabled": True, "code": "def f(token: str) -> None:\n    token: str = make(token)\n    return 1",
    "call": "password = getenv('DB_PASSWORD')\nlogin(\n    token=token,\n    user=user,\n)",
    "dict": '{\n  "token": self.user_options["token"],\n  "secret": secret,\n}',
    "prose": "Basic documentation of Bearer authentication: pass by value",
}  # fmt: skip


def test_what_is_no_credential_is_shown_or_nobody_could_review_it() -> None:
    assert mask(HARMLESS) == HARMLESS


def test_a_kubernetes_secret_is_hidden_whole() -> None:
    secret = {"kind": "Secret", "metadata": {"name": "hub"}, "data": {"values.yaml": "c2VjcmV0"}}
    assert mask_object(secret)["data"] == {"values.yaml": "<hidden>"}


def test_deployed_values_are_masked_and_a_missing_release_is_new(stack: Write) -> None:
    path = stack("a")
    read = read_text("a", path.read_text())
    assert read.hub
    asked: list[list[str]] = []

    def run(words: Any, **_: Any) -> Ran:
        asked.append(list(words))
        if words[3] == "binderhub-service":
            return Ran(status=1, err="Error: release: not found")
        if words[2] == "metadata":
            return Ran(status=0, out='{"version": "4.3.0"}')
        return Ran(status=0, out=yaml.safe_dump({**REAL, "proxy": {"secretToken": "real-one"}}))

    found = snapshots.deployed(read.hub, read.secrets_set, None, run)
    assert list(found) == ["jupyterhub values"]
    assert "real-one" not in found["jupyterhub values"]
    assert "<secret:proxyToken>" in found["jupyterhub values"]
    assert "jupyterhub 4.3.0" in found["jupyterhub values"].splitlines()[0]
    assert asked[0][-2:] == ["--namespace", "a"]


def test_checksums_and_order_are_no_difference() -> None:
    def deployment(name: str, checksum: str) -> dict[str, Any]:
        meta = {"annotations": {"checksum/config": checksum, "kept": "yes"}}
        return {"kind": "Deployment", "metadata": {"name": name},
                "spec": {"template": {"metadata": meta}}}  # fmt: skip

    one = manifests.text([deployment("a", "1"), deployment("b", "1")])
    two = manifests.text([deployment("b", "2"), deployment("a", "2")])
    assert one == two
    assert "kept" in one


def big(name: str, lines: int) -> StackDiff:
    text = "--- a\n+++ b\n" + "".join(f"+line {i} of {name}\n" for i in range(lines))
    return StackDiff(name=name, state="changed", parts=(ReleaseDiff(name="jupyterhub", text=text),))


@pytest.mark.parametrize("limit", [1000, 5000, 60_000])
@pytest.mark.parametrize("count", [1, 3, 400])
def test_a_comment_never_exceeds_its_limit(limit: int, count: int) -> None:
    text = markdown([big(f"s{i}", 300) for i in range(count)], limit=limit)
    assert len(text) <= limit
    assert len(re.findall(r"^`{3,}", text, re.MULTILINE)) % 2 == 0, "a code block is left open"
    assert text.count("<details") == text.count("</details>")


def test_every_stack_of_a_comment_gets_a_fair_share() -> None:
    text = markdown([big(f"s{i}", 2000) for i in range(4)], limit=20_000)
    for i in range(4):
        assert f"line 3 of s{i}" in text


def test_content_cannot_break_out_of_its_code_block() -> None:
    text = "--- a\n+++ b\n+```\n+````` @someone <img src=x>\n"
    diff = StackDiff(name="a|<b>@x", state="changed", parts=(ReleaseDiff(name="r", text=text),))
    out = markdown([diff])
    assert "\n``````diff\n" in out
    assert "<b>" not in out
    assert "@x" not in out


def test_a_review_shows_which_secret_is_renewed(hubctl: Hubctl, repository: Path) -> None:
    """A comment that says "no difference" of a change by which pods restart would mislead."""
    assert hubctl("rotate", "a", "proxyToken").status == 0
    shown = hubctl("diff", "a", "--base", "main").out
    assert (
        re.findall(r"^[+-] .*", shown, re.MULTILINE)
        == [
            "-    hub.jupyter.org/proxyToken.version: '0'",
            "+    hub.jupyter.org/proxyToken.version: '1'",
        ]
        * 2
    )
