"""A strict checker of IAM policy documents: the grammar, and the names in it.

Source: IAM user guide, "Grammar of the IAM JSON policy language" and "IAM JSON policy
elements". Actions of services whose actions are their API's operations (``ecr``, ``sts``)
are checked against those. Does not evaluate policies.
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lab.providers.aws import shapes
from lab.providers.sdk import words
from lab.providers.sdk.provider import CheckFailure

_ACTION: Final = re.compile(r"\*|[a-z0-9-]+:[A-Za-z0-9*?]+")
_RESOURCE: Final = re.compile(r"\*|arn:[^:\s]*:[^:\s]*:[^:\s]*:[^:\s]*:\S+")
_PRINCIPALS: Final = ("AWS", "Service", "Federated", "CanonicalUser")
_FEDERATED: Final = re.compile(
    r"arn:aws[-a-z]*:iam::[0-9]{12}:(oidc-provider|saml-provider)/\S+|[a-z0-9.-]+\.[a-z]+"
)
_SERVICE: Final = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?")
_AWS: Final = re.compile(r"\*|[0-9]{12}|arn:aws[-a-z]*:(iam|sts)::[0-9]{12}:\S+")
_OPERATOR: Final = re.compile(
    r"(ForAllValues:|ForAnyValue:)?("
    r"String(Equals|NotEquals|EqualsIgnoreCase|NotEqualsIgnoreCase|Like|NotLike)|"
    r"(Numeric|Date)(Equals|NotEquals|LessThan|LessThanEquals|GreaterThan|GreaterThanEquals)|"
    r"Bool|BinaryEquals|IpAddress|NotIpAddress|Arn(Equals|Like|NotEquals|NotLike))(IfExists)?|Null"
)
# Permissions that are not operations of the API.
_EXTRA_ACTIONS: Final = {
    "ecr": ("BatchImportUpstreamImage", "ReplicateImage"),
    "sts": ("SetContext", "SetSourceIdentity", "TagSession", "TagGetFederationToken"),
}
_TRUST_ACTIONS: Final = words(
    "sts:AssumeRole sts:AssumeRoleWithSAML sts:AssumeRoleWithWebIdentity sts:SetContext "
    "sts:SetSourceIdentity sts:TagSession"
)


def text_of(policy: Any) -> str:
    """A policy input as JSON text: the SDK takes text or an object."""
    return policy if isinstance(policy, str) else json.dumps(policy)


def check(path: str, policy: Any, *, trust: bool) -> list[CheckFailure]:
    """Failures of one document; ``trust`` for an assume-role policy."""
    if isinstance(policy, str):
        try:
            policy = json.loads(policy, object_pairs_hook=_no_duplicates)
        except ValueError as error:
            return [CheckFailure(path, f"not a JSON policy document: {error}")]
    if not isinstance(policy, Mapping):
        return [CheckFailure(path, "a policy document is a JSON object")]
    return list(_document(path, policy, trust))


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(k for k, _ in pairs if [p[0] for p in pairs].count(k) > 1)
        raise ValueError(f"{twice!r} appears twice in one object")
    return found


def _document(path: str, policy: Mapping[str, Any], trust: bool) -> Iterator[CheckFailure]:
    yield from _only(path, policy, ("Version", "Id", "Statement"))
    if policy.get("Version") not in ("2012-10-17", "2008-10-17"):
        yield CheckFailure(f"{path}.Version", f"{policy.get('Version')!r} is not 2012-10-17")
    statements = policy.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        yield CheckFailure(f"{path}.Statement", "required: one or more statements")
        return
    for position, statement in enumerate(statements):
        where = f"{path}.Statement[{position}]"
        if isinstance(statement, Mapping):
            yield from _statement(where, statement, trust)
        else:
            yield CheckFailure(where, "a statement is an object")


def _statement(path: str, statement: Mapping[str, Any], trust: bool) -> Iterator[CheckFailure]:
    principal = ("Principal", "NotPrincipal")
    resource = ("Resource", "NotResource")
    allowed = ("Sid", "Effect", "Action", "NotAction", "Condition", *principal, *resource)
    yield from _only(path, statement, allowed)
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield CheckFailure(f"{path}.Effect", f"{statement.get('Effect')!r} is not Allow or Deny")
    sid = statement.get("Sid", "")
    if not isinstance(sid, str) or not re.fullmatch(r"[A-Za-z0-9]*", sid):
        yield CheckFailure(f"{path}.Sid", f"{sid!r}: letters and digits only")
    yield from _one_of(path, statement, ("Action", "NotAction"))
    needed, forbidden = (principal, resource) if trust else (resource, principal)
    kind = "trust policy of a role" if trust else "policy of an identity"
    yield from _one_of(path, statement, needed)
    for key in forbidden:
        if key in statement:
            yield CheckFailure(f"{path}.{key}", f"not allowed in the {kind}")
    for key in ("Action", "NotAction"):
        for action in _texts(statement.get(key)):
            yield from _action(f"{path}.{key}", action, trust)
    for key in resource:
        for name in _texts(statement.get(key)):
            if not _RESOURCE.fullmatch(str(name)):
                yield CheckFailure(f"{path}.{key}", f"{name!r} is neither * nor an ARN")
    for key in principal:
        if key in statement:
            yield from _principal(f"{path}.{key}", statement[key])
    if "Condition" in statement:
        yield from _condition(f"{path}.Condition", statement["Condition"])


def _only(path: str, value: Mapping[str, Any], allowed: tuple[str, ...]) -> Iterator[CheckFailure]:
    for key in value:
        if key not in allowed:
            yield CheckFailure(f"{path}.{key}", f"no such element; there are {', '.join(allowed)}")


def _one_of(path: str, value: Mapping[str, Any], keys: tuple[str, ...]) -> Iterator[CheckFailure]:
    if sum(1 for key in keys if value.get(key)) != 1:
        yield CheckFailure(path, f"exactly one of {' and '.join(keys)} is needed")


def _texts(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _action(path: str, action: Any, trust: bool) -> Iterator[CheckFailure]:
    if not isinstance(action, str) or not _ACTION.fullmatch(action):
        yield CheckFailure(path, f"{action!r} is not an action like ecr:BatchGetImage")
        return
    if trust and action not in _TRUST_ACTIONS:
        yield CheckFailure(path, f"{action!r} is not one of {', '.join(_TRUST_ACTIONS)}")
    prefix, _, name = action.partition(":")
    if prefix in _EXTRA_ACTIONS:
        known = [*shapes.operations(prefix), *_EXTRA_ACTIONS[prefix]]
        if not any(fnmatch.fnmatchcase(each.lower(), name.lower()) for each in known):
            yield CheckFailure(path, f"{action!r}: {prefix} has no action of that name")


def _principal(path: str, principal: Any) -> Iterator[CheckFailure]:
    if principal == "*":
        return
    if not isinstance(principal, Mapping) or not principal:
        yield CheckFailure(path, f'"*" or an object with {", ".join(_PRINCIPALS)}')
        return
    yield from _only(path, principal, _PRINCIPALS)
    patterns = {"AWS": _AWS, "Service": _SERVICE, "Federated": _FEDERATED}
    for kind, pattern in patterns.items():
        for name in _texts(principal.get(kind)):
            if not pattern.fullmatch(str(name)):
                yield CheckFailure(f"{path}.{kind}", f"{name!r} is not a principal of this kind")


def _condition(path: str, condition: Any) -> Iterator[CheckFailure]:
    if not isinstance(condition, Mapping):
        yield CheckFailure(path, "an object of operators")
        return
    for operator, tests in condition.items():
        where = f"{path}.{operator}"
        if not _OPERATOR.fullmatch(operator):
            yield CheckFailure(where, "no such condition operator")
        if not isinstance(tests, Mapping) or not tests:
            yield CheckFailure(where, "an object of condition keys")
            continue
        for key, values in tests.items():
            if ":" not in key:
                yield CheckFailure(f"{where}.{key}", "a condition key has a prefix and a colon")
            if not all(isinstance(v, str | bool | int) for v in _texts(values)):
                yield CheckFailure(f"{where}.{key}", "values are texts")
