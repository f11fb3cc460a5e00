"""Every stack of a project, with what decides whether a change touches it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from hubctl.review.affected import Known, named_file
from hubctl.review.cloud_logins import logins
from hubctl.stackfile import find
from model.derived.clouds import needed
from model.derived.flavour import chart_pins


def known_stacks(project: Path) -> list[Known]:
    """Every stack of the project as it is now."""
    out = []
    for path in sorted((project / "stacks").glob("Pulumi.*.yaml")):
        stack = find.read(path)
        hub = stack.hub
        clouds: frozenset[str] | None = None
        files: set[str] = set()
        if hub is not None:
            clouds = frozenset(needed(hub))
            named = [hub.secrets_file, *(pin.source for _, pin in chart_pins(hub).values())]
            files = {f for f in map(named_file, named) if f}
        out.append(
            Known(
                name=stack.name,
                file=path.relative_to(project).as_posix(),
                stage=hub.stage if hub else "production",
                clouds=clouds,
                files=frozenset(files),
                logins=_logins(path, clouds),
                # Of a file that cannot be read nobody knows, and a preview could show secrets.
                adopting=hub is None or bool(hub.adopt.releases),
            )
        )
    return out


_PROVIDER = re.compile(r"^secretsprovider:[ \t]*[\"']?(?P<address>\S+)", re.MULTILINE)


def _logins(path: Path, clouds: frozenset[str] | None) -> frozenset[str]:
    """What a job on this stack logs in to; the state's address is the engine's own variable."""
    text = path.read_text(encoding="utf-8")
    provider = _PROVIDER.search(text)
    filed = find.secrets_file(path, text)
    return logins(
        clouds,
        backend=os.environ.get("PULUMI_BACKEND_URL", ""),
        provider=provider["address"] if provider else "",
        opened_by=filed.opened_by if filed else (),
    )
