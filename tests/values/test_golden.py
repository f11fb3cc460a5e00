"""Every byte of the values of four whole hubs. UPDATE_GOLDEN=1 writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.values.hubs import example
from values.releases import releases
from values.render import to_yaml

GOLDEN = Path(__file__).parent / "golden"
HUBS = ("open-gke", "members-eks", "classic-open", "kubernetes-quay")


def rendered(name: str) -> dict[str, str]:
    stack = example(name)
    assert stack.hub is not None
    return {p.name: to_yaml(p.values) for p in releases(stack.hub, stack.secrets_set)}


@pytest.mark.parametrize("name", HUBS)
def test_no_value_of_a_release_changes_unseen(name: str) -> None:
    folder, values = GOLDEN / name, rendered(name)
    if os.environ.get("UPDATE_GOLDEN") == "1":
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.yaml"):
            old.unlink()
        for release, text in values.items():
            (folder / f"{release}.yaml").write_text(text)
    stored = {p.stem: p.read_text() for p in folder.glob("*.yaml")}
    assert values == stored, f"{name}: if it is meant, run with UPDATE_GOLDEN=1 and read the diff"


@pytest.mark.parametrize("name", HUBS)
def test_rendering_twice_gives_the_same_bytes_and_changes_no_input(name: str) -> None:
    assert rendered(name) == rendered(name)
