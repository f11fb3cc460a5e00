"""Write a stack file: a new one over nothing that exists, an edited one in one step."""

from __future__ import annotations

import os
from pathlib import Path

from hubctl.console.errors import Problem


def write_new(path: Path, text: str) -> None:
    """Write a file that must not exist yet; raises Problem."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise Problem(f"{path} exists; nothing was written.", status=2) from None
    except OSError as error:
        raise Problem(f"{path} cannot be written: {error.strerror}.", status=2) from None


def write(path: Path, text: str) -> None:
    """Replace a file's text in one step; raises Problem."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise Problem(f"{path} cannot be written: {error.strerror}.") from None
