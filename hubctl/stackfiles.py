"""Find stack files by name or path, and read them."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from hubctl.problem import Problem
from spec.read import Stack, read_text

_FILE = re.compile(r"Pulumi\.(?P<name>.+)\.ya?ml\Z")


def project_root(start: Path | None = None) -> Path:
    """The folder with Pulumi.yaml, at or above `start` (default: here); else the checkout's."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").is_file() and (folder / "stacks").is_dir():
            return folder
    return Path(__file__).resolve().parent.parent


def all_files() -> list[Path]:
    """Every stack file of the project, by name."""
    return sorted((project_root() / "stacks").glob("Pulumi.*.yaml"))


def find(stack: str) -> Path:
    """The file of a stack given by name or path; raises Problem (misuse) when there is none."""
    path = Path(stack)
    if path.is_file():
        return path
    if "/" in stack or stack.endswith((".yaml", ".yml")):
        raise Problem(f"there is no file {stack}.", status=2)
    path = project_root() / "stacks" / f"Pulumi.{stack}.yaml"
    if path.is_file():
        return path
    names = [name_of(p) for p in all_files()]
    near = difflib.get_close_matches(stack, names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(names) or 'none'}."
    raise Problem(f"there is no stack {stack!r} in {path.parent}; {hint}", status=2)


def name_of(path: Path) -> str:
    """The stack's, and so the hub's, name: `Pulumi.<name>.yaml`, else the file's own name."""
    match = _FILE.match(path.name)
    return match["name"] if match else path.name.split(".", 1)[0]


def read(path: Path) -> Stack:
    """Read one file; a mistake in it is a finding, an unreadable file a Problem."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise Problem(f"{path} cannot be read: {reason}.", status=2) from None
    return read_text(name_of(path), text)
