"""Which chart the lab takes: the user's, or the stand-in."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from lab.charts import STANDINS, resolve
from lab.errors import LabError
from values.pins import BINDERHUB, BINDERHUB_SERVICE, JUPYTERHUB


def folder(at: Path, name: str, version: str, extra: str = "") -> Path:
    at.mkdir(parents=True)
    (at / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: {version}\n{extra}")
    return at


def archive(at: Path, name: str, version: str) -> Path:
    """A packed chart that bundles another, whose Chart.yaml comes first."""
    with tarfile.open(at, "w:gz") as packed:
        for inside, of in ((f"{name}/charts/other", "other"), (name, name)):
            content = f"apiVersion: v2\nname: {of}\nversion: {version}\n".encode()
            member = tarfile.TarInfo(f"{inside}/Chart.yaml")
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return at


@pytest.mark.parametrize(
    "pin", [JUPYTERHUB, BINDERHUB_SERVICE, BINDERHUB], ids=lambda pin: pin.chart
)
def test_without_charts_the_stand_in_is_taken_and_says_so(pin: object) -> None:
    assert isinstance(pin, type(JUPYTERHUB))
    chart = resolve(pin.chart, pin.version, None)
    assert (chart.path, chart.version, chart.standin) == (STANDINS / pin.chart, pin.version, True)
    assert str(chart).startswith(f"stand-in chart {pin.chart} ")


def test_the_users_chart_is_never_called_a_stand_in(tmp_path: Path) -> None:
    packed = archive(tmp_path / "anything.tgz", "jupyterhub", "4.4.0")
    folder(tmp_path / "service", "binderhub-service", "0.1.0")
    chart = resolve("jupyterhub", "4.4.0", tmp_path)
    assert (chart.path, chart.standin) == (packed, False)
    assert "stand-in" not in str(chart)


def test_the_wanted_version_wins_over_another(tmp_path: Path) -> None:
    archive(tmp_path / "jupyterhub-4.5.0.tgz", "jupyterhub", "4.5.0")
    wanted = folder(tmp_path / "wanted", "jupyterhub", "4.4.0")
    assert resolve("jupyterhub", "4.4.0", tmp_path).path == wanted


def test_the_only_chart_is_taken_in_its_own_version(tmp_path: Path) -> None:
    packed = archive(tmp_path / "jupyterhub.tgz", "jupyterhub", "4.5.0")
    assert resolve("jupyterhub", "4.4.0", tmp_path).version == "4.5.0"
    assert resolve("jupyterhub", "4.4.0", packed).path == packed


def test_a_missing_chart_never_falls_back_to_the_stand_in(tmp_path: Path) -> None:
    folder(tmp_path / "jupyterhub", "jupyterhub", "4.4.0")
    with pytest.raises(
        LabError, match=r"no chart named binderhub-service \(it has: jupyterhub 4\.4\.0\)"
    ):
        resolve("binderhub-service", "0.1.0", tmp_path)
    with pytest.raises(LabError, match="no such folder"):
        resolve("jupyterhub", "4.4.0", tmp_path / "absent")


def test_an_unclear_choice_is_never_made(tmp_path: Path) -> None:
    archive(tmp_path / "a.tgz", "jupyterhub", "4.5.0")
    archive(tmp_path / "b.tgz", "jupyterhub", "4.6.0")
    with pytest.raises(LabError, match="several charts named jupyterhub"):
        resolve("jupyterhub", "4.4.0", tmp_path)


@pytest.mark.parametrize("content", [b"", b"not an archive"])
def test_a_broken_archive_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "half.tgz").write_bytes(content)
    with pytest.raises(LabError, match=r"half\.tgz cannot be read as a Helm chart"):
        resolve("jupyterhub", "4.4.0", tmp_path)


def test_a_chart_from_a_source_repository_says_how_to_complete_it(tmp_path: Path) -> None:
    needs = "dependencies: [{name: jupyterhub, version: 4.2.0}]\n"
    chart = folder(tmp_path / "binderhub", "binderhub", "1.0.0", needs)
    with pytest.raises(LabError, match="helm dependency build"):
        resolve("binderhub", "1.0.0", tmp_path)
    (chart / "charts").mkdir()
    archive(chart / "charts" / "jupyterhub-4.2.0.tgz", "jupyterhub", "4.2.0")
    assert resolve("binderhub", "1.0.0", tmp_path).path == chart
