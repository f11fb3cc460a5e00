"""What git knows: changed files, and files of another revision. Reads only."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from hubctl.console.errors import Problem
from hubctl.console.subprocesses import Run, require, run


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
        import subprocess  # bytes, which `subprocesses.run` does not give

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
