"""First install method: a suitable version that the machine already has on PATH."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from lab.install.pins import PathCheck, PinnedTool, Version, show

_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_PATIENCE = 20.0  # Seconds; a version command that hangs must not hang the lab.


def parse_version(text: str) -> Version | None:
    """The first `x.y` or `x.y.z` in `text`."""
    match = _VERSION.search(text)
    return tuple(int(part) for part in match.groups(default="0")) if match else None


def find(pin: PinnedTool) -> tuple[Path | None, str]:
    """The binary on PATH if it is suitable, with a sentence that says what was seen."""
    return suitable(pin.name, pin.on_path)


def suitable(name: str, check: PathCheck) -> tuple[Path | None, str]:
    """The same for any program."""
    located = shutil.which(name)
    if located is None:
        return None, "not on PATH"
    path = Path(located).absolute()
    missing = [name for name in check.siblings if not (path.parent / name).is_file()]
    if missing:
        return None, f"{path} lacks {', '.join(missing)} beside it"
    asked = path.parent / check.command if check.command else path
    try:
        answer = subprocess.run(
            [str(asked), *check.args],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "GOTOOLCHAIN": "local"},  # Or Go answers for another Go.
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return None, f"{asked} did not tell its version ({type(error).__name__})"
    version = parse_version(answer.stdout) or parse_version(answer.stderr)
    if version is None:
        return None, f"{asked} did not tell its version"
    if not check.minimum <= version < check.below:
        wanted = f"at least {show(check.minimum)} and below {show(check.below)}"
        return None, f"{path} is version {show(version)}, not {wanted}"
    return path, f"{path}, version {show(version)}"
