"""HTTP to a hub: certificates are checked, nothing is retried, a token goes to the hub only."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests

from hubctl.console.errors import NoAnswer

CONNECT, READ = 10.0, 30.0
# BinderHub sends a sign of life every 25 seconds.
SILENCE = 90.0


def explain(error: requests.RequestException, url: str) -> str:
    """What went wrong, without the library's own names."""
    host = urlsplit(url).netloc
    text = str(error)
    if isinstance(error, requests.exceptions.SSLError):
        if "doesn't match" in text or "Hostname mismatch" in text or "IP address mismatch" in text:
            return f"the certificate of {host} is for another host"
        if "expired" in text:
            return f"the certificate of {host} has expired"
        if "self-signed" in text or "self signed" in text or "unable to get local issuer" in text:
            return f"the certificate of {host} is not from an authority that is trusted here"
        return f"TLS with {host} fails"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"{host} did not accept a connection within {CONNECT:.0f} seconds"
    if isinstance(error, requests.exceptions.Timeout) or "Read timed out" in text:
        return f"{host} stopped answering"
    if "NameResolutionError" in text or "getaddrinfo" in text or "Name or service" in text:
        return f"{host} is not in DNS"
    if "refused" in text:
        return f"{host} refuses connections"
    return f"{host}: the connection broke ({type(error).__name__})"


class Client:
    """Requests to one hub. `ca` is a file of further authorities to trust."""

    def __init__(self, *, token: str | None = None, ca: str | None = None) -> None:
        self.token = token
        self._session = requests.Session()
        # A server answers a good token with a cookie that opens it from then on: kept, it would make
        # a wrong token look good.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        if ca:
            # A bundle named in the environment would win over it.
            self._session.trust_env = False
            self._session.verify = ca

    def request(
        self,
        method: str,
        url: str,
        *,
        token: str | None = None,
        origin: str | None = None,
        follow: bool = False,
        data: str | None = None,
    ) -> requests.Response:
        """One request; raises NoAnswer when there is no answer."""
        headers = {"User-Agent": "hubctl smoke"}
        if token:
            headers["Authorization"] = f"token {token}"
        if origin:
            headers["Origin"] = origin
        try:
            return self._session.request(
                method, url, headers=headers, data=data, allow_redirects=follow,
                timeout=(CONNECT, READ),
            )  # fmt: skip
        except requests.RequestException as error:
            raise NoAnswer(explain(error, url)) from None

    @contextmanager
    def stream(
        self, url: str, *, origin: str | None, deadline: float, silence: float = SILENCE
    ) -> Iterator[tuple[requests.Response, Iterator[bytes]]]:
        """An event stream and its lines. Raises NoAnswer when it breaks, is silent for longer than
        `silence` seconds, or is not over at `deadline` (monotonic seconds)."""
        headers = {"Accept": "text/event-stream", "User-Agent": "hubctl smoke"}
        if self.token:
            headers["Authorization"] = f"token {self.token}"
        if origin:
            headers["Origin"] = origin
        try:
            response = self._session.get(
                url, headers=headers, stream=True, allow_redirects=False, timeout=(CONNECT, silence)
            )
        except requests.RequestException as error:
            raise NoAnswer(explain(error, url)) from None
        try:
            yield response, self._lines(response, url, deadline)
        finally:
            response.close()

    @staticmethod
    def _lines(response: requests.Response, url: str, deadline: float) -> Iterator[bytes]:
        try:
            for line in response.iter_lines(chunk_size=1):
                if time.monotonic() > deadline:
                    raise NoAnswer("the launch took longer than --timeout")
                yield line
        except requests.exceptions.ChunkedEncodingError:
            return  # cut in the middle; the events so far say where
        except requests.RequestException as error:
            raise NoAnswer(explain(error, url)) from None
