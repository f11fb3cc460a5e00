"""Each kind of hub in the real JupyterHub, with the exact values that its release carries."""

from __future__ import annotations

import re
import subprocess
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from lab.install.jupyterhub_env import HubEnv
from model.derived import names
from model.derived.pools import user_pool
from tests.hub.kinds import KINDS, MEMBER_SCOPES, OPEN_SCOPES, ORIGIN
from tests.hub.observe import FOLLOWED, IMAGE, OPTIONS, Seen
from values.sections.fragments import fragment

pytestmark = [pytest.mark.hub, pytest.mark.lab]

OPEN = tuple(kind for kind, about in KINDS.items() if about.is_open)
MEMBERS = tuple(kind for kind in KINDS if kind not in OPEN)
OAUTH = tuple(kind for kind, about in KINDS.items() if about.provider)
GIB = 1024**3

every_kind = pytest.mark.parametrize("kind", KINDS)


def container(seen: Seen) -> dict[str, Any]:
    assert seen.pod is not None, f"no pod; the start was answered with {seen.started}"
    found: dict[str, Any] = seen.pod["spec"]["containers"][0]
    return found


def environment(seen: Seen) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "") for entry in container(seen)["env"]}


@every_kind
def test_no_setting_is_unknown_to_the_hub_that_reads_it(hubs: dict[str, Seen], kind: str) -> None:
    log = hubs[kind].log
    unknown = [line for line in log.splitlines() if re.search("not recognized|nrecognized", line)]
    assert unknown == []
    failures = re.findall(r"Traceback.*?\n\s+([\w.]+(?:Error|Exception): [^\n]*)", log, re.DOTALL)
    assert len(failures) == log.count("Traceback")
    # Only the two launches that are refused on purpose.
    refused = re.compile(r"HTTP 400: [\w ]+ \(A launch needs")
    assert [line for line in failures if not refused.search(line)] == []
    assert f"Using Authenticator: {KINDS[kind].authenticator}" in log
    assert re.search(r"Using Spawner: \S*\.BinderSpawner\n", log)


@every_kind
def test_deprecated_settings_do_not_pile_up(hubs: dict[str, Seen], kind: str) -> None:
    lines = [line for line in hubs[kind].log.splitlines() if "deprecated" in line.lower()]
    # Its replacement asks for two passwords, and refuses short ones.
    known = {"dummy": ["DummyAuthenticator.password"]}.get(kind, [])
    assert [re.findall(r"\b[A-Z]\w+\.\w+(?= is deprecated)", line) for line in lines] == [
        [name] for name in known
    ]


@every_kind
def test_binderhubs_token_can_do_what_was_promised_and_nothing_else(
    hubs: dict[str, Seen], kind: str
) -> None:
    who = hubs[kind].whoami
    assert (who["kind"], who["name"], who["admin"]) == ("service", "binder", False)
    assert set(who["scopes"]) == (OPEN_SCOPES if kind in OPEN else MEMBER_SCOPES)


@every_kind
def test_only_an_open_hub_lets_binderhub_make_users(hubs: dict[str, Seen], kind: str) -> None:
    assert hubs[kind].made_user == (201 if kind in OPEN else 403)


@pytest.mark.parametrize("kind", MEMBERS)
def test_binderhub_cannot_take_a_members_identity(hubs: dict[str, Seen], kind: str) -> None:
    assert hubs[kind].made_token in (403, 404)


@pytest.mark.parametrize("kind", OPEN)
def test_a_launch_without_token_or_image_is_refused(hubs: dict[str, Seen], kind: str) -> None:
    assert hubs[kind].started_without == {"token": 400, "image": 400}


@every_kind
def test_the_pod_runs_the_image_that_binderhub_asked_for(hubs: dict[str, Seen], kind: str) -> None:
    assert hubs[kind].started in (201, 202)
    assert container(hubs[kind])["image"] == IMAGE


