"""Find stack files by name or path, and read them."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import yaml

from hubctl.console.errors import Problem
from model.findings import errors
from model.hub import Hub
from model.stackfile.read import PROJECT, Stack, read_text
from model.stackfile.sops import SecretsFile, load, project_folder

_FILE = re.compile(r"Pulumi\.(?P<name>.+)\.ya?ml\Z")


def project_root(start: Path | None = None) -> Path:
    """The folder with Pulumi.yaml, at or above `start` (default: here); else the checkout's."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").is_file() and (folder / "stacks").is_dir():
            return folder
    return Path(__file__).resolve().parents[2]


def all_files() -> list[Path]:
    """Every stack file of the project, by name."""
    return [_short(p) for p in sorted((project_root() / "stacks").glob("Pulumi.*.yaml"))]


def _short(path: Path) -> Path:
    """The path as a person at the current folder would write it."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def find(stack: str) -> Path:
    """The file of a stack given by name or path; raises Problem (misuse) when there is none."""
    path = Path(stack)
    try:
        if path.is_file():
            return path
    except (OSError, ValueError):
        raise Problem(f"{stack[:80]!r} is no stack and no file.", status=2) from None
    if stack and path.is_dir() and not _stack_file(stack).is_file():
        raise Problem(
            f"{stack} is a folder; name a stack, or a file in it"
            + (f" such as {inside[0]}." if (inside := sorted(path.glob("Pulumi.*.yaml"))) else "."),
            status=2,
        )
    if "/" in stack or stack.endswith((".yaml", ".yml")):
        raise Problem(f"there is no file {stack}.", status=2)
    path = _stack_file(stack)
    if path.is_file():
        return _short(path)
    names = [name_of(p) for p in all_files()]
    near = difflib.get_close_matches(stack, names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(names) or 'none'}."
    raise Problem(f"there is no stack {stack!r} in {path.parent}; {hint}", status=2)


def _stack_file(name: str) -> Path:
    return project_root() / "stacks" / f"Pulumi.{name}.yaml"


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
    return read_text(name_of(path), text, secrets_file(path, text))


def secrets_named(text: str) -> str | None:
    """The path in a stack file's `secretsFile`, if any; it starts at the project's folder."""
    if "secretsFile" not in text:
        return None
    try:
        document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
        named = document["config"][f"{PROJECT}:secretsFile"]
    except (yaml.YAMLError, ValueError, RecursionError, KeyError, TypeError):
        return None  # no such key, or a file that is no stack file, which is said elsewhere
    return named if isinstance(named, str) else None


def secrets_file(path: Path, text: str) -> SecretsFile | None:
    """What the `secretsFile` of a stack file (its path and text) holds."""
    named = secrets_named(text)
    if named is None:
        return None
    folder = project_folder(path.resolve())
    return load(named, lambda name: (folder / name).read_text(encoding="utf-8"))


_UNSET_SECRETS = ("BH103", "BH074")


def usable(path: Path, *, secrets: bool = True) -> tuple[Stack, Hub]:
    """Read one file for a command that needs a sound hub; raises Problem with every error in it.

    `secrets` False: for commands that never look at them, one that is not set yet is no error.
    """
    stack = read(path)
    bad = [f for f in errors(stack.findings) if secrets or f.rule not in _UNSET_SECRETS]
    if stack.hub is None or bad:
        lines = "".join(f"\n  {finding.text()}" for finding in bad)
        count = f"{len(bad)} error{'s' * (len(bad) != 1)}"
        raise Problem(f"{path} has {count}:{lines}")
    return stack, stack.hub
