"""Rules about who may log in, what may be launched, and abuse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from pydantic.alias_generators import to_camel

from model.fields import FieldProblem
from model.findings import ABSENT, Finding
from model.hub import Hub
from model.repository_patterns import compile_pattern, readable
from model.rules import catalogue
from model.rules.catalogue import RULES, Rule, RuleContext, check_of
from model.sections.auth import CILogonAuth, DummyAuth, OidcAuth


@check_of("BH030", "error", "A members-only hub names who may log in.")
def allow_rule(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    login = hub.login
    if login and not any(getattr(login, field) for field in login.allowed_by):
        keys = [f"auth.{to_camel(field)}" for field in login.allowed_by]
        yield rule.finding(
            keys[0],
            ABSENT,
            f"authenticator {login.kind!r} without it denies everyone.",
            f"set {' or '.join(keys)}.",
        )
    yield from _public_providers(hub, rule)


# Identity providers of CILogon at which anyone can get an account.
_PUBLIC = ("google.com", "accounts.google.com", "github.com", "orcid.org", "login.microsoftonline.com")  # fmt: skip


def _public_providers(hub: Hub, rule: Rule) -> Iterator[Finding]:
    auth = hub.auth
    if not isinstance(auth, CILogonAuth) or auth.allow_all or auth.allowed_users:
        return
    for i, provider in enumerate(auth.identity_providers):
        if urlsplit(provider.idp).hostname in _PUBLIC and not provider.allowed_domains:
            yield rule.finding(
                f"auth.identityProviders[{i}].allowedDomains",
                ABSENT,
                f"anyone at all can get an account at {provider.idp}.",
                "list domains, or auth.allowedUsers; auth.allowAll: true if everyone is meant.",
            )


@check_of("BH031", "error", "`auth.kind: dummy` is for `stage: development` only.")
def dummy(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if isinstance(hub.auth, DummyAuth) and hub.stage != "development":
        yield rule.finding(
            "auth.kind",
            "dummy",
            "one shared password is no login.",
            "choose another kind, or set stage: development.",
        )


@check_of("BH034", "error", "An open hub names the owners of what may be launched.")
def open_hub(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    launch = hub.launch
    if hub.members_only or launch.accept_open_hub:
        return
    if not launch.repositories:
        yield rule.finding(
            "launch.repositories",
            ABSENT,
            "anyone could run anything on this hub.",
            'list patterns such as "github:org/*", or set launch.acceptOpenHub: true.',
        )
    for i, pattern in readable(launch.repositories):
        if pattern.anyones:
            yield rule.finding(
                f"launch.repositories[{i}]",
                pattern.text,
                "it names no owner, and so admits what anyone at all can publish.",
                "name owners (of plain git, the host and on public hosts the owner), or set "
                "launch.acceptOpenHub: true.",
            )


catalogue.rule("BH036", "error", "A repository pattern can match a repository.")
catalogue.rule("BH037", "error", "A repository pattern does not admit other owners.")


@check_of("BH038", "error", "A repository pattern is readable and names a provider.")
def patterns(hub: Hub, _: RuleContext, __: Rule) -> Iterator[Finding]:
    lists = {
        "launch.repositories": hub.launch.repositories,
        "launch.banned": hub.launch.banned,
        "launch.quotas.overrides": list(hub.launch.quotas.overrides),
    }
    for path, texts in lists.items():
        for i, text in enumerate(texts):
            at = f"{path}.{text}" if path.endswith("overrides") else f"{path}[{i}]"
            try:
                compile_pattern(text)
            except FieldProblem as problem:
                yield RULES[problem.rule].finding(
                    at,
                    text,
                    problem.reason,
                    problem.fix,
                )


@check_of("BH040", "error", "`launch.cors` is one origin, or `*`.")
def one_origin(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    origin = hub.launch.cors
    if origin is None or origin == "*":
        return
    if not re.match(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d+)?\Z", origin) or re.match(
        r"(https://.*:443|http://.*:80)\Z", origin
    ):
        yield rule.finding(
            "launch.cors",
            origin,
            "the header carries one origin (scheme and host, no path) or '*', spelt as browsers "
            "do: in lower case, without the usual port.",
            'write one such as "https://book.example.org".',
        )


@check_of("BH039", "error", "`launch.cors` of a members-only hub is not `*`.")
def star(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if hub.members_only and hub.launch.cors == "*":
        yield rule.finding(
            "launch.cors",
            "*",
            "any page could act for a member who is logged in.",
            "name one origin.",
        )


@check_of("BH042", "warning", "`launch.cors` has no effect on the servers of a members-only hub.")
def cors_ignored(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if hub.members_only and hub.launch.cors not in (None, "*"):
        yield rule.finding(
            "launch.cors",
            hub.launch.cors,
            "the spawner ignores it on a members-only hub; servers refuse the origin.",
            "remove it unless only BinderHub's API is used from that page.",
        )


@check_of("BH044", "warning", "`launch.quotas.total: 0`, which stops every launch, is not left in.")
def maintenance(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if hub.launch.quotas.total == 0:
        yield rule.finding(
            "launch.quotas.total",
            0,
            "nobody can launch anything.",
            "raise it when the maintenance is over.",
        )


@check_of(
    "BH110", "error", "`gitlabToken` on an open hub needs `launch.acceptPrivateRepositories`."
)
def private(hub: Hub, context: RuleContext, rule: Rule) -> Iterator[Finding]:
    if (
        not hub.members_only
        and "gitlabToken" in context.secrets_set
        and not (hub.launch.accept_private_repositories)
    ):
        yield rule.finding(
            "gitlabToken",
            "<secret>",
            "a GitLab token reads private projects, and this hub has no login: "
            "whoever knows a name can launch and read it.",
            "remove the token, or set launch.acceptPrivateRepositories: true.",
        )


@check_of(
    "BH111", "warning", "`launch.acceptPrivateRepositories` lets all who may launch read them."
)
def private_accepted(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if hub.launch.accept_private_repositories:
        who = "every member" if hub.members_only else "anyone at all"
        yield rule.finding(
            "launch.acceptPrivateRepositories",
            True,
            f"{who} can launch, and so read, what the token can read.",
            "use a token that reads only the repositories meant.",
        )


@check_of("BH112", "error", "Named servers and pages of its own are for members-only hubs.")
def members_only(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if hub.members_only:
        return
    if hub.user.named_servers:
        yield rule.finding(
            "user.namedServers",
            hub.user.named_servers,
            "an open hub makes a new user per launch; nobody could come back.",
            "remove it, or choose a kind of auth with a login.",
        )
    if hub.homepage.templates or hub.homepage.variables:
        yield rule.finding(
            "homepage",
            ABSENT,
            "an open hub shows no pages of its own.",
            "remove homepage.templates and homepage.variables.",
        )


@check_of("BH121", "error", "`auth.allowedGroups` and `auth.adminGroups` need `auth.groupsClaim`.")
def groups_claim(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    auth = hub.auth
    if isinstance(auth, OidcAuth) and not auth.groups_claim:
        for key, groups in (
            ("allowedGroups", auth.allowed_groups),
            ("adminGroups", auth.admin_groups),
        ):
            if groups:
                yield rule.finding(
                    f"auth.{key}",
                    groups,
                    "without auth.groupsClaim nobody is in any group.",
                    "set auth.groupsClaim to the claim that lists groups.",
                )


@check_of("BH122", "error", "`stripDomain` goes with exactly one allowed domain.")
def strip_domain(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    if not isinstance(hub.auth, CILogonAuth):
        return
    for i, provider in enumerate(hub.auth.identity_providers):
        if provider.strip_domain and len(provider.allowed_domains) != 1:
            yield rule.finding(
                f"auth.identityProviders[{i}].stripDomain",
                True,
                f"{len(provider.allowed_domains)} domains are allowed: the same name of two "
                "domains would be one user.",
                "allow exactly one domain, or keep the domain in the user name.",
            )


@check_of(
    "BH029", "error", "`user.command` starts a server that fits a hub with, or without, a login."
)
def command(hub: Hub, _: RuleContext, rule: Rule) -> Iterator[Finding]:
    words = hub.user.command
    joined = " ".join(words or ())
    asks = re.search(r"singleuser|labhub", joined)
    if words and hub.members_only and not asks and re.search(r"\bjupyter[ -]\w", joined):
        yield rule.finding(
            "user.command",
            words,
            "it starts a server that knows nothing of the hub's log-in.",
            "remove it, or start jupyterhub-singleuser.",
        )
    if words and not hub.members_only and asks:
        yield rule.finding(
            "user.command",
            words,
            "without a login the server would send people to /hub/login, which is a 403.",
            "remove it: JupyterLab, or the classic notebook, is started as the image has it.",
        )