@every_kind
def test_the_server_knows_its_launch(hubs: dict[str, Seen], kind: str) -> None:
    found = environment(hubs[kind])
    wanted = {k.upper(): v for k, v in OPTIONS.items() if k.startswith("binder_")}
    wanted |= {"BINDER_REPO_URL": OPTIONS["repo_url"], "COURSE": "ecology"}
    assert {name: found.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("kind", OPEN)
def test_an_open_hubs_server_is_opened_by_binderhubs_token_alone(
    hubs: dict[str, Seen], kind: str
) -> None:
    settings = {
        "base_url": "/user/visitor/",
        "token": OPTIONS["token"],
        "trust_xheaders": "True",
        "default_url": "/lab",
        "allow_origin": ORIGIN,
    }
    wanted = ["--ip=0.0.0.0", "--port=8888"]
    wanted += [
        f"--{app}.{k}={v}" for app in ("NotebookApp", "ServerApp") for k, v in settings.items()
    ]
    command = ["python3", "-c", fragment("launch_server")]
    assert container(hubs[kind])["args"] == [*command, *wanted]
    assert "command" not in container(hubs[kind])


@pytest.mark.parametrize("kind", MEMBERS)
def test_a_members_server_is_never_opened_by_a_token_in_its_arguments(
    hubs: dict[str, Seen], kind: str
) -> None:
    assert container(hubs[kind])["args"] == ["jupyterhub-singleuser"]
    assert "command" not in container(hubs[kind])


@every_kind
def test_the_pod_is_placed_on_its_own_hubs_node_with_its_limits(
    hubs: dict[str, Seen], kind: str
) -> None:
    seen = hubs[kind]
    resources = container(seen)["resources"]
    assert int(resources["requests"]["memory"]) == 3 * GIB
    assert int(resources["limits"]["memory"]) == 5 * GIB
    assert seen.pod and seen.pod["spec"]["nodeName"] == f"user-{kind}"
    assert seen.pod["spec"]["nodeSelector"] == user_pool(seen.hub).selector


@every_kind
def test_a_user_pod_is_cut_off_from_the_cloud_and_from_the_cluster(
    hubs: dict[str, Seen], kind: str
) -> None:
    pod = hubs[kind].pod
    assert pod is not None
    assert pod["spec"]["automountServiceAccountToken"] is False
    block = pod["spec"]["initContainers"][0]["command"]
    assert block[0] == "iptables" and "169.254.169.254" in block
    assert pod["spec"].get("volumes", []) == []


@pytest.mark.parametrize("kind", OAUTH)
def test_people_come_back_from_log_in_to_the_hubs_own_address(
    hubs: dict[str, Seen], kind: str
) -> None:
    sent = urlsplit(hubs[kind].login)
    assert f"{sent.netloc}{sent.path}" == KINDS[kind].provider
    query = parse_qs(sent.query)
    assert query["redirect_uri"] == [f"https://hub.{kind}.example.org/hub/oauth_callback"]
    assert query["client_id"] == ["abc"]
    if kind == "cilogon":
        offered = set(query["selected_idp"][0].split(","))
        wanted = {"https://idp.example.edu/shibboleth", "https://accounts.google.com/o/oauth2/auth"}
        assert offered == wanted


def test_visitors_who_press_start_cannot_stop_the_hub(hubs: dict[str, Seen]) -> None:
    """Each is a failed start, and by default a hub exits at the fifth in a row."""
    assert hubs["temporary"].start_page == [400] * 6
    assert hubs["temporary"].answers_after


@every_kind
def test_binderhub_is_called_back_at_its_own_address_and_no_other(
    hubs: dict[str, Seen], kind: str
) -> None:
    registered = hubs[kind].callbacks.get(names.OAUTH_CLIENT_ID)
    wanted = f"https://binder.{kind}.example.org/oauth_callback"
    assert registered == (None if kind in OPEN else wanted)


def test_a_member_who_is_no_administrator_gets_through_to_binderhub(
    hubs: dict[str, Seen],
) -> None:
    sign_in = hubs["dummy"].sign_in
    assert sign_in is not None
    assert (sign_in.wrong_password, sign_in.logged_in) == (403, 302)
    assert sign_in.sent_to == "https://binder.dummy.example.org/oauth_callback"
    assert sign_in.foreign_callback == 400
    assert "access:services!service=binder" in sign_in.scopes


@pytest.mark.parametrize("kind", FOLLOWED)
def test_a_launch_ends_at_a_kernel_that_answers(hubs: dict[str, Seen], kind: str) -> None:
    launch = hubs[kind].launch
    assert launch is not None
    assert launch.failed() == []
    # What a launch is made of: a list that got shorter proves less.
    assert len(launch.steps) == (11 if kind in OPEN else 13)


@every_kind
def test_culling_is_the_kinds_own(hubs: dict[str, Seen], kind: str) -> None:
    line = next(
        x for x in hubs[kind].log.splitlines() if "Spawning python3 -m jupyterhub_idle" in x
    )
    options = set(line.split()) & {"--cull-users", "--timeout=600", "--timeout=3600"}
    wanted = {"--cull-users", "--timeout=600"} if kind in OPEN else {"--timeout=3600"}
    assert options == wanted
    answered = re.search(r"200 GET /hub/api/users\S* \(jupyterhub-idle-culler@", hubs[kind].log)
    assert answered, "the culler has not been able to list users"


@every_kind
def test_no_secret_is_in_the_log_that_is_shown(hubs: dict[str, Seen], kind: str) -> None:
    shown = [text for text in hubs[kind].source.secret_texts() if text in hubs[kind].log]
    assert shown == []


@every_kind
def test_nothing_runs_on_after_a_hub(hubs: dict[str, Seen], kind: str) -> None:
    assert hubs[kind].processes >= 3, "hub, proxy and culler"
    assert hubs[kind].left_over == []


def test_every_trait_of_every_kind_exists(hub_env: HubEnv) -> None:
    """The log only warns about classes that were used; this asks the classes themselves."""
    from tests.hub.traits import checked

    assert checked(hub_env) == []


def test_the_programs_are_those_of_the_pinned_charts_image(hub_env: HubEnv) -> None:
    listing = subprocess.run(
        [hub_env.python, "-m", "pip", "freeze"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert {
        "jupyterhub==5.5.0",
        "jupyterhub-kubespawner==7.0.0",
        "oauthenticator==17.4.0",
        "jupyterhub-tmpauthenticator==1.0.0",
        "jupyterhub-idle-culler==1.4.0",
    } <= set(listing)
