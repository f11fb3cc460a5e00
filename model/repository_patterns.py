r"""Readable patterns of repositories, compiled to what BinderHub matches.

BinderHub matches `allowed_specs` and `banned_specs` with `re.match(pattern, spec, re.IGNORECASE)`:
anchored at the start, open at the end. A spec is what follows the provider in a launch URL:
`owner/repo/ref` for GitHub, `group%2Fproject/ref` for GitLab, `https%3A%2F%2Fhost%2Fpath/ref` for
plain git, `user/id[/ref]` for gists, a DOI for Zenodo and its like.
(https://github.com/jupyterhub/binderhub, binderhub/repoproviders.py.)

A pattern is `PROVIDER:PATH[@REF]`. In PATH, `*` stands for any name or part of one (no '/'), `**` for
names joined by '/', and everything else for itself; a lone `*` is the whole provider. Each compiled
expression ends in `\Z` or covers the ref, so that `github:org/repo` never admits `org/repository`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from model.fields import FieldProblem, complain


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A BinderHub repository provider. `prefix` is its part of launch URLs, `name` ours."""

    name: str
    prefix: str
    class_name: str
    segments: tuple[int, int | None]
    """Fewest and most '/'-separated parts of PATH; None for any number."""
    example: str
    quoted: bool = False
    ref: bool = True
    ref_optional: bool = False


PROVIDERS: dict[str, Provider] = {
    p.name: p
    for p in (
        Provider(
            name="github",
            prefix="gh",
            class_name="GitHubRepoProvider",
            segments=(1, 2),
            example="github:org/repo",
        ),
        Provider(
            name="gist",
            prefix="gist",
            class_name="GistRepoProvider",
            segments=(1, 2),
            example="gist:user/*",
            ref_optional=True,
        ),
        Provider(
            name="gitlab",
            prefix="gl",
            class_name="GitLabRepoProvider",
            segments=(1, None),
            example="gitlab:group/**",
            quoted=True,
        ),
        Provider(
            name="git",
            prefix="git",
            class_name="GitRepoProvider",
            segments=(1, None),
            example="git:https://git.example.org/group/*",
            quoted=True,
        ),
        Provider(
            name="zenodo",
            prefix="zenodo",
            class_name="ZenodoProvider",
            segments=(1, None),
            example="zenodo:*",
            ref=False,
        ),
        Provider(
            name="figshare",
            prefix="figshare",
            class_name="FigshareProvider",
            segments=(1, None),
            example="figshare:*",
            ref=False,
        ),
        Provider(
            name="hydroshare",
            prefix="hydroshare",
            class_name="HydroshareProvider",
            segments=(1, None),
            example="hydroshare:*",
            ref=False,
        ),
        Provider(
            name="dataverse",
            prefix="dataverse",
            class_name="DataverseProvider",
            segments=(1, None),
            example="dataverse:*",
            ref=False,
        ),
        Provider(
            name="ckan",
            prefix="ckan",
            class_name="CKANProvider",
            segments=(1, None),
            example="ckan:https://data.example.org/**",
            quoted=True,
            ref=False,
        ),
    )
}


SHARED_HOSTS = frozenset(
    [
        "github.com",
        "gist.github.com",
        "gitlab.com",
        "bitbucket.org",
        "codeberg.org",
        "git.sr.ht",
        "gitee.com",
        "huggingface.co",
        "sourceforge.net",
    ]
)
"""Hosts where anyone can publish a git repository."""


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """A compiled pattern: what BinderHub gets for `provider`.

    `regex` allows (never more than is written), `ban` forbids (never less).
    """

    text: str
    provider: Provider
    path: str
    ref: str | None
    regex: str
    ban: str

    @property
    def anyones(self) -> bool:
        """Whether strangers can publish something that it admits: it names no owner, or no host."""
        owner, *rest = self.path.rpartition("://")[2].split("/")
        if self.provider.name in ("git", "ckan"):
            return "*" in owner or (self.shared_host and "*" in (rest or ["*"])[0])
        return self.provider.name in ("github", "gist", "gitlab") and "*" in owner

    @property
    def shared_host(self) -> bool:
        """Whether it admits addresses on a host where anyone can publish."""
        if self.provider.name not in ("git", "ckan"):
            return False
        place = self.path.rpartition("://")[2].partition("/")[0]
        host = place.rpartition("@")[2].partition(":")[0].lower()
        return "*" in host or host.removeprefix("www.") in SHARED_HOSTS

    def matches(self, spec: str) -> bool:
        """As BinderHub matches."""
        return re.match(self.regex, spec, re.IGNORECASE) is not None


