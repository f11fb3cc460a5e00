"""Compiled patterns against BinderHub's own matching: re.match, case ignored, on the raw spec."""

from __future__ import annotations

import fnmatch
import re
from urllib.parse import quote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from model.fields import FieldProblem
from model.repository_patterns import PROVIDERS, compile_pattern

QUICK = settings(max_examples=300, deadline=None)


def binderhub_matches(expression: str, spec: str) -> bool:
    """As RepoProvider.is_banned does it."""
    return bool(re.match(expression, spec, re.IGNORECASE))


def allows(pattern: str, spec: str) -> bool:
    return binderhub_matches(compile_pattern(pattern).regex, spec)


def bans(pattern: str, spec: str) -> bool:
    return binderhub_matches(compile_pattern(pattern).ban, spec)


NAME = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,6}", fullmatch=True).filter(
    lambda s: not s.lower().endswith(".git")
)
GLOB = st.from_regex(r"[A-Za-z0-9._-]{0,3}\*?[A-Za-z0-9._-]{0,3}", fullmatch=True).filter(
    lambda s: s not in ("", ".", "..") and "**" not in s and not s.lower().endswith(".git")
)
REF = st.from_regex(r"[A-Za-z0-9._/-]{1,8}", fullmatch=True)


def reads(glob: str, text: str) -> bool:
    """Own oracle, by fnmatch on one name at a time: `*` is at least one character."""
    return fnmatch.fnmatchcase(text.lower(), glob.lower().replace("*", "?*"))


@QUICK
@given(GLOB, GLOB, NAME, NAME, REF)
def test_github_patterns_admit_what_they_read_like_and_nothing_else(
    owner_glob: str, repo_glob: str, owner: str, repo: str, ref: str
) -> None:
    wanted = reads(owner_glob, owner) and reads(repo_glob, repo)
    pattern = f"github:{owner_glob}/{repo_glob}"
    assert allows(pattern, f"{owner}/{repo}/{ref}") is wanted
    assert bans(pattern, f"{owner}/{repo}/{ref}") is wanted


@QUICK
@given(NAME, NAME, REF, REF)
def test_a_pattern_with_a_ref_admits_that_ref_only(o: str, r: str, ref: str, other: str) -> None:
    pattern = f"github:{o}/{r}@{ref}"
    assert allows(pattern, f"{o}/{r}/{ref}")
    assert allows(pattern, f"{o}/{r}/{other}") is (ref.lower() == other.lower())


@QUICK
@given(
    NAME, NAME, st.text(min_size=1, max_size=6).filter(lambda s: s[0] not in "/" and s != ".git")
)
def test_no_longer_owner_or_repository_slips_in(owner: str, repo: str, more: str) -> None:
    assert not allows(f"github:{owner}/*", f"{owner}{more.split('/')[0]}/x/HEAD")
    tail = more.split("/")[0]
    assume(tail.lower() != ".git")
    assert not allows(f"github:{owner}/{repo}", f"{owner}/{repo}{tail}/HEAD")


@QUICK
@given(st.lists(NAME, min_size=1, max_size=3), st.lists(NAME, min_size=1, max_size=4), REF)
def test_gitlab_groups_hold_their_own_projects_only(
    group: list[str], path: list[str], ref: str
) -> None:
    spec = f"{quote('/'.join(path), safe='')}/{ref}"
    inside = [p.lower() for p in path[: len(group)]] == [g.lower() for g in group]
    deep = inside and len(path) > len(group)
    assert allows(f"gitlab:{'/'.join(group)}/**", spec) is deep
    assert allows(f"gitlab:{'/'.join(group)}/*", spec) is (inside and len(path) == len(group) + 1)
    assert bans(f"gitlab:{'/'.join(group)}/**", spec) is deep


