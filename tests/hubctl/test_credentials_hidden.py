"""Whatever command looks at a stack file with a credential in it, the credential is never printed:
what one command lets through is in a log, or in a comment that everybody reads.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.hubctl.conftest import OPEN_HUB, Hubctl
from tests.hubctl.takeover.test_import import NAMES

Write = Callable[..., Path]
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("validate", "lab"), ("validate", "lab", "--json"), ("validate", "--all"),
    ("render", "lab"), ("render", "lab", "--json"), ("diff", "lab", "--against", "other"),
    ("diff", "other", "--against", "lab", "--markdown"), ("graph", "lab"), ("cost", "lab"),
    ("rotate", "lab", "cookieSecret", "--dry-run"), ("adopt", "lab", "--offline"),
    ("doctor", "lab", "--json"),
)  # fmt: skip
# Addresses that are credentials themselves are hidden where others may see them. They are no error,
# so `render` gives them as they are deployed.
ADDRESSES = ("SLACK_WEBHOOK_URL", "SENTRY_DSN")


def at(path: str, value: Any) -> dict[str, Any]:
    """Sections with a value at a path."""
    section, *below = path.split(".")
    for key in reversed(below):
        value = {key: value}
    return {section: value}


PLACES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "environment": lambda kept: at("user.environment", kept),
    "of a wrong kind": lambda kept: at("user.environment", {k: [v] for k, v in kept.items()}),
    "in a wrong section": lambda kept: at("build", kept),
    "beside the sections": lambda kept: kept,
    "as a list": lambda kept: {k: [v] for k, v in kept.items()},
    "inside a mapping": lambda kept: at("homepage.x", {k: [{"a": v}] for k, v in kept.items()}),
    "hub": lambda kept: at("extraValues.jupyterhub.hub.config.Some", kept),
    "servers": lambda kept: at("extraValues.jupyterhub.singleuser.extraEnv", kept),
    "containers": lambda kept: at(
        "extraValues.jupyterhub.hub.extraContainers",
        [{"name": "x", "env": [{"name": n, "value": v} for n, v in kept.items()]}],
    ),
    "list": lambda kept: at(
        "extraValues.binderhub-service.extraEnv",
        [{"name": name, "value": value} for name, value in kept.items()],
    ),
}


def written(stack: Write, sections: dict[str, Any]) -> None:
    lines = (f"  binderhub:{key}: {json.dumps(value)}\n" for key, value in sections.items())
    stack("lab", OPEN_HUB + "".join(lines))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("number", [False, True], ids=["text", "number"])
@pytest.mark.parametrize("names", [[n for n in NAMES if n not in ADDRESSES], ADDRESSES])
def test_no_command_shows_a_credential_of_a_stack_file(
    hubctl: Hubctl, stack: Write, names: list[str], number: bool, place: str
) -> None:
    stack("other")
    kept = {n: 7310000000 + i if number else f"kept{i:03}private" for i, n in enumerate(names)}
    written(stack, PLACES[place](kept))
    for words in COMMANDS:
        if words[0] != "render" or names != ADDRESSES:
            done = hubctl(*words)
            shown = [n for n, value in kept.items() if str(value) in done.out + done.err]
            assert shown == [], words


@pytest.mark.parametrize("place", ["environment", "hub", "servers", "list", "containers"])
@pytest.mark.parametrize("name", [n for n in NAMES if n not in ADDRESSES and n.isidentifier()])
def test_each_name_alone_is_an_error_and_not_rendered(
    hubctl: Hubctl, stack: Write, name: str, place: str
) -> None:
    written(stack, PLACES[place]({name: "kept000private"}))
    assert "BH069" in hubctl("validate", "lab").out
    done = hubctl("render", "lab")
    assert done.status == 1 and "kept000private" not in done.out + done.err
