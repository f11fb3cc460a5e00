"""Secrets with the real engine: none can be read anywhere, and a new one reaches all who read it.

The tests of one hub run in order and share its state.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.cluster.control_plane import ControlPlane
from lab.engine.session import Session
from lab.paths import CHECKOUT
from model.derived.registry_access import registry_access
from model.derived.secret_readers import readers
from model.secrets import GENERATED, ROTATED
from tests.e2e.conftest import Life
from tests.e2e.leaks import leaked, secrets_of
from tests.lab.test_secret_readers import PODS
from values.releases import releases

pytestmark = [pytest.mark.lab, pytest.mark.engine]

EXAMPLES = CHECKOUT / "tests/model/examples"
RENEWED = {
    "members-eks": [
        "binderApiToken", "proxyToken", "buildTokenSecret", "registryHelperToken",
        "oauthClientSecret",
    ],
    "classic-members": ["binderApiToken", "proxyToken", "buildTokenSecret", "registryPassword"],
}  # fmt: skip
"""By hub: one for each set of readers, with each chart that has it."""


@pytest.fixture(scope="module", params=RENEWED)
def life(request: pytest.FixtureRequest, control_plane: ControlPlane) -> Iterator[Life]:
    session = Session(EXAMPLES / f"{request.param}.yaml", control_plane)
    session.prepare()
    client = control_plane.client()
    yield Life(session=session, kube=client)
    session.destroy()
    client.close()


def pods(life: Life) -> dict[str, set[str]]:
    """Identities of the living pods, by the reader (or else the workload) that they are."""
    out: dict[str, set[str]] = {}
    for pod in life.kube.items(f"/api/v1/namespaces/{life.session.hub.ns}/pods"):
        meta = pod["metadata"]
        if "deletionTimestamp" not in meta:
            digest = meta["labels"].get("pod-template-hash")
            workload = meta["ownerReferences"][0]["name"].removesuffix(f"-{digest}")
            out.setdefault(PODS.get(workload, workload), set()).add(meta["uid"])
    return out


def restarted(before: dict[str, set[str]], after: dict[str, set[str]]) -> set[str]:
    assert before.keys() == after.keys()
    return {name for name in before if before[name].isdisjoint(after[name])}


def known(life: Life) -> set[str]:
    shown = life.session.checked("stack", "export", "--show-secrets").stdout
    return secrets_of(json.loads(shown))


def as_before_the_upgrade(program: Path) -> None:
    """Turn the program's copy into the one that made `RandomBytes`, whose ids are the secrets, and
    restarted nobody by a number."""
    for part in ("components", "values"):
        (program / part).unlink()
        shutil.copytree(CHECKOUT / part, program / part)
    secrets = program / "components/cluster/generated_secrets.py"
    text, count = re.subn(
        r"random\.RandomPassword\((.*?)length=.*?(keepers=)",
        r"random.RandomBytes(\1length=32, \2",
        secrets.read_text(),
        flags=re.DOTALL,
    )
    assert count == 1
    secrets.write_text(text.replace("made.result", "made.hex"))
    restarts = program / "values/sections/restarts.py"
    restarts.write_text(
        restarts.read_text() + "\n\ndef restarts(hub, release, used):\n    return {}\n"
    )


def as_it_is(program: Path) -> None:
    for part in ("components", "values"):
        shutil.rmtree(program / part)
        (program / part).symlink_to(CHECKOUT / part)


def test_a_hub_of_the_program_before_is_brought_over(life: Life) -> None:
    """Its secrets can be read in its state, so they are all made anew, and whoever reads them
    starts anew; docker's daemon goes on, so builds do."""
    as_before_the_upgrade(life.session.folder)
    life.up()
    hub, old = life.session.hub, known(life)
    made = {name for plan in releases(hub) for name in plan.secrets if name in GENERATED}
    ids = life.session.checked("stack", "--show-ids").stdout
    assert len(leaked(old, ids)) >= len(made), "the stand-in for random must show them"
    before = pods(life)

    as_it_is(life.session.folder)
    shown = life.session.checked("preview").text
    assert leaked(old, shown) == [], "what the workflows run, while the old secrets are in use"
    plan = life.plan()
    # The engine's kubernetes provider replaces a Secret whose data changes.
    secret = re.compile(rf"{hub.name}-(secrets-.*|registry-token)")
    others = {op for name, op in plan.items() if not secret.fullmatch(name)}
    assert others <= {"update"}, plan
    life.up()
    assert restarted(before, pods(life)) == {
        pod for name in made for pod in readers(registry_access(hub), name)
    }
    assert life.plan() == {}
    state = life.session.checked("stack", "export").stdout
    assert leaked(old | known(life), state) == []


def test_a_renewed_secret_restarts_its_readers_and_nobody_else(life: Life) -> None:
    hub = life.session.hub
    for name in RENEWED[hub.name]:
        before = pods(life)
        if name in ROTATED:
            life.edit("rotate", {name: dict(hub.rotate).get(name, 0) + 1})
        else:
            life.session.set_secret(name, f"another {name} of some length")
        life.up()
        assert restarted(before, pods(life)) == set(readers(registry_access(hub), name)), name
    assert life.plan() == {}


def test_a_secret_that_is_made_anew_without_a_number_restarts_its_readers_too(life: Life) -> None:
    name, before = "binderApiToken", pods(life)
    made = next(r["urn"] for r in life.session.state()["deployment"]["resources"]
                if r["urn"].endswith(f"-secrets-{name}"))  # fmt: skip
    life.session.checked("state", "taint", made, "--yes")
    life.up()
    assert restarted(before, pods(life)) == set(readers(registry_access(life.session.hub), name))


def test_no_secret_can_be_read_in_what_the_engine_says(life: Life) -> None:
    """Not in an id, a name, a URN, an event or a preview, however it is encoded."""
    before = known(life)
    events = life.session.folder / "events.json"
    life.edit("rotate", {"cookieSecret": 7, "buildTokenSecret": 7})
    debug = {"PULUMI_DEBUG_COMMANDS": "true"}
    texts = {
        "preview --diff": life.session.checked("preview", "--diff", "--show-sames").text,
        "preview --json": life.session.checked("preview", "--json").text,
        "up --diff": life.session.checked("up", "--yes", "--diff").text,
    }
    life.edit("rotate", {"cookieSecret": 8})
    logged = life.session.pulumi("up", "--yes", "--event-log", str(events), env=debug)
    assert logged.ok, logged.text
    texts |= {
        "the log of events": events.read_text(),
        "stack --show-ids": life.session.checked("stack", "--show-ids", "--show-urns").text,
        "stack export": life.session.checked("stack", "export").text,
        "stack output": life.session.checked("stack", "output", "--json").text,
        "stack history": life.session.checked("stack", "history", "--json").text,
        "state, backups and history": "\n".join(
            path.read_text(errors="replace")
            for path in life.session.run.backend.rglob("*")
            if path.is_file()
        ),
    }
    secrets = before | known(life)
    assert len(secrets) >= 8, "the test must have found the secrets"
    assert {where: found for where, text in texts.items() if (found := leaked(secrets, text))} == {}
