"""A chart that stands for its next version: an upgrade must be tried for folders and archives."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from lab.charts import Chart, resolve
from model.stackfile.read import read_text
from rehearsal.bumped_chart import newer
from rehearsal.checks.planned_change import judge, rows
from rehearsal.trial_changes import trials
from tests.examples import path_of

ABOUT = "apiVersion: v2\nname: hub\nversion: 1.2.0\n"
FILES = {
    "Chart.yaml": ABOUT,
    "values.yaml": "a: 1\n",
    "charts/part/Chart.yaml": ABOUT.replace("hub", "part"),
}


def _chart(folder: Path, *, packed: bool) -> Chart:
    tree = folder / "hub"
    for name, text in FILES.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    path = tree
    if packed:
        path = folder / "hub-1.2.0.tgz"
        with tarfile.open(path, "w:gz") as archive:
            archive.add(tree, "hub")
    return resolve("hub", "1.2.0", path)


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "archive"])
def test_a_newer_chart_differs_in_nothing_but_its_version(packed: bool, tmp_path: Path) -> None:
    chart = _chart(tmp_path, packed=packed)
    before = chart.path.read_bytes() if packed else b""
    for _ in range(2):  # A second rehearsal finds what the first left.
        path = newer(chart, tmp_path / "variants")
    assert resolve("hub", "1.2.0+rehearsal", path).version == "1.2.0+rehearsal"
    if packed:
        assert chart.path.read_bytes() == before, "the user's own archive must stay as it is"
        with tarfile.open(path, "r:gz") as archive:
            archive.extractall(tmp_path / "seen", filter="data")
        path = tmp_path / "seen" / "hub"
    seen = {str(f.relative_to(path)): f.read_text() for f in path.rglob("*") if f.is_file()}
    assert seen.pop("Chart.yaml") != FILES["Chart.yaml"]
    assert seen == {name: text for name, text in FILES.items() if name != "Chart.yaml"}


def test_an_upgrade_that_cannot_be_tried_says_why(tmp_path: Path) -> None:
    hub = read_text("ecology", path_of("ecology").read_text()).hub
    assert hub is not None
    last = trials(hub, {"config": {}}, {}, tmp_path)[-1]
    assert last.document is None
    assert last.skipped and "--charts DIR" in last.skipped


def test_a_chart_whose_new_version_does_not_arrive_is_a_finding(tmp_path: Path) -> None:
    hub = read_text("ecology", path_of("ecology").read_text()).hub
    assert hub is not None
    charts = {"jupyterhub": _chart(tmp_path, packed=True)}
    trial = trials(hub, {"config": {}}, charts, tmp_path)[-1]
    assert trial.document is not None
    assert Path(trial.document["config"]["binderhub:chart"]["jupyterhub"]["source"]).is_file()
    assert [f.what for f in judge(trial.change, rows([], {}))] == [
        "release jupyterhub would stay as it is."
    ]
