"""The questions of `hubctl new`: each has a flag, and none asks what can be derived. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from model.fields import FieldProblem, Hostname, IPv4
from model.repository_patterns import compile_pattern
from model.sections.auth import AUTHS, OpenAuth
from model.sections.cluster import AwsAccount, GcpProject
from model.sections.registry import REGISTRIES

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


def typed(kind: Any) -> Check:
    """A check of answers by a type of the model."""
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
    return None if typed(IPv4)(text) is None else typed(Hostname)(text)


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


def _auth(field: str) -> Callable[[Answers], bool]:
    """Whether the chosen kind of `auth` has this field."""
    return lambda a: field in AUTHS[a["auth"]].model_fields


def is_open(a: Answers) -> bool:
    """Whether the hub is to be open to everyone."""
    return issubclass(AUTHS[a["auth"]], OpenAuth)


def _registry(field: str) -> Callable[[Answers], bool]:
    """Whether the chosen kind of `registry` has this field."""
    return lambda a: field in REGISTRIES[a["registry"]].model_fields


# Google takes no new project for gcr.io, and without a registry a hub is bound to a single node.
_NOT_FOR_NEW = ("gcr", "none")
_OF_CLOUD = {str(made.cloud): kind for kind, made in REGISTRIES.items() if made.cloud}

QUESTIONS: tuple[Question, ...] = (
    Question(flag="provider", text="Where does the cluster run?", choices=("gcp", "aws", "kubernetes")),
    Question(flag="cluster", text="Name of the cluster"),
    Question(flag="project", text="GCP project id", when=_cloud("gcp"), check=typed(GcpProject)),
    Question(flag="account", text="AWS account number", when=_cloud("aws"), optional=True,
             check=typed(AwsAccount)),
    Question(flag="location", text="Region or zone of the cluster",
             default=lambda a: _location(a["provider"]),
             when=lambda a: a["provider"] != "kubernetes"),
    Question(flag="kube-context", text="Context in the kubeconfig (empty: the current one)",
             when=_cloud("kubernetes"), optional=True),
    Question(flag="ingress", text="Address or host name of the cluster's ingress", check=_target,
             optional=True),
    Question(flag="hub-domain", text="Host of JupyterHub, such as hub.ecology.example.org",
             check=typed(Hostname)),
    Question(flag="binder-domain", text="Host of BinderHub", default=_binder, check=typed(Hostname)),
    Question(flag="dns", text="Who keeps the DNS records?",
             choices=("manual", "cloud-dns", "route53", "external-dns"),
             default=lambda a: "manual"),
    Question(flag="dns-zone", text="The zone (Cloud DNS: its name; Route 53: its domain)",
             when=lambda a: a["dns"] in ("cloud-dns", "route53")),
    Question(flag="auth", text="Who may use the hub?", choices=tuple(AUTHS),
             default=lambda a: "none"),
    Question(flag="client-id", text="Client id of the OAuth application",
             when=_auth("client_id")),
    Question(flag="tenant-id", text="Directory (tenant) id", when=_auth("tenant_id")),
    Question(flag="issuer", text="Address of the identity provider, such as https://id.example.org",
             when=_auth("authorize_url")),
    Question(flag="allow", text="Who may log in, by comma", when=lambda a: not is_open(a)),
    Question(flag="admins", text="User names of administrators, by comma", optional=True,
             when=lambda a: not is_open(a)),
    Question(flag="repositories", check=_patterns,
             text="Which repositories may be launched, such as github:org/*, by comma",
             when=is_open),
    Question(flag="registry", text="Where are images kept?",
             choices=tuple(kind for kind in REGISTRIES if kind not in _NOT_FOR_NEW),
             default=lambda a: _OF_CLOUD.get(a["provider"], "quay")),
    Question(flag="registry-organization", text="Organisation that owns the images",
             when=_registry("organization")),
    Question(flag="registry-name", text="Name of the registry (NAME.azurecr.io)",
             when=_registry("name")),
    Question(flag="registry-url", text="Address of the registry, such as https://r.example.org",
             when=_registry("url")),
    Question(flag="registry-user", text="User that pushes images",
             when=_registry("username"),
             default=lambda a: f"{a['registry-organization']}+builder" if a["registry"] == "quay" else None),
    Question(flag="stage", text="What is it for?", choices=("production", "staging", "development"),
             default=lambda a: "production"),
)  # fmt: skip
