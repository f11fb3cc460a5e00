"""The rules by id: what each guards. `docs/rules.md` is generated from this table."""

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

    given: frozenset[str]
    files_read: bool = False


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`where` tells who finds it: "field" (the model), "hub" (a check below), "fleet", "values"."""

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


# Rules that others find. They stand here so that the catalogue is whole.
# The fields of the model, and what reads the file (`model.fields`, `model.sections`, `model.stackfile`).
rule("BH001", "error", "A hub's name and namespace are DNS labels.", where="field")
rule("BH002", "error", "A domain is a host name, not a URL or address.", where="field")
rule("BH009", "error", "Labels have at most 63, names at most 253 characters.", where="field")
rule("BH043", "error", "The quota of the whole hub is a number.", where="field")
rule("BH047", "error", "An image prefix survives BinderHub's rewriting.", where="field")
rule("BH049", "error", "A URL has its scheme.", where="field")
rule("BH069", "error", "No credential is in plain text.", where="field")
rule("BH070", "error", "No place-holder is left in.", where="field")
rule("BH071", "error", "Every key is known.", where="field")
rule("BH100", "error", "Every value has the right kind.", where="field")
rule("BH101", "error", "Every required key is there.", where="field")
rule("BH102", "error", "No value is empty.", where="field")
rule("BH104", "error", "Secrets are flat keys; sections are not encrypted.", where="field")
rule("BH105", "error", "The file is YAML.", where="field")

# Several stacks (`model.fleet`).
rule("BH004", "error", "Each host belongs to one hub.", where="fleet")
rule("BH007", "error", "Each namespace of a cluster has one hub.", where="fleet")
rule("BH008", "error", "Each hub has a name of its own.", where="fleet")
rule("BH056", "error", "Each hub has an image prefix of its own.", where="fleet")
rule("BH119", "error", "Builders on shared nodes keep to host paths of their own.", where="fleet")
rule("BH120", "error", "Names derived for the cloud are a hub's own.", where="fleet")

# The merged Helm values (`values.guards`).
rule("BH011", "error", "Each Ingress has a TLS secret of its own.", where="values")
rule("BH012", "error", "TLS covers every host of an Ingress.", where="values")
rule("BH015", "error", "Every Ingress gets a certificate.", where="values")
rule("BH016", "error", "BinderHub knows the hub's address.", where="values")
rule("BH017", "error", "Badges point at the binder domain.", where="values")
rule("BH018", "error", "Both ends of the OAuth callback agree.", where="values")
rule("BH019", "error", "The hub's address in BinderHub's environment is right.", where="values")
rule("BH020", "error", "Hub and BinderHub agree on the OAuth client.", where="values")
rule("BH021", "error", "BinderHub is a service of the hub.", where="values")
rule("BH022", "error", "BinderHub serves at the root of its host.", where="values")
rule("BH023", "error", "BinderHub has its pages.", where="values")
rule("BH024", "error", "Hub and BinderHub agree whether people log in.", where="values")
rule("BH025", "error", "The authenticator is the one of auth.kind.", where="values")
rule("BH026", "error", "An open hub's BinderHub may make users.", where="values")
rule("BH027", "error", "BinderHub may do no more than it needs.", where="values")
rule("BH028", "error", "An open hub has no administrators.", where="values")
rule("BH032", "error", "Members may use BinderHub.", where="values")
rule("BH033", "warning", "Members reach the launch page after they log in.", where="values")
rule("BH035", "error", "Providers that are not listed are off.", where="values")
rule("BH041", "error", "CORS is the same for BinderHub and servers.", where="values")
rule("BH045", "error", "Servers are culled.", where="values")
rule("BH048", "error", "Images are looked up where they are pushed.", where="values")
rule("BH050", "error", "Private images can be pulled.", where="values")
rule("BH051", "error", "use_registry is written out.", where="values")
rule("BH052", "error", "DockerRegistry lies under config.", where="values")
rule("BH053", "error", "ECR is used through the helper.", where="values")
rule("BH058", "error", "Builds, docker API and servers share their pool.", where="values")
rule("BH064", "error", "Servers keep nothing.", where="values")
rule("BH065", "error", "No profiles or init containers of servers.", where="values")
rule("BH067", "error", "Servers cannot reach private addresses or metadata.", where="values")
rule("BH118", "warning", "extraValues leave derived values alone.", where="values")
rule("BH127", "error", "BinderHub knows every setting of a class.", where="values")
rule("BH128", "warning", "BinderHub knows every class that is set.", where="values")
rule("BH129", "error", "NetworkPolicies stay on.", where="values")
rule("BH141", "error", "A setting of the hub has one place.", where="values")
rule("BH142", "error", "Services and secrets keep the names they are found by.", where="values")
rule("BH143", "error", "There is no way past the ingress.", where="values")
rule("BH144", "error", "Servers have no power over nodes or the cluster.", where="values")
rule("BH160", "error", "Nobody gets power over everyone.", where="values")
rule("BH164", "error", "The program's own Python stays as it is.", where="values")

# The values of secrets (`model.stackfile.secret_values`, `model.stackfile.sops`).
rule("BH054", "error", "A service-account key is the JSON that Google gave.", where="secret")
rule("BH130", "error", "The secrets file is there and encrypted.", where="secret")
rule("BH131", "error", "Each secret is set in one place.", where="secret")
rule("BH165", "error", "A database's URL is of its dialect.", where="secret")
rule("BH126", "error", "No secret is empty.", where="secret")
