"""new: what it writes must be sound, short, and never over somebody's file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hubctl.console.errors import Problem
from hubctl.create import interview
from hubctl.create.answers import sections
from hubctl.create.questions import QUESTIONS, Answers
from hubctl.stackfile import draft
from model.findings import errors
from model.hub import SECTIONS
from model.stackfile.read import read_config
from tests.hubctl.conftest import Hubctl

GKE = ["--provider", "gcp", "--cluster", "research", "--project", "research-123",
       "--ingress", "203.0.113.10", "--hub-domain", "hub.lab.example.org"]  # fmt: skip
EKS = ["--provider", "aws", "--cluster", "c", "--account", "123456789012",
       "--ingress", "lb.us-west-2.elb.amazonaws.com", "--hub-domain", "hub.lab.example.org"]  # fmt: skip
ANY = ["--provider", "kubernetes", "--cluster", "c", "--ingress", "203.0.113.10",
       "--hub-domain", "hub.lab.example.org"]  # fmt: skip
LOGIN = ["--client-id", "id1", "--admins", "root"]

CASES = {
    "gke-open": ([*GKE, "--repositories", "github:lab/*"], []),
    "gke-dns": ([*GKE, "--repositories", "github:lab/*, zenodo:*", "--dns", "cloud-dns",
                 "--dns-zone", "example-org"], []),
    "eks-github": ([*EKS, "--auth", "github", *LOGIN, "--allow", "org:team"], ["oauthClientSecret"]),
    "eks-route53": ([*EKS, "--auth", "google", *LOGIN, "--allow", "example.org", "--dns", "route53",
                     "--dns-zone", "example.org"], ["oauthClientSecret"]),
    "any-quay": ([*ANY, "--repositories", "github:lab/*", "--registry-organization", "lab"],
                 ["registryPassword"]),
    "any-oidc": ([*ANY, "--auth", "oidc", *LOGIN, "--allow", "g1,g2", "--issuer",
                  "https://id.example.org", "--registry", "dockerhub", "--registry-organization",
                  "lab", "--registry-user", "bot"], ["oauthClientSecret", "registryPassword"]),
    "any-cilogon": ([*ANY, "--auth", "cilogon", *LOGIN, "--allow", "https://idp.example.edu/s",
                     "--registry", "acr", "--registry-name", "labimages", "--registry-user", "x"],
                    ["oauthClientSecret", "registryPassword"]),
    "any-gitlab": ([*ANY, "--auth", "gitlab", *LOGIN, "--allow", "g/sub", "--registry", "custom",
                    "--registry-url", "https://r.example.org", "--registry-user", "x"],
                   ["oauthClientSecret", "registryPassword"]),
    "any-azuread": ([*ANY, "--auth", "azuread", *LOGIN, "--tenant-id", "t", "--allow", "g",
                     "--registry-organization", "lab"], ["oauthClientSecret", "registryPassword"]),
    "any-dummy": ([*ANY, "--auth", "dummy", "--allow", "me", "--stage", "development",
                   "--registry-organization", "lab"], ["dummyPassword", "registryPassword"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_written_is_sound_and_short(hubctl: Hubctl, project: Path, case: str) -> None:
    words, secrets = CASES[case]
    result = hubctl("new", "lab", "--no-input", "--json", *words)
    assert result.status == 0, result
    said = json.loads(result.out)
    assert said["secrets"] == secrets
    path = project / "stacks" / "Pulumi.lab.yaml"
    text = path.read_text()
    assert text.splitlines()[0].startswith("# yaml-language-server: $schema=")
    assert len([x for x in text.splitlines() if not x.strip().startswith("#")]) <= 18
    path.write_text(text + "".join(f"  binderhub:{s}: {{secure: v1:x}}\n" for s in secrets))
    assert hubctl("validate", "lab").status == 0


def test_an_existing_file_is_never_overwritten(hubctl: Hubctl, project: Path) -> None:
    path = project / "stacks" / "Pulumi.lab.yaml"
    path.write_text("mine")
    words, _ = CASES["gke-open"]
    assert hubctl("new", "lab", "--no-input", *words).status == 2
    assert path.read_text() == "mine"


def test_everything_missing_or_wrong_is_named_at_once(hubctl: Hubctl, project: Path) -> None:
    result = hubctl("new", "lab", "--no-input", "--provider", "gcp", "--auth", "githbu",
                    "--hub-domain", "https://hub.example.org/", "--tenant-id", "x")  # fmt: skip
    assert result.status == 2
    for said in ("--cluster is missing", "did you mean github?", "give the host only"):
        assert said.lower() in result.err.lower()
    assert "--tenant-id does not go with" in result.err
    assert not list((project / "stacks").iterdir())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Bad_Name", CASES["gke-open"][0]),
        ("lab", [*CASES["gke-open"][0], "--binder-domain", "hub.lab.example.org"]),
        ("lab", [*GKE[:-1], "hub.lab.example.org", "--auth", "dummy", "--allow", "me"]),
    ],
)
def test_a_hub_that_breaks_a_rule_is_not_written(
    hubctl: Hubctl, project: Path, name: str, words: list[str]
) -> None:
    result = hubctl("new", name, "--no-input", *words)
    assert result.status == 1, result
    assert "error BH" in result.err
    assert not list((project / "stacks").iterdir())


def test_a_wrong_answer_is_asked_again_and_nothing_derivable_is_asked() -> None:
    asked: list[str] = []
    answers = iter(["gcp", "research", "Not A Project", "research-123", "", "203.0.113.10",
                    "hub.lab.example.org", "", "", "", "regex^", "github:lab/*", "", ""])  # fmt: skip

    def ask(text: str) -> str:
        asked.append(text)
        return next(answers)

    a = interview.interview({}, ask)
    assert a["binder-domain"] == "binder.lab.example.org"
    assert (a["auth"], a["registry"], a["dns"]) == ("none", "artifact-registry", "manual")
    assert sum("project" in q for q in asked) == 2
    assert not any("AWS" in q or "client" in q.lower() for q in asked)


def test_missing_answers_are_misuse_not_a_guess() -> None:
    with pytest.raises(Problem) as caught:
        interview.interview({}, None)
    assert caught.value.status == 2


@pytest.mark.parametrize(
    "value",
    ["null", "yes", "1.0", "0x1f", "a: b", "#x", "- x", "*", "", " x", "v1:abc", "2024-01-01",
     "~", "{a}", "é", "a\nb\n", "a\n\n  b", "\ttab", "x" * 300, "@x", "a#b", "12:30:45"],
)  # fmt: skip
def test_written_text_is_read_back_as_it_was(value: str) -> None:
    import yaml

    data = {"a": value, "list": [value, {"b": value, "c": ["x" * 90]}], value or "k": 1}
    text = "\n".join(line for k, v in data.items() for line in draft.section(k, v, "", ""))
    assert yaml.safe_load(text) == data


def test_comments_name_sections_that_exist() -> None:
    assert set(draft._COMMENTS) <= set(SECTIONS)


SOME = {
    "cluster": "c", "hub-domain": "hub.lab.example.org", "ingress": "203.0.113.10",
    "client-id": "id1", "tenant-id": "t1", "issuer": "https://id.example.org",
    "allow": "https://idp.example.edu", "repositories": "github:lab/*", "stage": "development",
    "registry-organization": "lab", "registry-name": "labimages", "registry-user": "bot",
    "registry-url": "https://r.example.org",
}  # fmt: skip


@pytest.mark.parametrize(
    ("flag", "kind"),
    [(q.flag, kind) for q in QUESTIONS if q.flag in ("auth", "registry") for kind in q.choices],
)
def test_a_kind_that_is_offered_can_be_answered_in_full(flag: str, kind: str) -> None:
    provider = {"artifact-registry": "gcp", "ecr": "aws"}.get(kind, "kubernetes")
    chosen = {**SOME, "provider": provider, "project": "research-123", flag: kind}
    if kind == "google":
        chosen["allow"] = "example.org"
    answers: Answers = {}
    for question in QUESTIONS:
        if interview._applies(question, answers):
            answers[question.flag] = chosen.get(question.flag) or question.default(answers) or ""
    stack = read_config("lab", sections(answers), ())
    assert not [f.text() for f in errors(stack.findings) if f.rule != "BH103"]
