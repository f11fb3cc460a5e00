r"""From BinderHub's `allowed_specs` and `banned_specs` back to readable patterns. Pure.

A regular expression is translated only when it means exactly one readable pattern: an owner, a
repository, or a whole provider, with or without anchors.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from model.fields import FieldProblem
from model.repository_patterns import PROVIDERS, compile_pattern

CLASSES = {p.class_name: p.name for p in PROVIDERS.values()}
"""BinderHub's class -> the provider's name in patterns."""
_NAME = r"[A-Za-z0-9_.-]+"


def readable(class_name: str, expression: str) -> str | None:
    """The pattern that means what `expression` says for this provider, or None."""
    provider = CLASSES.get(class_name)
    if provider is None or not isinstance(expression, str):
        return None
    for pattern in _compiled(provider, expression):
        return pattern
    body = expression.removeprefix("^").removesuffix("$").removesuffix(r"\Z")
    body = re.sub(r"^\((?:\?:)?([^()|]*)\)", r"\1", body)
    if body in (".*", ".+", ".*/.*", ""):
        return _valid(f"{provider}:{'**' if provider in ('gitlab', 'git', 'ckan') else '*'}")
    plain = body.replace(r"\.", ".").replace(r"\-", "-").replace(r"\/", "/")
    if provider == "github":
        if match := re.match(rf"({_NAME})/({_NAME})(?:/(?:\.[*+])?)?\Z", plain):
            owner, repo = match.groups()
            if repo in (".*", ".+"):
                return _valid(f"github:{owner}/*")
            if body.endswith(("/", "/.*", "/.+")) and not _wild(body, owner, repo):
                return _valid(f"github:{owner}/{repo.removesuffix('.')}")
            return None
        if match := re.match(rf"({_NAME})/(?:\.[*+](?:/\.[*+])?|\[\^/\]\+/\.[*+])?\Z", plain):
            return _valid(f"github:{match[1]}/*")
    if provider == "gitlab" and (match := re.match(rf"({_NAME}(?:%2F{_NAME})*)%2F\.[*+]\Z", plain)):
        return _valid(f"gitlab:{unquote(match[1])}/**")
    return None


def _wild(body: str, owner: str, repo: str) -> bool:
    """Whether a name holds a wildcard. A dot alone is taken for a dot: nobody means `axb` by `a.b`."""
    return bool(re.search(r"[*+?]", owner + repo))


def _compiled(provider: str, expression: str) -> list[str]:
    """Patterns of ours whose compiled expression this is."""
    literal = expression.replace("\\", "")
    guess = re.match(rf"\^\(?({_NAME}(?:/{_NAME})*)", literal)
    if not guess:
        return []
    out = []
    for text in (f"{provider}:{guess[1]}", f"{provider}:{guess[1]}/*", f"{provider}:{guess[1]}/**"):
        try:
            pattern = compile_pattern(text)
        except FieldProblem:
            continue
        if expression in (pattern.regex, pattern.ban):
            out.append(text)
    return out


def _valid(text: str) -> str | None:
    try:
        compile_pattern(text)
    except FieldProblem:
        return None
    return text
