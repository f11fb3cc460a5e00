"""The rules by id, and what each checks. `docs/rules.md` is generated from this table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from model.findings import Finding, Severity
from model.hub import Hub


@dataclass(frozen=True, kw_only=True)
class RuleContext:
    """What a rule may look at beside the hub: the names of the flat secrets that are set, and
    whether those of `secretsFile` are among them."""

    secrets_set: frozenset[str]
    files_read: bool = False


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`where` tells who finds it: "hub" is a check on one hub, the others are under `_OTHERS`."""

    id: str
    severity: Severity
    title: str
    where: str = "hub"

    def finding(self, path: str, value: Any, reason: str, fix: str) -> Finding:
        """A finding of this rule."""
        return Finding(
            rule=self.id, severity=self.severity, path=path, value=value, reason=reason, fix=fix
        )


Check = Callable[[Hub, RuleContext, Rule], Iterator[Finding]]
RULES: dict[str, Rule] = {}
CHECKS: list[tuple[Rule, Check]] = []


def rule(rule_id: str, severity: Severity, title: str, *, where: str = "hub") -> Rule:
    """Enter a rule into the catalogue; ids are unique."""
    if rule_id in RULES:
        raise AssertionError(f"rule {rule_id} is entered twice")
    entry = Rule(id=rule_id, severity=severity, title=title, where=where)
    RULES[rule_id] = entry
    return entry


def check_of(rule_id: str, severity: Severity, title: str) -> Callable[[Check], Check]:
    """Decorator: enter a rule together with the check on one hub that finds it."""
    entry = rule(rule_id, severity, title)

    def enter(function: Check) -> Check:
        CHECKS.append((entry, function))
        return function

    return enter


# Rules that others find, by `where`. They stand here so that the catalogue is whole.
_WARNINGS = {"BH033", "BH118", "BH128"}
_OTHERS: dict[str, dict[str, str]] = {
    # The fields of the model, and what reads the file.
    "field": {
        "BH001": "A hub's name and its namespace are DNS labels.",
        "BH002": "A domain is a host name, not a URL or an address.",
        "BH009": "A host name has at most 253 characters, and each of its labels 63.",
        "BH043": "`launch.quotas.total` is a number.",
        "BH047": "An image prefix has only characters that BinderHub does not replace.",
        "BH049": "A URL has a scheme and a host.",
        "BH069": "No credential is in plain text.",
        "BH070": "No placeholder, such as TODO, is left in.",
        "BH071": "Every key is known.",
        "BH100": "Every value has the right type.",
        "BH101": "Every required key is set.",
        "BH102": "No value is empty.",
        "BH104": "Only flat keys are encrypted, no section and no key inside one.",
        "BH105": "The file is YAML that has each key once.",
    },
    # `model.rules.fleet`.
    "fleet": {
        "BH004": "No two hubs use the same host.",
        "BH007": "No two hubs of a cluster use the same namespace.",
        "BH008": "No two stack files have the same name.",
        "BH056": "No two hubs use the same image prefix.",
        "BH119": "No two builders on the same nodes use the same folder.",
        "BH120": "No two hubs derive the same name for something in the cloud.",
    },
    # `values.guards`.
    "values": {
        "BH011": "Each Ingress has a TLS secret of its own.",
        "BH012": "TLS covers every host of an Ingress.",
        "BH015": "Every Ingress names the issuer of its certificate.",
        "BH016": "BinderHub's `hub_url` is the address of the hub.",
        "BH017": "`badge_base_url` is the binder domain.",
        "BH018": "The hub and BinderHub have the same OAuth callback.",
        "BH019": "The hub's addresses in BinderHub's environment are right.",
        "BH020": "The hub and BinderHub have the same OAuth client id.",
        "BH021": "BinderHub is registered as a service of the hub.",
        "BH022": "BinderHub serves at the root of its host.",
        "BH023": "`enable_api_only_mode` is off, so that BinderHub has pages.",
        "BH024": "`auth_enabled` of BinderHub and of the spawner fits `auth.kind`.",
        "BH025": "`authenticator_class` is the one of `auth.kind`.",
        "BH026": "BinderHub may create users on an open hub.",
        "BH027": "BinderHub has no more rights than it needs.",
        "BH028": "An open hub has no administrators.",
        "BH032": "Members have the scope to use BinderHub.",
        "BH033": "Members come to BinderHub's launch page after they log in.",
        "BH035": "Repository providers that are not listed are switched off.",
        "BH041": "BinderHub and servers allow the same origin (CORS).",
        "BH045": "`cull.enabled` is on, so that servers end.",
        "BH048": "Images are looked up in the registry that they are pushed to.",
        "BH050": "Servers have what pulls private images.",
        "BH051": "`use_registry` is set, which the chart asks for.",
        "BH052": "`DockerRegistry` is set under `config`.",
        "BH053": "ECR is used through the registry helper, without a password.",
        "BH058": "Builds, the docker API and servers select the same nodes.",
        "BH064": "Servers have no volumes that outlast them.",
        "BH065": "Servers have neither profiles nor init containers.",
        "BH067": "Servers cannot reach private addresses or the cloud's metadata.",
        "BH118": "`extraValues` override no derived value.",
        "BH127": "BinderHub knows every setting under `config`.",
        "BH128": "BinderHub knows every class under `config`.",
        "BH129": "NetworkPolicies are switched on.",
        "BH141": "No trait of the hub replaces what a value of the chart sets.",
        "BH142": "Services, secrets and paths have the names that others look for.",
        "BH143": "No Service can be reached past the ingress.",
        "BH144": "Servers have no rights on their node or on the cluster.",
        "BH160": "No role that everybody has gives power over others.",
        "BH164": "`extraConfig` does not replace the program's own Python.",
    },
    # `model.stackfile.secret_values` and `model.stackfile.sops`.
    "secret": {
        "BH054": "A service-account key is the JSON file that Google gave.",
        "BH126": "No secret is empty.",
        "BH130": "`secretsFile` exists, and sops has encrypted it.",
        "BH131": "No secret is set both in the stack file and in `secretsFile`.",
        "BH165": "`databaseUrl` is a URL of `database.dialect`.",
    },
}
for _where, _titles in _OTHERS.items():
    for _id, _title in _titles.items():
        rule(_id, "warning" if _id in _WARNINGS else "error", _title, where=_where)
