"""A hub that helm installed is taken over with the real engine: its secrets are read back in clear,
and whoever shows them in a log or a comment has given them away.

The tests run in order and share one stack.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
import yaml

from lab.cluster.control_plane import ControlPlane
from lab.engine.session import Session
from tests.e2e import outside
from tests.e2e.conftest import Life
from tests.examples import path_of
from tests.values.hubs import with_secrets
from values.releases import ReleasePlan, releases
from values.render import to_yaml

pytestmark = [pytest.mark.lab, pytest.mark.engine]

NAME = "old"
OLD = "old-secret-of-"
RELEASE = "old-releases-jupyterhub"


def plans(session: Session) -> list[ReleasePlan]:
    return releases(session.hub, frozenset({"registryPassword"}))


def holding(life: Life) -> set[str]:
    """The files of the backend in which a secret of the old hub stands in clear, by their folder
    and name; but for locks and the like everything that the engine keeps is there."""
    backend = life.session.run.backend / ".pulumi"
    files = [path for path in backend.rglob("*") if path.is_file()]
    return {str(f.relative_to(backend)) for f in files if OLD in f.read_text(errors="replace")}


def protected(life: Life) -> set[str]:
    found = life.session.state()["deployment"]["resources"]
    return {one["urn"].rpartition("::")[2] for one in found if one.get("protect")}


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory, control_plane: ControlPlane) -> Iterator[Life]:
    folder = tmp_path_factory.mktemp("old")
    file = folder / f"Pulumi.{NAME}.yaml"
    shutil.copy(path_of("demo"), file)
    session = Session(file, control_plane)
    session.prepare()
    kube = control_plane.client()
    kube.request("POST", "/api/v1/namespaces", body={"metadata": {"name": NAME}})
    for plan in plans(session):
        values = with_secrets(plan.values, lambda secret: f"{OLD}{secret.name}")
        if plan.name == "jupyterhub":
            values["hub"]["extraEnv"] = {"JUPYTERHUB_CRYPT_KEY": f"{OLD}the-environment"}
        (folder / plan.name).write_text(to_yaml(values))
        outside.helm(session, "install", plan.name, plan.chart, "--values", str(folder / plan.name))
    one = Life(session=session, kube=kube)
    adopted = {plan.name: f"{NAME}/{plan.name}" for plan in plans(session)}
    one.edit("adopt", {"namespace": NAME, "releases": adopted})
    yield one
    session.destroy()
    kube.close()


def test_the_commands_that_the_docs_name_show_nothing_of_the_old_hub(life: Life) -> None:
    listed = life.run("preview")
    assert listed.ok, listed.text
    assert listed.changes["to import"] == 3 and "to delete" not in listed.changes
    assert "BH166" in listed.text
    compared = outside.compared(life.session)
    assert compared.returncode == 1, compared.stderr
    assert "-    JUPYTERHUB_CRYPT_KEY: <hidden>" in compared.stdout
    assert OLD not in listed.text + compared.stdout + compared.stderr


def test_the_program_hides_them_from_a_difference_and_nobody_from_json(life: Life) -> None:
    """The second half is why the rule warns, and shows that the engine was given them in clear."""
    shown = life.run("preview", "--diff")
    assert shown.ok and "values (hidden)" in shown.text
    assert OLD not in shown.text
    assert OLD in life.run("preview", "--json").text


def test_a_first_up_that_fails_leaves_them_in_the_state_and_its_history(life: Life) -> None:
    """As the docs warn: the engine keeps what it imported until the update after it succeeds."""
    # A text where every chart's templates, the real ones too, look for a map: no schema is needed.
    life.edit("extraValues", {"jupyterhub": {"scheduling": {"podPriority": "no map"}}})
    failed = life.run("up", "--yes", "--skip-preview")
    assert not failed.ok and OLD not in failed.text
    assert {name.partition("/")[0] for name in holding(life)} == {
        "stacks", "history", "backups"
    }  # fmt: skip
    life.edit("extraValues", {"jupyterhub": {}})


def test_the_first_up_that_succeeds_leaves_them_nowhere(life: Life) -> None:
    for folder in ("history", "backups"):  # of the one that failed
        shutil.rmtree(life.session.run.backend / ".pulumi" / folder)
    done = life.up()
    assert OLD not in done.text
    assert holding(life) == set()
    adopted = {f"{NAME}-releases-{plan.name}" for plan in plans(life.session)}
    assert protected(life) == {f"{NAME}-namespace", *adopted}


def test_the_import_ids_may_go_and_take_only_the_protection_along(life: Life) -> None:
    document = yaml.safe_load(life.session.stack_file.read_text())
    del document["config"]["binderhub:adopt"]["releases"]
    life.session.stack_file.write_text(yaml.safe_dump(document, sort_keys=False))
    assert life.plan() == {}
    assert "BH166" not in life.up().text
    assert protected(life) == {f"{NAME}-namespace"}
    life.edit("user", {"memory": {"limit": "3G"}})
    shown = life.run("preview", "--diff")
    assert '"2G" => "3G"' in shown.text, "differences show values again"
    assert OLD not in shown.text
    life.up()
