"""smoke: a "well" that is not, leaves a broken hub in production; a server left behind costs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hubctl.console.checks import Check, failed
from hubctl.console.errors import Problem
from hubctl.live.smoke.client import Client
from hubctl.live.smoke.events import ADVICE, LaunchProgress, events
from hubctl.live.smoke.plan import Plan, plan
from hubctl.live.smoke.run import Smoke
from tests.hubctl.conftest import OPEN_HUB, Hubctl, hub
from tests.hubctl.live.hub_double import MEMBER_TOKEN, SERVER_TOKEN, Authority, Double

SPEC = "gh/lab/x/HEAD"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def double() -> Iterator[Callable[..., Double]]:
    made: list[Double] = []

    def make(**options: Any) -> Double:
        made.append(Double(**options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def smoke(double: Double, *, cors: str | None = None, token: str | None = None, ca: str | None = None,
          silence: float = 5, timeout: float = 20) -> dict[str, Check]:  # fmt: skip
    todo = Plan(hub_url=double.hub_url, binder_url=double.binder_url, members_only=double.members,
                spec=SPEC, cors=cors)  # fmt: skip
    run = Smoke(todo, Client(token=token, ca=ca), lambda text: None, silence=silence,
                timeout=timeout, wait=lambda s: None)  # fmt: skip
    return {check.name: check for check in run.run()}


def test_an_open_hub_that_is_well(double: Callable[..., Double]) -> None:
    hub = double()
    checks = smoke(hub)
    assert {c.state for c in checks.values()} == {"ok"}, checks
    assert "built and launched" in checks["launch"].detail
    assert not hub.servers, "the server was left behind"
    assert "5.5.0" in checks["hub"].detail


def test_an_image_that_exists_is_launched_without_a_build(double: Callable[..., Double]) -> None:
    assert smoke(double(built=True))["launch"].detail == f"launched {SPEC}"


@pytest.mark.parametrize("named", [False, True])
def test_a_members_hub_with_a_token(double: Callable[..., Double], named: bool) -> None:
    hub = double(members=True, named=named)
    checks = smoke(hub, token=MEMBER_TOKEN)
    assert {c.state for c in checks.values()} == {"ok"}, checks
    assert not hub.servers
    assert any(method == "DELETE" for method, _, _ in hub.requests)
    assert not (named and hub.stopped), "stopped ones count: after some runs nobody could launch"


FAULTS: dict[str, tuple[str, str]] = {
    "build-fails": ("launch", "build-failed"),
    "base-denied": ("launch", "build-failed"),
    "old-flag": ("launch", "build-failed"),
    "push-denied": ("launch", "push-denied"),
    "push-ends": ("launch", "push-denied"),
    "launch-timeout": ("launch", "launch-timeout"),
    "launch-fails": ("launch", "launch-failed"),
    "cut": ("launch", "cut"),
    "cut-midline": ("launch", "cut"),
    "mute": ("launch", "stopped answering"),
    "silent": ("launch", "stopped answering; the last event was 'building'"),
    "garbage": ("launch", "malformed"),
    "gateway-timeout": ("launch", "504"),
    "rate-limit": ("launch", "rate-limited"),
    "banned-address": ("launch", "Requests from a cloud are not allowed"),
    "refused": ("launch", "refused"),
    "no-repo": ("launch", "not-found"),
    "no-provider": ("launch", "not-found"),
    "no-answer": ("launch", "unresolved"),
    "quota": ("launch", "quota"),
    "busy": ("launch", "busy"),
    "dead-server": ("server", "404"),
    "open-door": ("server", "any token"),
    "elsewhere": ("server", "not on the hub"),
    "registry-ill": ("binder health", "Docker registry"),
    "hub-ill": ("hub health", "500"),
    "no-json": ("binder", "no JSON"),
    "api-only": ("binder page", "404"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_an_error_that_names_itself(
    double: Callable[..., Double], fault: str
) -> None:
    name, said = FAULTS[fault]
    hub = double(fault=fault)
    checks = smoke(hub, silence=1)
    assert checks[name].state == "error", checks
    assert said in checks[name].detail
    assert checks[name].fix or name == "hub health"
    assert [n for n, c in checks.items() if c.state == "error"] == [name], "one cause, one error"
    if fault != "elsewhere":
        assert not hub.servers


def test_the_log_of_a_failed_build_is_shown(double: Callable[..., Double]) -> None:
    assert "nonsense==99" in smoke(double(fault="build-fails"))["launch"].fix


def test_a_launch_that_never_ends_is_given_up(double: Callable[..., Double]) -> None:
    checks = smoke(double(fault="launch-timeout"), timeout=-1)
    assert "longer than --timeout" in checks["launch"].detail


def test_a_token_never_goes_to_another_host(double: Callable[..., Double]) -> None:
    hub = double(fault="elsewhere")
    smoke(hub)
    assert not any(SERVER_TOKEN in said for _, _, said in hub.requests)


def test_members_only_but_open_to_everybody_is_an_error(double: Callable[..., Double]) -> None:
    checks = smoke(double(members=True, fault="no-login"), token=MEMBER_TOKEN)
    assert checks["binder page"].state == "error"


def test_a_log_in_on_another_host_is_named(double: Callable[..., Double]) -> None:
    checks = smoke(double(members=True, fault="login-elsewhere"), token=MEMBER_TOKEN)
    assert "elsewhere.example.org" in checks["binder page"].detail


def test_a_wrong_token_is_told_apart_from_a_broken_hub(double: Callable[..., Double]) -> None:
    checks = smoke(double(members=True), token="expired")
    assert checks["launch"].detail.startswith("forbidden")
    assert "HUBCTL_TOKEN" in checks["launch"].fix


@pytest.mark.parametrize(
    ("set_", "wanted", "fault", "state"),
    [
        (None, None, None, "ok"),
        ("*", "*", None, "ok"),
        ("https://a.example.org", "https://a.example.org", None, "ok"),
        ("*", None, None, "error"),
        (None, "https://a.example.org", None, "error"),
        ("https://b.example.org", "https://a.example.org", None, "error"),
        ("*", "*", "cors-half", "error"),
    ],
)
def test_cors_is_as_the_stack_file_says(
    double: Callable[..., Double],
    set_: str | None,
    wanted: str | None,
    fault: str | None,
    state: str,
) -> None:
    assert smoke(double(cors=set_, fault=fault), cors=wanted)["cors"].state == state


@pytest.mark.parametrize("members", [False, True])
def test_a_server_that_stays_is_a_warning(double: Callable[..., Double], members: bool) -> None:
    hub = double(fault="stays", members=members)
    checks = smoke(hub, token=MEMBER_TOKEN if members else None)
    assert checks["clean-up"].state == "warning"
    assert not failed(list(checks.values()))


def test_a_named_server_that_still_counts_is_a_warning(double: Callable[..., Double]) -> None:
    hub = double(fault="remembers", members=True, named=True)
    assert smoke(hub, token=MEMBER_TOKEN)["clean-up"].state == "warning"


def test_certificates_are_checked(double: Callable[..., Double], authority: Authority) -> None:
    ca = str(authority.file)
    good, other = authority.context(), authority.context("hub.example.org")
    old = authority.context(expired=True)
    checks = smoke(double(tls=good), ca=ca)
    assert {c.state for c in checks.values()} == {"ok"}, checks
    for options, trust, name, said in (
        ({"tls": good}, None, "hub", "not from an authority that is trusted"),
        ({"tls": other}, ca, "hub", "is for another host"),
        ({"tls": old}, ca, "hub", "has expired"),
        ({"tls": good, "binder_tls": other}, ca, "binder", "is for another host"),
    ):
        checks = smoke(double(**options), ca=trust)
        assert checks[name].state == "error"
        assert said in checks[name].detail, checks[name]
        assert checks["launch"].state == "skipped"


def test_a_hub_that_is_not_there() -> None:
    with Double() as hub:
        pass
    checks = smoke(hub)
    assert "refuses connections" in checks["hub"].detail


# --- the command --------------------------------------------------------------------------------

MEMBERS = OPEN_HUB.replace(
    "kind: none", "kind: github, clientId: x, allowedOrganizations: [o]"
) + "  binderhub:oauthClientSecret: {secure: v1:x}\n"  # fmt: skip


def test_the_command_in_json_and_its_exit_codes(
    hubctl: Hubctl, stack: Callable[..., Path], double: Callable[..., Double]
) -> None:
    stack("a", OPEN_HUB.replace("github:lab/*", "github:lab/x"))
    hub = double()
    urls = ["--hub-url", hub.hub_url, "--binder-url", hub.binder_url]
    result = hubctl("smoke", "a", "--json", *urls)
    told = json.loads(result.out)
    assert (result.status, told["ok"], told["spec"]) == (0, True, SPEC)
    assert told["phases"][-1] == "ready"
    assert SERVER_TOKEN not in result.out + result.err
    hub.fault = "build-fails"
    plain = hubctl("smoke", "a", *urls)
    assert plain.status == 1
    assert "nonsense==99" in plain.out
    assert "building" in plain.err, "progress goes to standard error"
    assert hubctl("smoke", "a", "--no-launch", *urls).status == 0


def test_misuse_of_the_command(
    hubctl: Hubctl, stack: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    stack("a")
    stack("m", MEMBERS)
    monkeypatch.delenv("HUBCTL_TOKEN", raising=False)
    (project / "two").write_text("a b")
    for words, said in (
        (["a"], "--repo OWNER/REPO"),
        (["m", "--repo", "a/b"], "HUBCTL_TOKEN"),
        (["a", "--repo", "nonsense"], "OWNER/REPO"),
        (["a", "--repo", "a/b", "--ca", "nothing.pem"], "no such file"),
        (["m", "--repo", "a/b", "--token-file", "nothing"], "cannot be read"),
        (["m", "--repo", "a/b", "--token-file", "two"], "one token"),
        (["a", "--repo", "a/b", "--hub-url", "hub.example.org"], "https://HOST/"),
    ):
        result = hubctl("smoke", *words)
        assert result.status == 2, result
        assert said in result.err


def test_a_members_token_comes_from_the_environment_only(
    hubctl: Hubctl, stack: Callable[..., Path], double: Callable[..., Double],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    stack("m", MEMBERS)
    hub = double(members=True)
    monkeypatch.setenv("HUBCTL_TOKEN", MEMBER_TOKEN)
    result = hubctl("smoke", "m", "--repo", "lab/x", "--hub-url", hub.hub_url,
                    "--binder-url", hub.binder_url)  # fmt: skip
    assert result.status == 0, result
    assert MEMBER_TOKEN not in result.out + result.err


@pytest.mark.parametrize(
    ("repositories", "spec"),
    [
        ('["github:binder-examples/*"]', "gh/binder-examples/requirements/HEAD"),
        ('["github:a/b@main"]', "gh/a/b/main"),
        ('["gitlab:g/sub/p"]', "gl/g%2Fsub%2Fp/HEAD"),
        ('["zenodo:*", "github:a/*"]', None),
    ],
)
def test_the_repository_is_one_that_the_hub_allows(repositories: str, spec: str | None) -> None:
    found = hub(OPEN_HUB.replace('["github:lab/*"]', repositories))
    if spec is None:
        with pytest.raises(Problem):
            plan(found)
    else:
        assert plan(found).spec == spec


def test_keepalives_and_other_lines_are_no_events() -> None:
    lines = [b":keepalive", b"", b"event: x", b'data: {"phase": "waiting"}', b"data: [1]", b"id: 3"]
    assert [e["phase"] for e in events(lines)] == ["waiting", "malformed"]


def test_every_outcome_has_advice() -> None:
    from typing import get_args

    from hubctl.live.smoke.events import Outcome

    assert set(ADVICE) == set(get_args(Outcome))
    assert LaunchProgress().end() == "cut"
