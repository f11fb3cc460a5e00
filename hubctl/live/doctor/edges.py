"""Everything that the checks ask outside this process. Tests give their own answers."""

from __future__ import annotations

import datetime
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hubctl.console.errors import NoAnswer
from hubctl.console.subprocesses import Run, run

Http = Callable[..., Any]
"""`http(method, url, headers=..., auth=...)` -> a response with status_code, headers, json();
raises hubctl.console.errors.NoAnswer."""


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What a host showed. `problem` is why it is not trusted; `ends` is known when it is."""

    problem: str | None = None
    issuer: str = ""
    ends: datetime.datetime | None = None


def resolve(host: str) -> list[str]:
    """IPv4 and IPv6 addresses of a host; none when it is not in DNS."""
    try:
        found = socket.getaddrinfo(host, 443, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        return []
    return sorted({str(entry[4][0]) for entry in found})


def certificate(
    host: str, *, address: str | None = None, port: int = 443, ca: str | None = None
) -> Certificate:
    """Ask a host for its certificate; `address` is asked instead of what DNS says."""
    context = ssl.create_default_context(cafile=ca)
    try:
        with (
            socket.create_connection((address or host, port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            told: Any = secure.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return Certificate(problem=_why(error))
    except ssl.SSLError:
        return Certificate(problem="TLS does not work there")
    except OSError as error:
        return Certificate(problem=f"no connection: {error.strerror or type(error).__name__}")
    issuer = {key: value for part in told.get("issuer", ()) for key, value in part}
    ends = datetime.datetime.fromtimestamp(
        ssl.cert_time_to_seconds(told["notAfter"]), tz=datetime.UTC
    )
    name = f"{issuer.get('organizationName', '')} {issuer.get('commonName', '')}".strip()
    return Certificate(issuer=name, ends=ends)


def _why(error: ssl.SSLCertVerificationError) -> str:
    text = error.verify_message or str(error)
    if "mismatch" in text or "doesn't match" in text:
        return "it is for another host"
    if "expired" in text:
        return "it has expired"
    if "self-signed" in text or "self signed" in text or "local issuer" in text:
        return "its authority is not trusted (a staging issuer, or the controller's own)"
    return text


def http(method: str, url: str, **options: Any) -> Any:
    """A request without redirects; raises NoAnswer."""
    import requests

    from hubctl.live.smoke.client import CONNECT, READ, explain

    try:
        return requests.request(
            method, url, allow_redirects=False, timeout=(CONNECT, READ), **options
        )
    except requests.RequestException as error:
        raise NoAnswer(explain(error, url)) from None


def now() -> datetime.datetime:
    """The time."""
    return datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True, kw_only=True)
class Edges:
    """Every way out of this process, with the real one as default."""

    run: Run = run
    resolve: Callable[[str], list[str]] = resolve
    certificate: Callable[..., Certificate] = certificate
    http: Http = http
    now: Callable[[], datetime.datetime] = field(default=now)
