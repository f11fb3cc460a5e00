"""What git knows: changed files, and files of another revision. Reads only."""

from __future__ import annotations

import io
import os
import re
import tarfile
from pathlib import Path

from hubctl.console.errors import Problem
from hubctl.console.subprocesses import Run, require, run
from hubctl.review.affected import Known, named_file
from hubctl.review.cloud_logins import logins
from hubctl.stackfile import find
from model.derived.clouds import needed
from model.derived.flavour import chart_pins


class GitRepository:
    """The git repository around a project. Paths are from the project's folder."""

    def __init__(self, project: Path, run: Run = run) -> None:
        self.project = project
        self._run = run

    def _git(self, *words: str, why: str) -> str:
        return require(["git", *words], why, run=self._run, cwd=self.project)

    def commit(self, ref: str) -> str:
        """The commit that a name stands for; raises Problem (misuse) when there is none."""
        done = self._run(
            ["git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"],
            cwd=self.project,
        )
        if not done.ok:
            raise Problem(
                f"git knows no commit {ref!r} in {self.project}; fetch it first "
                f"(in CI, check out with the whole history).",
                status=2,
            )
        return done.out.strip()

    def merge_base(self, base: str, head: str = "HEAD") -> str:
        """Where two lines of work parted: a pull request changes only what came after."""
        return self._git(
            "merge-base",
            self.commit(base),
            self.commit(head),
            why=f"{base} and {head} have no common history here (in CI, fetch all of it)",
        ).strip()

    def changed(self, base: str, head: str | None = None) -> list[str]:
        """Files that differ between a commit and another; None: this folder, uncommitted too."""
        words = ["diff", "--name-only", "-z", "--no-renames", "--relative", base]
        out = self._git(*words, *([head] if head else []), "--", why="git cannot compare")
        files = [name for name in out.split("\0") if name]
        if head is None:
            more = self._git(
                "ls-files", "-z", "--others", "--exclude-standard", why="git cannot list files"
            )
            files += [name for name in more.split("\0") if name]
        return files

    def show(self, commit: str, path: str) -> str | None:
        """A file's text at a commit; None when it was not there."""
        done = self._run(["git", "show", f"{commit}:./{path}"], cwd=self.project)
        return done.out if done.ok else None

    def unpack(self, commit: str, places: list[str], target: Path) -> None:
        """Write the tree of a commit (only `places` that it has) to a folder."""
        import subprocess  # bytes, which `programs.run` does not give

        have = self._git(
            "ls-tree", "--name-only", "-z", commit, "--", *places, why="git cannot list a revision"
        )
        names = [n for n in have.split("\0") if n]
        done = subprocess.run(
            ["git", "archive", "--format=tar", commit, "--", *names],
            cwd=self.project,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise Problem(f"git cannot unpack {commit[:12]}: {done.stderr.decode()[:200].strip()}.")
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(target, filter="data")


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
