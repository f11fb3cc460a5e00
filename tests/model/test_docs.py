"""Editor schema, reference and list of rules agree with the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from model.hub import SECTIONS
from model.rules import RULES
from model.stackfile.json_schema import stack_schema
from tests.examples import STACKS
from tests.model import generate
from tests.model.casefiles import FILES, load

ROOT = Path(__file__).parents[2]
PAGES = generate.pages()
RIGHT = [
    *STACKS,
    *sorted((ROOT / "tests/model/examples").glob("*.yaml")),
    *(p for name, p in FILES.items() if ".happy." in name),
]
SCHEMA = stack_schema()


def problems(document: Any) -> list[str]:
    found = Draft202012Validator(SCHEMA).iter_errors(document)
    return [f"{'.'.join(map(str, e.absolute_path))}: {e.message[:160]}" for e in found]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_lags_behind_the_model_would_mislead(name: str) -> None:
    stored = (generate.DOCS / name).read_text()
    assert stored == PAGES[name], "run `python -m tests.model.generate`"


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", RIGHT, ids=lambda p: p.name)
def test_an_editor_would_not_complain_about_a_right_file(path: Path) -> None:
    for document in yaml.safe_load_all(path.read_text()):
        assert problems(document) == []


@pytest.mark.parametrize(
    "name",
    [
        n
        for n in FILES
        if n.startswith(("BH071.e", "BH101.e", "BH100.e", "BH069.error.plain"))
        and not load(n).filed  # an editor does not look into the secrets file
    ],
)
def test_an_editor_shows_a_wrong_key_or_kind(name: str) -> None:
    assert problems(yaml.safe_load(FILES[name].read_text()))


def test_every_key_has_a_description() -> None:
    def bare(schema: Any, path: str) -> list[str]:
        if not isinstance(schema, dict):
            return []
        found = []
        for key, value in schema.get("properties", {}).items():
            if not value.get("description") and key != "secure":
                found.append(f"{path}.{key}")
            found += bare(value, f"{path}.{key}")
        return found

    missing = [m for name, d in SCHEMA["$defs"].items() for m in bare(d, name)]
    assert missing + bare(SCHEMA["properties"]["config"], "config") == []


def test_the_pages_name_every_section_and_every_rule() -> None:
    assert all(f"## `{section}`" in PAGES["reference.md"] for section in SECTIONS)
    assert all(f"| {rule} |" in PAGES["rules.md"] for rule in RULES)
