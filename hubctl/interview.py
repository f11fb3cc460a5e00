"""The questions of `hubctl new`: each has a flag, and none asks what can be derived. Pure but for
`ask`, which is given."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from hubctl.problem import Problem
from spec.base import FieldProblem, Hostname, IPv4
from spec.model.cluster import AwsAccount, GcpProject
from spec.patterns import compile_pattern

Answers = dict[str, str]
Check = Callable[[str], str | None]
"""What is wrong with an answer, or None."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """`flag` without dashes is its key among the answers. `choices` are the only answers; `when`
    decides from earlier answers whether it is asked; `default` is taken for an empty answer, and
    None makes the answer required unless `optional`."""

    flag: str
    text: str
    choices: tuple[str, ...] = ()
    default: Callable[[Answers], str | None] = field(default=lambda a: None)
    when: Callable[[Answers], bool] = field(default=lambda a: True)
    check: Check = field(default=lambda text: None)
    optional: bool = False


def _typed(kind: Any) -> Check:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def check(text: str) -> str | None:
        try:
            adapter.validate_python(text)
        except ValidationError as error:
            first = error.errors()[0]
            problem = (first.get("ctx") or {}).get("error")
            if isinstance(problem, FieldProblem):
                return f"{problem.reason} {problem.fix[:1].upper()}{problem.fix[1:]}"
            return first["msg"]
        return None

    return check


def _patterns(text: str) -> str | None:
    for part in split(text):
        try:
            compile_pattern(part)
        except FieldProblem as problem:
            return f"{part!r}: {problem.reason} {problem.fix[:1].upper()}{problem.fix[1:]}"
    return None


def _target(text: str) -> str | None:
    return None if _typed(IPv4)(text) is None else _typed(Hostname)(text)


def split(text: str) -> list[str]:
    """Several values, by comma or space."""
    return [part for part in re.split(r"[,\s]+", text) if part]


def _cloud(name: str) -> Callable[[Answers], bool]:
    return lambda a: a["provider"] == name


def _binder(a: Answers) -> str | None:
    first, _, rest = a["hub-domain"].partition(".")
    return f"binder.{rest}" if first == "hub" else None


def _location(name: str) -> str:
    return "us-central1" if name == "gcp" else "us-west-2"


_ALLOW = {
    "github": "GitHub organisations or org:team",
    "google": "Google Workspace domains",
    "cilogon": "entity ids of identity providers",
    "oidc": "groups",
    "gitlab": "GitLab groups",
    "azuread": "group ids",
    "dummy": "user names",
}
_OPEN = ("none", "temporary")
_OAUTH = ("github", "google", "cilogon", "oidc", "gitlab", "azuread")

QUESTIONS: tuple[Question, ...] = (
    Question(flag="provider", text="Where does the cluster run?", choices=("gcp", "aws", "kubernetes")),
    Question(flag="cluster", text="Name of the cluster"),
    Question(flag="project", text="GCP project id", when=_cloud("gcp"), check=_typed(GcpProject)),
    Question(flag="account", text="AWS account number", when=_cloud("aws"), optional=True,
             check=_typed(AwsAccount)),
    Question(flag="location", text="Region or zone of the cluster",
             default=lambda a: _location(a["provider"]),
             when=lambda a: a["provider"] != "kubernetes"),
    Question(flag="kube-context", text="Context in the kubeconfig (empty: the current one)",
             when=_cloud("kubernetes"), optional=True),
    Question(flag="ingress", text="Address or host name of the cluster's ingress", check=_target,
             optional=True),
    Question(flag="hub-domain", text="Host of JupyterHub, such as hub.ecology.example.org",
             check=_typed(Hostname)),
    Question(flag="binder-domain", text="Host of BinderHub", default=_binder, check=_typed(Hostname)),
    Question(flag="dns", text="Who keeps the DNS records?",
             choices=("manual", "cloud-dns", "route53", "external-dns"),
             default=lambda a: "manual"),
    Question(flag="dns-zone", text="The zone (Cloud DNS: its name; Route 53: its domain)",
             when=lambda a: a["dns"] in ("cloud-dns", "route53")),
    Question(flag="auth", text="Who may use the hub?", choices=(*_OPEN, *_ALLOW),
             default=lambda a: "none"),
    Question(flag="client-id", text="Client id of the OAuth application",
             when=lambda a: a["auth"] in _OAUTH),
    Question(flag="tenant-id", text="Directory (tenant) id", when=lambda a: a["auth"] == "azuread"),
    Question(flag="issuer", text="Address of the identity provider, such as https://id.example.org",
             when=lambda a: a["auth"] == "oidc"),
    Question(flag="allow", text="Who may log in, by comma", when=lambda a: a["auth"] in _ALLOW),
    Question(flag="admins", text="User names of administrators, by comma", optional=True,
             when=lambda a: a["auth"] in _ALLOW),
    Question(flag="repositories", check=_patterns,
             text="Which repositories may be launched, such as github:org/*, by comma",
             when=lambda a: a["auth"] in _OPEN),
    Question(flag="registry", text="Where are images kept?",
             choices=("artifact-registry", "ecr", "quay", "dockerhub", "acr", "custom"),
             default=lambda a: {"gcp": "artifact-registry", "aws": "ecr"}.get(a["provider"], "quay")),
    Question(flag="registry-organization", text="Organisation that owns the images",
             when=lambda a: a["registry"] in ("quay", "dockerhub")),
    Question(flag="registry-name", text="Name of the registry (NAME.azurecr.io)",
             when=lambda a: a["registry"] == "acr"),
    Question(flag="registry-url", text="Address of the registry, such as https://r.example.org",
             when=lambda a: a["registry"] == "custom"),
    Question(flag="registry-user", text="User that pushes images",
             when=lambda a: a["registry"] in ("quay", "dockerhub", "acr", "custom"),
             default=lambda a: f"{a['registry-organization']}+builder" if a["registry"] == "quay" else None),
    Question(flag="stage", text="What is it for?", choices=("production", "staging", "development"),
             default=lambda a: "production"),
)  # fmt: skip


def interview(given: Mapping[str, str | None], ask: Callable[[str], str] | None) -> Answers:
    """Every answer. `ask` puts a question to a person; None takes defaults and raises Problem
    (misuse) that names every flag that is missing or wrong."""
    answers: Answers = {}
    wrong: list[str] = []
    unused = {flag for flag, value in given.items() if value is not None}
    for question in QUESTIONS:
        if not _applies(question, answers):
            continue
        unused.discard(question.flag)
        default = question.default(answers)
        value = given.get(question.flag)
        if value is not None:
            problem = _wrong(question, value)
            if problem:
                wrong.append(f"--{question.flag} {value}: {problem}")
        elif ask is not None:
            value = _put(question, default, ask)
        elif default is None and not question.optional:
            wrong.append(
                f"--{question.flag} is missing: {question.text[:1].lower()}{question.text[1:]}"
            )
        answers[question.flag] = value if value is not None else default or ""
    wrong += [f"--{flag} does not go with the other answers" for flag in sorted(unused)]
    if wrong:
        raise Problem("".join(f"\n  {line}" for line in wrong).strip(), status=2)
    return answers


def _applies(question: Question, answers: Answers) -> bool:
    try:
        return question.when(answers)
    except KeyError:
        return False


def _put(question: Question, default: str | None, ask: Callable[[str], str]) -> str:
    hint = f" ({'/'.join(question.choices)})" if question.choices else ""
    hint += f" [{default}]" if default else " (optional)" if question.optional else ""
    while True:
        value = ask(f"{question.text}{hint}: ").strip() or default or ""
        if not value and question.optional:
            return ""
        problem = _wrong(question, value)
        if problem is None:
            return value
        print(f"  {problem}")


def _wrong(question: Question, value: str) -> str | None:
    if not value:
        return None if question.optional else "an answer is needed."
    if question.choices and value not in question.choices:
        near = difflib.get_close_matches(value, question.choices, n=1)
        said = (
            f"did you mean {near[0]}?" if near else f"choose one of {', '.join(question.choices)}."
        )
        return f"it is no choice; {said}"
    return question.check(value)


def sections(a: Answers) -> dict[str, Any]:
    """The sections of the stack file; what equals a default is left out."""
    out: dict[str, Any] = {"cluster": _cluster(a), "domains": _domains(a), "auth": _auth(a)}
    out["registry"] = _registry(a)
    if a.get("repositories"):
        out["launch"] = {"repositories": split(a["repositories"])}
    if a["provider"] == "kubernetes":
        out["nodes"] = {"selector": {"hub.jupyter.org/node-purpose": "user"}}
    if a["stage"] != "production":
        out["stage"] = a["stage"]
    return out


def _cluster(a: Answers) -> dict[str, Any]:
    out: dict[str, Any] = {"provider": a["provider"], "name": a["cluster"]}
    for flag, key in (("project", "project"), ("account", "account"), ("location", "location"),
                      ("kube-context", "kubeContext")):  # fmt: skip
        if a.get(flag):
            out[key] = a[flag]
    if target := a.get("ingress"):
        key = "address" if _typed(IPv4)(target) is None else "hostname"
        out["ingress"] = {key: target}
    return out


def _domains(a: Answers) -> dict[str, Any]:
    out: dict[str, Any] = {"hub": a["hub-domain"], "binder": a["binder-domain"]}
    if a["dns"] != "manual":
        out["dns"] = {
            "provider": a["dns"],
            **({"zone": a["dns-zone"]} if a.get("dns-zone") else {}),
        }
    return out


def _auth(a: Answers) -> dict[str, Any]:
    kind, allow = a["auth"], split(a.get("allow", ""))
    out: dict[str, Any] = {"kind": kind}
    if a.get("client-id"):
        out["clientId"] = a["client-id"]
    match kind:
        case "github":
            out["allowedOrganizations"] = allow
        case "google":
            out["hostedDomains"] = allow
        case "cilogon":
            out["identityProviders"] = [{"idp": idp} for idp in allow]
        case "oidc":
            issuer = a["issuer"].rstrip("/")
            out |= {"authorizeUrl": f"{issuer}/authorize", "tokenUrl": f"{issuer}/token",
                    "userdataUrl": f"{issuer}/userinfo", "groupsClaim": "groups",
                    "allowedGroups": allow}  # fmt: skip
        case "gitlab" | "azuread":
            out |= {"tenantId": a["tenant-id"]} if kind == "azuread" else {}
            out["allowedGroups"] = allow
        case "dummy":
            out["allowedUsers"] = allow
    if a.get("admins"):
        out["adminUsers"] = split(a["admins"])
    return out


def _registry(a: Answers) -> dict[str, Any]:
    out: dict[str, Any] = {"kind": a["registry"]}
    for flag, key in (("registry-organization", "organization"), ("registry-name", "name"),
                      ("registry-url", "url"), ("registry-user", "username")):  # fmt: skip
        if a.get(flag):
            out[key] = a[flag]
    return out


def comments(a: Answers) -> dict[str, str]:
    """What a person should look at, by section."""
    if a["auth"] == "oidc":
        well_known = f"{a['issuer'].rstrip('/')}/.well-known/openid-configuration"
        return {"auth": f"Compare the three addresses with {well_known}"}
    return {}