def compile_pattern(text: str) -> Pattern:
    """Compile one pattern; raises `FieldProblem` (rule BH036 to BH038) with reason and fix."""
    name, colon, rest = text.partition(":")
    provider = PROVIDERS.get(name)
    if provider is None or not colon:
        raise complain(
            f"{name!r} is not a repository provider." if colon else "it names no provider.",
            f"start with one of {', '.join(f'{p}:' for p in PROVIDERS)}, such as github:org/repo.",
            rule="BH038",
        )
    path, at, ref = _split_ref(provider, rest)
    if at and not ref:
        raise complain(
            "nothing follows '@'.", "name a branch or tag, or drop the '@'.", rule="BH036"
        )
    path = path.rstrip("/")
    if any(c.isspace() or not c.isprintable() for c in rest) or any(
        c in rest for c in "^$()[]{}|\\+?"
    ):
        raise complain(
            "it looks like a regular expression; patterns are readable here.",
            f"write it like {provider.example}: '*' within one part, '**' across parts.",
            rule="BH038",
        )
    body = path.split("://", 1)[-1]
    parts = body.split("/")
    least, most = provider.segments
    addressed = provider.name not in ("git", "ckan") or "://" in path
    if (
        not (path and addressed)
        or "" in parts
        or len(parts) < least
        or (most is not None and len(parts) > most)
    ):
        raise complain(
            f"it can never match a {name} repository.",
            f"write it like {provider.example}.",
            rule="BH036",
        )
    if most == 2 and len(parts) == 1 and path not in ("*", "**"):
        raise complain(
            f"it names an owner only, and would also admit owners that start with {path!r}.",
            f"write {name}:{path}/* for all repositories of {path}.",
            rule="BH037",
        )
    return Pattern(
        text=text,
        provider=provider,
        path=path,
        ref=ref or None,
        regex=_regex(provider, path, ref),
        ban=_ban(provider, path, ref),
    )


# What a name in a repository's address is made of. `%` is left out on purpose: percent-encoding
# could smuggle a '/' or '..' past a wildcard, and so out of the group that it stands in.
_NAME = "[A-Za-z0-9_.~+-]"
_PLAIN = "[^/%]"


def readable(texts: Iterable[str]) -> Iterator[tuple[int, Pattern]]:
    """Those of a list that can be read, with their place in it; BH036 is about the others."""
    for place, text in enumerate(texts):
        try:
            yield place, compile_pattern(text)
        except FieldProblem:
            continue


def _regex(provider: Provider, path: str, ref: str) -> str:
    """What is allowed: wildcards admit plain names only, never `.` or `..` as a whole part."""
    slash = "%2F" if provider.quoted else "/"
    char = _NAME if provider.quoted else _PLAIN
    no_dots = r"(?!\.{1,2}(?:/|%2F|\Z))"
    parts = []
    for part in _whole(provider, path).split("/"):
        out = no_dots if "*" in part else ""
        for token in re.split(r"(\*+)", part):
            if token.startswith("**") and provider.segments[1] != 2:
                out += rf"{char}+(?:{slash}{no_dots}{char}+)*"
            elif token.startswith("*"):
                out += f"{char}+"
            else:
                out += re.escape(quote(token, safe="") if provider.quoted else token)
        parts.append(out)
    # GitHub takes `repo.git` for `repo`.
    suffix = r"(?:\.git)?" if provider.prefix == "gh" and "*" not in parts[-1] else ""
    return _ended(provider, slash.join(parts) + suffix, re.escape(ref))


def _ban(provider: Provider, path: str, ref: str) -> str:
    """What is banned: also spelled with percent-encoding, which the providers decode."""

    def literal(text: str) -> str:
        # A '/' of a quoted spec's own separates the ref.
        return "".join(slash if c == "/" else f"(?:{re.escape(c)}|{_encoded(c)})" for c in text)

    slash = "%2F" if provider.quoted else "/"

    out = ""
    for token in re.split(r"(\*+)", _whole(provider, path)):
        if token.startswith("**") and provider.segments[1] != 2:
            out += "[^/]+" if provider.quoted else ".+"
        elif token.startswith("*"):
            out += "(?:(?!%2F)[^/])+"
        else:
            out += literal(token)
    suffix = r"(?:\.git)?" if provider.prefix == "gh" and not path.endswith("*") else ""
    return _ended(provider, out + suffix, "/".join(map(literal, ref.split("/"))))


def _encoded(char: str) -> str:
    """A character as percent-encoded bytes, in a regular expression that ignores case."""
    return "".join(f"%{byte:02X}" for byte in char.encode())


def _whole(provider: Provider, path: str) -> str:
    """A lone `*` is the whole provider, whose specs have more than one part: `owner/repo`,
    `group%2Fproject`, a DOI."""
    if path not in ("*", "**"):
        return path
    return "*/*" if provider.segments[1] == 2 else "**"


def _ended(provider: Provider, body: str, ref: str) -> str:
    if not provider.ref:
        return rf"^{body}\Z"
    tail = rf"/{ref}" if ref else r"/.+"
    return rf"^{body}(?:{tail})?\Z" if provider.ref_optional and not ref else rf"^{body}{tail}\Z"


def _split_ref(provider: Provider, rest: str) -> tuple[str, str, str]:
    """(path, "@" or "", ref). The user of a git address (`ssh://git@host/path`) is no ref."""
    if not provider.ref:
        return rest, "", ""
    scheme, sep, body = rest.partition("://")
    if not sep:
        return rest.partition("@")
    host, slash, tail = body.partition("/")
    path, at, ref = tail.partition("@")
    return f"{scheme}{sep}{host}{slash}{path}", at, ref
