"""A double of GitHub's and GitLab's API on loopback: keeps comments and issues in memory."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, Any]


@dataclass
class Double:
    """`routes` maps "METHOD regex" to a function of (match, query, body); `asked` is what came."""

    routes: dict[str, Callable[..., Answer]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, target: str, body: Any, headers: dict[str, str]) -> Answer:
        self.asked.append((method, target, body, headers))
        parts = urlsplit(target)
        for pattern, route in self.routes.items():
            if match := re.fullmatch(pattern, f"{method} {parts.path}"):
                return route(match, parse_qs(parts.query), body)
        return 404, {"message": f"no route for {method} {parts.path}"}

    def written(self) -> list[tuple[str, str, Any]]:
        return [(m, t, b) for m, t, b, _ in self.asked if m != "GET"]


@contextmanager
def serve(double: Double) -> Iterator[Double]:
    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, data = double.answer(self.command, self.path, body, dict(self.headers))
            raw = json.dumps(data).encode()
            self.send_response(status)
            if status in (301, 302):
                self.send_header("Location", data["to"])
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PATCH = do_PUT = _any

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    double.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
