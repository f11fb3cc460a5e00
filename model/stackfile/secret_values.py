"""What can be said about a secret's value without ever showing it.

For those who hold the value (components, hubctl doctor); a stack file has only its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from model.findings import Finding
from model.hub import Hub
from model.rules import RULES
from model.sections.chart import ExternalDatabase
from model.sections.registry import Gcr

SERVICE_ACCOUNT, EMPTY, DIALECT = RULES["BH054"], RULES["BH126"], RULES["BH165"]
_KEYS = ("type", "project_id", "private_key", "client_email")


def check_secret(hub: Hub, name: str, value: str) -> Iterator[Finding]:
    """Findings about the value of the flat secret `name`; none of them contains it."""
    if not value.strip():
        yield EMPTY.finding(
            name, "<secret>", "it is empty.", f"run `pulumi config set --secret {name}`."
        )
    elif name == "launchEventsKey" or (
        name == "registryPassword" and isinstance(hub.registry, Gcr)
    ):
        problem = _not_a_key(value)
        if problem:
            yield SERVICE_ACCOUNT.finding(
                name,
                "<secret>",
                f"it is not a service-account key: {problem}.",
                f"run `pulumi config set --secret {name} < key.json` with the file from Google.",
            )

    elif (
        name == "databaseUrl"
        and isinstance(hub.database, ExternalDatabase)
        and not re.match(rf"{hub.database.dialect}(ql)?(\+\w+)?://", value.strip())
    ):
        dialect = hub.database.dialect
        yield DIALECT.finding(
            name,
            "<secret>",
            f"it is not the URL of a {dialect} database.",
            f"write one that starts with {dialect}, or change database.dialect.",
        )


def _not_a_key(value: str) -> str | None:
    try:
        key = json.loads(value)
    except (ValueError, RecursionError):
        return "it is not JSON"
    missing = [k for k in _KEYS if not isinstance(key, dict) or not key.get(k)]
    if missing:
        return f"{', '.join(missing)} is missing"
    return None if key["type"] == "service_account" else "its type is not service_account"
