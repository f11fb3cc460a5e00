"""The result of a check, as doctor and smoke report it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hubctl.console.output import print_table

State = Literal["ok", "warning", "error", "skipped"]


@dataclass(frozen=True, kw_only=True)
class Check:
    """`detail` is what was seen, `fix` what to do about it. Neither holds a secret."""

    name: str
    state: State
    detail: str
    fix: str = ""
    seconds: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        out: dict[str, Any] = {"name": self.name, "state": self.state, "detail": self.detail}
        if self.fix:
            out["fix"] = self.fix
        if self.seconds is not None:
            out["seconds"] = round(self.seconds, 3)
        return out


def failed(checks: Sequence[Check]) -> bool:
    """Whether any is an error; warnings and skipped ones are not."""
    return any(check.state == "error" for check in checks)


def show(checks: Sequence[Check]) -> None:
    """A table, then what to do about each trouble."""
    print_table(("check", "", "seen"), [(c.name, c.state, c.detail) for c in checks])
    for check in checks:
        if check.fix and check.state in ("error", "warning"):
            print(f"\n{check.name}: {check.fix}")
