"""What hubctl asks of a code host, and the one edge over which it asks."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from hubctl.console.errors import Problem

_PAGE = 100
_PAGES = 30
_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Job:
    """A finished job of this run. `step` is the first step that failed, when the code host tells."""

    name: str
    ok: bool
    url: str
    step: str = ""


class CodeHost(Protocol):
    """A project on GitHub or GitLab. Every method raises Problem when the code host refuses."""

    def pull_request(self) -> int | None:
        """The pull request that this job is about; None when it is not open any more."""

    def comment(self, number: int, body: str, marker: str) -> str:
        """Write a comment, or edit our own one that starts with `marker`; its address."""

    def jobs(self, prefix: str) -> list[Job]:
        """The finished jobs of this run whose name starts with `prefix`."""

    def issue(self, title: str, body: str, marker: str, *, wanted: bool) -> str | None:
        """`wanted`: open an issue, or edit our open one. Otherwise close our open one. Its
        address, or None when there is none."""


class Api:
    """JSON over HTTPS with one token, which goes to `base` only."""

    def __init__(self, base: str, headers: Mapping[str, str]) -> None:
        parts = urllib.parse.urlsplit(base)
        # Plain HTTP would show the token; tests talk to this machine.
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
            raise Problem(f"the code host's address {base!r} is not https.", status=2)
        self._base = base.rstrip("/")
        self._headers = {**headers, "User-Agent": "hubctl", "Content-Type": "application/json"}
        self._open = urllib.request.build_opener(_NoRedirect).open

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer; raises Problem with the code host's own words."""
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            self._base + path,
            method=method,
            headers=self._headers,
            data=None if body is None else json.dumps(body).encode(),
        )
        try:
            with self._open(request, timeout=_SECONDS) as answer:
                return json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            said = _message(error.read(2000))
            raise Problem(f"{method} {path} was refused with {error.code}: {said}.") from None
        except (urllib.error.URLError, OSError, ValueError) as error:
            raise Problem(f"{method} {path} failed: {error}.") from None

    def pages(self, path: str, inside: str | None = None) -> Iterator[dict[str, Any]]:
        """Every element of a list that comes in pages; `inside` is the key that holds it."""
        sign = "&" if "?" in path else "?"
        for page in range(1, _PAGES + 1):
            found = self.ask("GET", f"{path}{sign}per_page={_PAGE}&page={page}")
            elements = found[inside] if inside else found
            yield from elements
            if len(elements) < _PAGE:
                return


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token must not follow a redirect to somewhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _message(raw: bytes) -> str:
    try:
        said = json.loads(raw)
        return str(said.get("message") or said.get("error") or "no reason given")[:300]
    except (ValueError, AttributeError):
        return "no reason given"