TABLE = [
    # pattern, spec, allowed
    ("github:org/repo", "org/repo/HEAD", True),
    ("github:org/repo", "ORG/Repo/feature/x", True),
    ("github:org/repo", "org/repo.git/HEAD", True),
    ("github:org/repo", "org/repository/HEAD", False),
    ("github:org/repo", "org/repo", False),
    ("github:org/*", "orgevil/x/HEAD", False),
    ("github:org/*", "org/x%2F..%2F..%2Fevil%2Fy/HEAD", False),
    ("github:org/*", "org/../evil", False),
    ("github:org/a.b", "org/axb/HEAD", False),
    ("github:*/binder", "anyone/binder/main", True),
    ("gist:user/*", "user/0123456789abcdef", True),
    ("gist:user/*", "user/0123456789abcdef/HEAD", True),
    ("gist:user/*", "other/0123456789abcdef", False),
    ("gist:user/abc", "user/abcdef", False),
    ("gitlab:group/project", "group%2Fproject/main", True),
    ("gitlab:group/project", "group%2fproject/main", True),
    ("gitlab:group/project", "group/project/main", False),
    ("gitlab:group/**", "group%2F..%2Fevil%2Fx/main", False),
    ("gitlab:group/**", "group%2F%2E%2E%2Fevil/main", False),
    ("git:https://git.lab.net/g/*", "https%3A%2F%2Fgit.lab.net%2Fg%2Fr/HEAD", True),
    ("git:https://git.lab.net/g/*", "https%3A%2F%2Fgit.lab.net%2Fg%2F..%2Fevil/HEAD", False),
    ("git:https://git.lab.net/**", "https%3A%2F%2Fgit.lab.net.evil.org%2Fr/HEAD", False),
    ("git:https://*.lab.net/r", "https%3A%2F%2Fevil.org%23.lab.net%2Fr/HEAD", False),
    ("git:ssh://git@lab.net/r@main", "ssh%3A%2F%2Fgit%40lab.net%2Fr/main", True),
    ("zenodo:10.5281/zenodo.*", "10.5281/zenodo.3242074", True),
    ("zenodo:10.5281/zenodo.*", "10.9999/zenodo.1", False),
    ("zenodo:*", "10.5281/zenodo.1", True),
    ("zenodo:10.5281*", "10.5281/zenodo.1", False),
    ("gitlab:*", "group%2Fsub%2Fproject/main", True),
    ("zenodo:**", "10.5281/zenodo.1", True),
    ("hydroshare:*", "8f7c2f0341ef4180b0dbe97f59130756", True),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "spec", "wanted"), TABLE)
def test_specs_as_binderhub_sees_them(pattern: str, spec: str, wanted: bool) -> None:
    assert allows(pattern, spec) is wanted


EVASIONS = [
    ("github:evil/repo", "evil/repo.git/HEAD"),
    ("github:evil/repo", "%65vil/repo/HEAD"),
    ("github:evil/*", "ev%69l/%72epo/HEAD"),
    ("gitlab:evil/**", "%65vil%2Fx/HEAD"),
    ("git:https://evil.org/**", "https%3A%2F%2F%65vil.org%2Fa%20b/HEAD"),
    ("zenodo:10.5281/zenodo.1", "10.5281/zenodo%2E1"),
    ("zenodo:*", "10.5281/zenodo.1"),
    ("gitlab:*", "group%2Fproject/main"),
]


@pytest.mark.parametrize(("pattern", "spec"), EVASIONS)
def test_a_ban_is_not_evaded_by_another_spelling(pattern: str, spec: str) -> None:
    assert bans(pattern, spec)


@QUICK
@given(st.text(max_size=30) | st.sampled_from(list(PROVIDERS)).flatmap(
    lambda p: st.text(max_size=20).map(lambda t: f"{p}:{t}")
))  # fmt: skip
def test_any_text_compiles_or_is_refused_with_a_reason(text: str) -> None:
    try:
        pattern = compile_pattern(text)
    except FieldProblem as problem:
        assert problem.rule in ("BH036", "BH037", "BH038") and problem.reason and problem.fix
        return
    for expression in (pattern.regex, pattern.ban):
        re.compile(expression)
        assert expression, "an empty string admits everything"
        assert expression.startswith("^") and expression.endswith(r"\Z")


@pytest.mark.parametrize("text", ["git:*", "git:**", "git:git.lab.net/group/*", "ckan:*"])
def test_a_pattern_that_matches_no_address_is_refused(text: str) -> None:
    with pytest.raises(FieldProblem) as caught:
        compile_pattern(text)
    assert caught.value.rule == "BH036"


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=lambda p: p.name)
def test_the_example_of_each_provider_compiles(provider: object) -> None:
    assert compile_pattern(provider.example).provider is provider  # type: ignore[attr-defined]
