"""`stacks/` belongs to whoever runs hubs: this holds for any file there, and where there is none.

A test that needs a certain hub takes it from `examples/`.
"""

from __future__ import annotations

import yaml
from jsonschema import Draft202012Validator

from hubctl.stackfile import find
from model.findings import errors
from model.rules.fleet import check_fleet
from model.stackfile.json_schema import stack_schema
from tests.examples import CHECKOUT
from values.guards.extra_values import check_values

FILES = sorted((CHECKOUT / "stacks").glob("Pulumi.*.yaml"))


def test_every_hub_is_sound_alone_and_beside_the_others() -> None:
    """As CI's `hubctl validate --all`, for which every secret has to be set, too."""
    fleet = []
    for path in FILES:
        stack, hub = find.usable(path, secrets=False)
        bad = errors(check_values(hub, stack.secrets_set))
        assert not bad, f"{path.name}: {[f.text() for f in bad]}"
        fleet.append(stack)
    for name, findings in check_fleet(fleet).items():
        assert not errors(findings), f"{name}: {[f.text() for f in findings]}"


def test_an_editor_complains_about_no_hub() -> None:
    schema = Draft202012Validator(stack_schema())
    for path in FILES:
        found = schema.iter_errors(yaml.safe_load(path.read_text()))
        assert [error.message for error in found] == [], path.name
