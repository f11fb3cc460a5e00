"""What the answers of `hubctl new` mean: sections of a stack file. Pure."""

from __future__ import annotations

from typing import Any

from pydantic.alias_generators import to_camel

from hubctl.create.questions import Answers, split, typed
from model.fields import IPv4
from model.sections.auth import AUTHS, CILogonAuth, OpenAuth


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
        key = "address" if typed(IPv4)(target) is None else "hostname"
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
    kind = AUTHS[a["auth"]]
    out: dict[str, Any] = {"kind": a["auth"]}
    if issubclass(kind, OpenAuth):
        return out
    for flag, key in (("client-id", "clientId"), ("tenant-id", "tenantId")):
        if a.get(flag):
            out[key] = a[flag]
    if a.get("issuer"):
        issuer = a["issuer"].rstrip("/")
        out |= {"authorizeUrl": f"{issuer}/authorize", "tokenUrl": f"{issuer}/token",
                "userdataUrl": f"{issuer}/userinfo", "groupsClaim": "groups"}  # fmt: skip
    allow = split(a["allow"])
    providers = issubclass(kind, CILogonAuth)
    out[to_camel(kind.allowed_by[0])] = [{"idp": idp} for idp in allow] if providers else allow
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
    """Comments that tell a person what to check, by section."""
    if a["auth"] == "oidc":
        well_known = f"{a['issuer'].rstrip('/')}/.well-known/openid-configuration"
        return {"auth": f"Compare the three addresses with {well_known}"}
    return {}
