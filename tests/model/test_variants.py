"""Every kind of `auth` and `registry` says all about itself.

A login that does not say who may come in would be taken for an open hub, and a registry without its
credentials for one that needs none.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args

import pytest
import yaml
from pydantic.alias_generators import to_camel

from model.derived.registry_access import registry_access
from model.fields import Model
from model.secrets import REGISTRY_KEY
from model.sections import auth, registry
from model.sections.auth import AUTHS, AnyAuth, Login, OpenAuth, trait_names
from model.sections.registry import AnyRegistry
from model.stackfile.read import Stack, read_config

Config = dict[str, Any]
EXAMPLES: list[Config] = [
    {k.removeprefix("binderhub:"): v for k, v in yaml.safe_load(p.read_text())["config"].items()}
    for p in sorted((Path(__file__).parent / "examples").glob("*.yaml"))
]
BY_AUTH, BY_REGISTRY = ({c[key]["kind"]: c for c in EXAMPLES} for key in ("auth", "registry"))
LOGINS = {kind: one for kind, one in AUTHS.items() if one in get_args(Login)}
OF_ANY, OF_LOGIN = ("authenticator",), ("authenticator", "traits", "allowed_by", "public", "secret")
OF_REGISTRY = ("host", "cloud", "credentials")


def unsaid(union: Any, facts: tuple[str, ...]) -> list[str]:
    """What the kinds of a union leave out about themselves."""
    return [f"{one.__name__}.{f}" for one in get_args(union) for f in facts if not hasattr(one, f)]


def outside(module: ModuleType, union: Any) -> list[str]:
    """Kinds of a section that are no choice of it."""
    models = [m for m in vars(module).values() if isinstance(m, type) and issubclass(m, Model)]
    kinds = [m for m in models if "kind" in m.model_fields]
    return [kind.__name__ for kind in kinds if kind not in get_args(union)]


def read(config: Config, **sections: Any) -> Stack:
    secrets = {key for key, value in config.items() if set(value) == {"secure"}}
    return read_config("lab", {**config, **sections}, secrets)


@pytest.mark.parametrize(
    ("union", "facts"), [(AnyAuth, OF_ANY), (Login, OF_LOGIN), (AnyRegistry, OF_REGISTRY)]
)
def test_no_kind_is_silent_about_itself(union: Any, facts: tuple[str, ...]) -> None:
    assert unsaid(union, facts) == []


def test_a_kind_that_is_silent_is_found() -> None:
    class MadeUpLogin(auth._OAuth):
        kind: Literal["made-up"]

    class MadeUpRegistry(registry._Registry):
        kind: Literal["made-up"]

    assert unsaid(auth.GitHubAuth | MadeUpLogin, OF_LOGIN) == [
        "MadeUpLogin.authenticator",
        "MadeUpLogin.allowed_by",
        "MadeUpLogin.public",
    ]
    silent = unsaid(registry.Quay | MadeUpRegistry, OF_REGISTRY)
    assert silent == [f"MadeUpRegistry.{fact}" for fact in OF_REGISTRY]
    module = ModuleType("made_up")
    vars(module).update(MadeUpLogin=MadeUpLogin, GitHubAuth=auth.GitHubAuth)
    assert outside(module, AnyAuth) == ["MadeUpLogin"]


def test_every_kind_can_be_chosen() -> None:
    assert outside(auth, AnyAuth) == outside(registry, AnyRegistry) == []
    assert set(get_args(AnyAuth)) == {*get_args(OpenAuth), *get_args(Login)}
    names = [name for one in AUTHS.values() for name in one.authenticator]
    assert len(set(names)) == len(names), "import could not tell them apart"


@pytest.mark.parametrize("kind", LOGINS)
def test_a_login_that_lets_nobody_in_is_refused(kind: str) -> None:
    login, config = LOGINS[kind], BY_AUTH[kind]
    keys = [to_camel(field) for field in login.allowed_by]
    nobody = {k: v for k, v in config["auth"].items() if k not in keys}
    refused = {(f.rule, f.path) for f in read(config, auth=nobody).findings}
    assert refused & {("BH030", f"auth.{keys[0]}"), ("BH101", f"auth.{keys[0]}")}
    for field, key in zip(login.allowed_by, keys, strict=True):
        some = True if login.model_fields[field].annotation is bool else ["lab.example.org"]
        allowed = read(config, auth={**nobody, key: config["auth"].get(key, some)})
        assert not [f for f in allowed.findings if f.rule in ("BH030", "BH100", "BH101")]
    assert {"allowed_users", *login.traits} <= set(login.model_fields)
    assert trait_names(login)["allowed_users"] == ("allowed_users",)


@pytest.mark.parametrize("kind", BY_AUTH)
def test_a_login_without_its_secret_is_refused(kind: str) -> None:
    config = {k: v for k, v in BY_AUTH[kind].items() if set(v) != {"secure"}}
    hub = read(config).hub
    assert hub is not None
    missing = {f.path for f in read(config).findings if f.rule == "BH103"}
    assert missing >= ({hub.login.secret} if hub.login else set())
    assert hub.members_only is (kind in LOGINS)


@pytest.mark.parametrize("kind", get_args(AnyRegistry), ids=lambda kind: kind.__name__)
def test_a_registry_without_its_credentials_is_refused(kind: type[AnyRegistry]) -> None:
    stated = get_args(kind.model_fields["kind"].annotation)[0]
    config = {k: v for k, v in BY_REGISTRY[stated].items() if set(v) != {"secure"}}
    stack = read(config)
    assert stack.hub is not None and isinstance(stack.hub.registry, kind)
    credentials = stack.hub.registry.credentials
    missing = {f.path for f in stack.findings if f.rule == "BH103"}
    given = credentials is not None and credentials.password != REGISTRY_KEY
    assert ("registryPassword" in missing) is given
    user = getattr(stack.hub.registry, "username", None)
    assert user is None or (credentials is not None and credentials.username == user)
    access = registry_access(stack.hub)
    assert (access.username, access.password) == (
        (credentials.username, credentials.password) if credentials else (None, None)
    )
