"""No secret leaves the engine's marks: not in inputs, not in outputs, not in the log."""

from __future__ import annotations

import hashlib

import pytest

from tests.components.program import (
    Recorded,
    is_secret,
    marked_as_whole,
    run,
    unmarked,
    unprotected,
)
from tests.components.test_program import stack_text
from tests.examples import NAMES

GIVEN = {"demo": "registryPassword", "climate": "oauthClientSecret", "ecology": "githubToken"}


@pytest.fixture(scope="module", params=NAMES)
def program(request: pytest.FixtureRequest) -> tuple[str, Recorded]:
    name = request.param
    recorded = run(name, stack_text(name, **{GIVEN[name]: {"secure": "v1:x"}}))
    assert recorded.error is None
    return name, recorded


def test_no_raw_secret_stands_outside_a_secret_mark(program: tuple[str, Recorded]) -> None:
    _, recorded = program
    for made in recorded.made.values():
        if made.type not in ("pulumi:pulumi:Stack",):
            assert unprotected(made.inputs) == [], made.name
    assert unprotected(recorded.outputs) == []
    assert not [line for line in recorded.log if "RAW-" in line]


def test_secrets_reach_the_releases_at_their_leaves(program: tuple[str, Recorded]) -> None:
    name, recorded = program
    texts = {
        r.name.removeprefix(f"{name}-releases-"): str(r.plain)
        for r in recorded.of("kubernetes:helm.sh/v3:Release")
    }
    assert f"RAW-{name}-secrets-cookieSecret" in texts["jupyterhub"]
    given = "jupyterhub" if name == "climate" else "binderhub-service"
    assert f"RAW-{GIVEN[name]}" in texts[given]
    if name == "ecology":
        assert "RAW-registryKey" in texts["binderhub-service"], "the decoded key pushes images"
    if name == "climate":
        token = recorded.one("climate-registry-token")
        assert token.plain["stringData"] == {
            "auth_token": "RAW-climate-secrets-registryHelperToken"
        }
        assert "RAW-climate-secrets-registryHelperToken" in texts["binderhub-service"]


def test_a_preview_still_shows_the_values_around_a_secret(program: tuple[str, Recorded]) -> None:
    _, recorded = program
    for release in recorded.of("kubernetes:helm.sh/v3:Release"):
        assert marked_as_whole(release.inputs["values"]) == [], release.name


def test_a_kubeconfig_is_a_secret_of_the_provider() -> None:
    recorded = run("ecology", stack_text("ecology"))
    provider = recorded.one("ecology-kubernetes")
    assert "gke-gcloud-auth-plugin" in str(provider.plain["kubeconfig"])
    assert "gke-gcloud-auth-plugin" not in str(
        {k: v for k, v in provider.inputs.items() if k != "kubeconfig"}
    )
    assert isinstance(provider.inputs["kubeconfig"], dict), "marked as a secret"


def test_raising_a_number_renews_one_secret_and_no_other() -> None:
    before = run("demo", stack_text("demo"))
    after = run("demo", stack_text("demo", rotate={"cookieSecret": 1}))
    changed = [
        m.name
        for m in before.of("random:index/randomPassword:RandomPassword")
        if m.inputs["keepers"] != after.one(m.name).inputs["keepers"]
    ]
    assert changed == ["demo-secrets-cookieSecret"]


def test_a_new_registry_key_is_there_before_the_old_one_goes() -> None:
    """BinderHub could not push, and would build every image again, in between."""
    before = run("ecology", stack_text("ecology")).one("ecology-registry-key")
    after = run("ecology", stack_text("ecology", rotate={"registryKey": 1}))
    key = after.one("ecology-registry-key")
    assert "keepers" not in before.inputs, "a hub that never rotated keeps its key"
    assert key.inputs["keepers"] == {"rotate": "1"}
    assert not key.request.deleteBeforeReplace
    renewed = [m.name for m in after.made.values() if m.inputs.get("keepers") == {"rotate": "1"}]
    assert renewed == [key.name]


def test_a_given_secret_that_changes_changes_its_readers_and_tells_nothing() -> None:
    """A plain hash of a short password could be found by trying; the number is the operator's."""

    def version(secret: str) -> str:
        text = stack_text("demo", registryPassword={"secure": "v1:x"})
        release = run("demo", text, secrets={"registryPassword": secret}).one(
            "demo-releases-binderhub-service"
        )
        told = release.inputs["values"]["custom"]["secrets"]["fingerprint"]
        assert is_secret(told)
        return str(unmarked(told))

    one, other = version("short"), version("shorter")
    assert one != other and one == version("short")
    plain = hashlib.sha256(b"short").hexdigest()
    assert one.removeprefix("hmac-") not in plain and one.startswith("hmac-")
