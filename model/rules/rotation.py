"""Rules about what `rotate` renews."""

from __future__ import annotations

from collections.abc import Iterator

from model.derived.registry_access import registry_access
from model.findings import Finding
from model.hub import Hub
from model.rules.catalogue import Rule, RuleContext, check_of
from model.secrets import REGISTRY_KEY


@check_of("BH180", "error", "`rotate.registryKey` needs a key that the program makes.")
def registry_key(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    number = dict(hub.rotate).get("registryKey")
    if number is not None and registry_access(hub).password != REGISTRY_KEY:
        yield rule.finding(
            f"rotate.{REGISTRY_KEY.name}",
            number,
            f"the program makes no key for a registry of kind {hub.registry.kind}.",
            "leave it out; a password that you give is renewed where it comes from, then by "
            "`pulumi config set --secret registryPassword`.",
        )
