"""Secrets that the lab makes up pass the checks that real ones have to pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.engine.program_copy import lab_secret
from lab.paths import CHECKOUT
from model.stackfile.read import read_text
from model.stackfile.secret_values import check_secret

EXAMPLES = sorted((CHECKOUT / "tests" / "model" / "examples").glob("*.yaml"))


def _checked(text: str) -> list[str]:
    """What is wrong with the made-up value of each secret of a stack file."""
    hub = read_text("lab", text).hub
    assert hub is not None
    config: dict[str, Any] = yaml.safe_load(text)["config"]
    secrets = [k for k, v in config.items() if isinstance(v, dict) and set(v) == {"secure"}]
    return [
        finding.text()
        for name in (key.removeprefix("binderhub:") for key in secrets)
        for finding in check_secret(hub, name, lab_secret(name, config))
    ]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_no_stack_is_refused_in_the_lab_for_a_secret_that_it_made_up(path: Path) -> None:
    assert _checked(path.read_text()) == []


@pytest.mark.parametrize("dialect", ["postgres", "mysql"])
def test_a_made_up_database_url_is_one_of_its_dialect(dialect: str) -> None:
    text = (CHECKOUT / "tests/model/examples/open-gke.yaml").read_text()
    text += f"  binderhub:database: {{kind: external, dialect: {dialect}}}\n"
    text += '  binderhub:databaseUrl: {secure: "v1:aaaa"}\n'
    assert _checked(text) == []
