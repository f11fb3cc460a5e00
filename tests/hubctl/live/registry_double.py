"""A double of a container registry on loopback: the v2 API with its token flow."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

USER, PASSWORD = "lab+builder", "registry-password-123"


class Registry:
    """`kind`: bearer, basic or open. `may` are the actions that the account is allowed."""

    def __init__(
        self, kind: str = "bearer", may: str = "pull,push", realm: str | None = None
    ) -> None:
        self.kind, self.may = kind, may
        self.uploads: set[str] = set()
        self.scopes: list[str] = []
        bound = type("Bound", (_Handler,), {"registry": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.realm = realm or f"{self.url}/token"

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    registry: Registry
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def reply(self, status: int, body: Any = None, **headers: str) -> None:
        text = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    @property
    def basic(self) -> bool:
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        return self.headers.get("authorization") == f"Basic {pair}"

    def _any(self) -> None:
        registry, parts = self.registry, urlsplit(self.path)
        if parts.path == "/token":
            if not self.basic:
                return self.reply(401, {"errors": [{"code": "UNAUTHORIZED"}]})
            scope = parse_qs(parts.query)["scope"][0]
            registry.scopes.append(scope)
            return self.reply(200, {"token": f"issued:{scope}"})
        allowed = registry.kind == "open"
        if registry.kind == "basic":
            allowed = self.basic
        elif registry.kind == "bearer":
            allowed = self.headers.get("authorization", "").startswith("Bearer issued:")
        if not allowed:
            challenge = f'Bearer realm="{registry.realm}",service="double"'
            if registry.kind == "basic":
                challenge = 'Basic realm="double"'
            return self.reply(401, {"errors": []}, WWW_Authenticate=challenge)
        if parts.path == "/v2/":
            return self.reply(200, {})
        action = "pull" if self.command == "GET" else "push"
        if action not in registry.may:
            return self.reply(403, {"errors": [{"code": "DENIED"}]})
        if self.command == "GET":
            return self.reply(404, {"errors": [{"code": "MANIFEST_UNKNOWN"}]})
        if self.command == "POST" and parts.path.endswith("/blobs/uploads/"):
            where = f"{parts.path}0-1-2"
            registry.uploads.add(where)
            return self.reply(202, None, Location=where)
        registry.uploads.discard(parts.path)
        return self.reply(204)

    do_GET = do_POST = do_DELETE = _any
