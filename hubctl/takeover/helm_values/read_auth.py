"""`auth` of existing values: which authenticator, and who may log in. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_origin

from pydantic.alias_generators import to_camel

from hubctl.takeover.helm_values.paths import first, get, mapping
from hubctl.takeover.helm_values.source import Section, Source, only_set
from model.fields import kind_of
from model.sections.auth import AUTHS, CILogonAuth, OidcAuth, OpenAuth, trait_names

_BY_NAME = {name.lower(): kind for kind in AUTHS.values() for name in kind.authenticator}


def auth(source: Source) -> Section:
    chosen = get(source.hub, "hub.config.JupyterHub.authenticator_class")
    short = re.split(r"[.:]", str(chosen if chosen is not None else "null"))[-1].lower()
    kind = _BY_NAME.get(short)
    if kind is None:
        return {}
    section: Section = {"kind": kind_of(kind)}
    if issubclass(kind, OpenAuth):
        return section
    traits: dict[str, Any] = {}
    for name in ("Authenticator", "OAuthenticator", "LocalAuthenticator", kind.authenticator[1]):
        traits |= mapping(source.hub, f"hub.config.{name}")
    for field, known_as in trait_names(kind).items():
        many = get_origin(kind.model_fields[field].annotation) is list
        section |= only_set(**{to_camel(field): _read(first(traits, *known_as), many=many)})
    if issubclass(kind, CILogonAuth):
        section |= only_set(identityProviders=_providers(traits))
    if issubclass(kind, OidcAuth):
        key = str(traits.get("auth_state_groups_key", ""))
        groups = key.split(".", 1)[1] if "." in key else traits.get("claim_groups_key")
        section |= only_set(groupsClaim=groups)
    return section


def _read(value: Any, *, many: bool) -> Any:
    """The value of a field, which may be a list; None where the trait says nothing new."""
    if many:
        listed = [value] if isinstance(value, str) else value
        return [str(v) for v in listed] if isinstance(listed, list | set) else None
    return None if value is False else value


def _providers(traits: Mapping[str, Any]) -> list[Section]:
    allowed = traits.get("idps") or traits.get("allowed_idps")
    if not isinstance(allowed, Mapping):
        return []
    out = []
    for idp, rule in allowed.items():
        derivation = mapping(rule, "username_derivation")
        strip = derivation.get("action") == "strip_idp_domain"
        domains = get(rule, "allowed_domains") or ([derivation["domain"]] if strip else None)
        out.append(
            only_set(
                idp=idp,
                usernameClaim=derivation.get("username_claim"),
                allowedDomains=domains,
                stripDomain=strip or None,
            )
        )
    return out
