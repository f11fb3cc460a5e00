"""The stack files of `examples/`. What is in `stacks/` belongs to whoever runs hubs from a checkout,
and only tests/stacks looks at it."""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
STACKS = sorted((CHECKOUT / "examples").glob("Pulumi.*.yaml"))
NAMES = [path.name.split(".")[1] for path in STACKS]


def path_of(name: str) -> Path:
    """The file of one example: demo, climate or ecology."""
    return CHECKOUT / "examples" / f"Pulumi.{name}.yaml"
