"""A double of BinderHub and JupyterHub on loopback, for smoke's tests.

It speaks what the real ones were seen to speak (the BinderHub of both pinned charts with a real
JupyterHub and Jupyter server): the event stream in chunks with `data:` lines, keepalives and status
200 for failures, held open after a build; refusals in one piece; health as 503 with its checks,
redirects to the log-in, tokens, named servers that stay known when they are only stopped.
`Double.fault` chooses what goes wrong.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

MEMBER_TOKEN = "member-token-0123456789"
SERVER_TOKEN = "server-token-9876543210"
IMAGE = "quay.io/lab/lab-binder-2dexamples-2drequirements-55ab5c:abcdef"


class Authority:
    """A certificate authority for loopback, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "double's authority")])
        self._certificate = self._sign(self._name, self._key, None, authority=True)
        self.file = folder / "ca.pem"
        self.file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def _sign(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, host: str | None, *,
        authority: bool = False, expired: bool = False,
    ) -> x509.Certificate:  # fmt: skip
        now = datetime.datetime.now(datetime.UTC)
        end = now - datetime.timedelta(days=1) if expired else now + datetime.timedelta(days=9)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=30))
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if host:
            try:
                names: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
            except ValueError:
                names = x509.DNSName(host)
            builder = builder.add_extension(x509.SubjectAlternativeName([names]), critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def context(self, host: str = "127.0.0.1", *, expired: bool = False) -> ssl.SSLContext:
        """A server's TLS with a certificate for `host`."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        path = self.folder / f"{host}-{expired}.pem"
        path.write_bytes(
            self._sign(name, key, host, expired=expired).public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


class Double:
    """Both hosts. `requests` are (method, path, authorization) in order; `servers` run, `stopped`
    are those that the hub still knows."""

    def __init__(
        self, *, members: bool = False, named: bool = False, cors: str | None = None,
        built: bool = False, fault: str | None = None,
        tls: ssl.SSLContext | None = None, binder_tls: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self.members, self.named, self.cors = members, named, cors
        self.built, self.fault = built, fault
        self.servers: set[str] = set()
        self.stopped: set[str] = set()
        self.requests: list[tuple[str, str, str]] = []
        self._ended = threading.Event()
        self._hub = self._listen(HubHandler, tls)
        self._binder = self._listen(BinderHandler, binder_tls or tls)
        scheme = "https" if tls else "http"
        self.hub_url = f"{scheme}://127.0.0.1:{self._hub.server_address[1]}/"
        self.binder_url = f"{scheme}://127.0.0.1:{self._binder.server_address[1]}/"

    def _listen(self, handler: type[Handler], tls: ssl.SSLContext | None) -> ThreadingHTTPServer:
        bound = type("Bound", (handler,), {"double": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server

    @property
    def user(self) -> str:
        return "ada" if self.members else "lab-requirements-x1y2z3"

    @property
    def path(self) -> str:
        """The path of the launched server."""
        return f"/user/{self.user}/" + ("req-abc/" if self.named else "")

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than the test."""
        self._ended.wait(seconds)

    def close(self) -> None:
        self._ended.set()
        for server in (self._hub, self._binder):
            server.shutdown()
            server.server_close()

    def __enter__(self) -> Double:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Handler(BaseHTTPRequestHandler):
    double: Double
    body: bytes
    protocol_version = "HTTP/1.1"
    server_version = "TornadoServer/6.5"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def handle_one(self) -> None:
        raise NotImplementedError

    def _any(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        self.body = self.rfile.read(length)
        said = self.headers.get("authorization", "")
        self.double.requests.append((self.command, self.path, said))
        try:
            self.handle_one()
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True

    do_GET = do_POST = do_DELETE = _any

    @property
    def token(self) -> str:
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token if kind.lower() in ("token", "bearer") else ""

    def reply(self, status: int, body: Any = None, headers: dict[str, str] | None = None) -> None:
        text = (
            b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        )
        kind = "text/html" if isinstance(body, bytes) else "application/json"
        self.send_response(status)
        for name, value in {"Content-Type": kind, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class BinderHandler(Handler):
    """BinderHub."""

    def cors(self) -> dict[str, str]:
        allowed = {"Access-Control-Allow-Headers": "cache-control"}
        if self.double.cors:
            allowed["Access-Control-Allow-Origin"] = self.double.cors
        return allowed

    def handle_one(self) -> None:
        path, fault = urlsplit(self.path).path, self.double.fault
        if path == "/versions":
            if fault == "no-json":
                return self.reply(200, b"<html>default backend</html>")
            image = "quay.io/jupyterhub/repo2docker:2024.07.0"
            told = {"builder_info": {"build_image": image}, "builder": image,
                    "binderhub": "1.0.0-0.dev.git.3622.h1f89f00"}  # fmt: skip
            return self.reply(200, told, {"Access-Control-Allow-Origin": "*", **self.cors()})
        if path == "/health":
            ill = fault == "registry-ill"
            checks = [
                {"service": "Docker registry", "ok": not ill},
                {"service": "JupyterHub API", "ok": True},
                {"service": "Pod quota", "total_pods": 9, "build_pods": 1, "user_pods": 8, "quota": 5,
                 "ok": False, "_ignore_failure": True},
            ]  # fmt: skip
            return self.reply(503 if ill else 200, {"ok": not ill, "checks": checks}, self.cors())
        if path.startswith("/build/"):
            return self.build(path)
        if path == "/":
            if fault == "api-only":
                return self.reply(404, b"<html>404</html>")
            if self.double.members and fault != "no-login":
                home = (
                    "https://elsewhere.example.org/"
                    if fault == "login-elsewhere"
                    else self.double.hub_url
                )
                to = (f"{home}hub/api/oauth2/authorize?client_id=service-binder&response_type=code"
                      "&redirect_uri=https%3A%2F%2Fbinder.example.org%2Foauth_callback&state=x")  # fmt: skip
                return self.reply(302, b"", {"Location": to})
            return self.reply(200, b"<html>Binder</html>", self.cors())
        return self.reply(404, b"<html>404</html>")

    # --- the event stream -------------------------------------------------------------------

    def chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def emit(self, **event: Any) -> None:
        self.chunk(f"data: {json.dumps(event)}\n\n".encode())

    def build(self, path: str) -> None:
        fault = self.double.fault
        if fault == "gateway-timeout":
            return self.reply(504, b"<html>504 Gateway Time-out</html>")
        kind = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", **self.cors()}
        if refused := self.refused(fault):
            # Said before the stream begins: one event in an answer of known length.
            return self.reply(200, f"data: {json.dumps(refused)}\n\n".encode(), kind)
        if not self.double.members:
            kind |= {"X-Ratelimit-Remaining": "9", "X-Ratelimit-Reset": "1795343388", "X-Ratelimit-Limit": "10"}  # fmt: skip
        self.send_response(200)
        for name, value in {**kind, "Transfer-Encoding": "chunked"}.items():
            self.send_header(name, value)
        self.end_headers()
        if fault == "cut-midline":
            self.chunk(b'data: {"phase": "waiting", "mess')
        elif fault != "mute":
            self.stream(path, fault)
        if fault in ("cut", "cut-midline"):
            # As when a proxy drops the connection: no last chunk.
            self.close_connection = True
            return None
        if fault in ("mute", "silent"):
            self.double.pause(30)
            self.close_connection = True
            return None
        return self.chunk(b"")

    def refused(self, fault: str | None) -> dict[str, Any] | None:
        """The event of a request that BinderHub does not even begin with."""
        failed = {"phase": "failed"}
        if "text/event-stream" not in self.headers.get("accept", "").split(";"):
            return {**failed, "status_code": 400, "message": "Missing Accept header: text/event-stream\n"}  # fmt: skip
        if self.double.members and self.token != MEMBER_TOKEN:
            return {**failed, "status_code": 403, "message": "Forbidden\n"}
        if fault == "banned-address":
            return {**failed, "status_code": 403, "message": "Requests from a cloud are not allowed\n"}  # fmt: skip
        if fault == "rate-limit":
            return {**failed, "status_code": 429, "message": "Rate limit exceeded. Try again in 3600 seconds.\n"}  # fmt: skip
        return None

    def stream(self, path: str, fault: str | None) -> None:
        provider, _, spec = path.removeprefix("/build/").partition("/")
        if fault == "no-provider":
            return self.emit(phase="failed", message=f"No provider found for prefix {provider}\n")
        if fault == "refused":
            return self.emit(
                phase="failed",
                message=f"Sorry, {spec} is not allowed to launch. Please contact admins for more info!",
            )
        if fault == "no-repo":
            return self.emit(
                phase="failed",
                message=f"Could not resolve ref for {provider}:{spec}. Double check your URL and that your repo is public.\n",
            )
        if fault == "no-answer":
            said = "GitHub rate limit exceeded. Try again in 15 minutes."
            return self.emit(phase="failed", message=f"Error resolving ref for {provider}:{spec}: {said}\n")  # fmt: skip
        if fault == "garbage":
            return self.chunk(b"data: <html>oops\n\n")
        if self.double.built:
            self.emit(phase="built", imageName=IMAGE, message="Found built image, launching...\n")
        elif fault == "quota":
            return self.full()
        elif not self.make(fault):
            return None
        self.start(fault)
        if not self.double.built:
            # After a build the stream is held open, so that browsers do not ask again.
            self.double.pause(60)
        return None

    def full(self) -> None:
        """No pod may be added: said before a build, and before a launch."""
        self.emit(phase="failed", message="Too many users on this BinderHub! Try again soon.\n")

    def log(self, phase: str, message: str) -> None:
        """A line of repo2docker's log, passed on with its end."""
        self.chunk(f"data: {json.dumps({'message': message, 'phase': phase})}\n\n\n".encode())

    def make(self, fault: str | None) -> bool:
        """Build and push, as repo2docker logs it; whether it went well."""
        self.emit(phase="waiting", message="Waiting for build to start...\n")
        self.chunk(b":keepalive\n\n")
        if fault == "old-flag":
            # Not of the log's form: repo2docker ended before it began to log.
            self.emit(phase="unknown", message="--build-memory-limit is no longer supported\n")
            return self.pod_failed()
        self.log("fetching", "Cloning into '/tmp/repo2dockerx'...\n")
        self.log("building", "Step 1/40 : FROM docker.io/library/buildpack-deps:jammy\n")
        self.chunk(b":keep")  # a chunk may end anywhere
        self.chunk(b"alive\n\n")
        if fault == "build-fails":
            self.log("building", "ERROR: No matching distribution found for nonsense==99\n")
            said = "The command '/bin/sh -c pip install' returned a non-zero code: 1"
            self.log("failed", said)
            self.log("failed", f"Error during build: {said}")
            return self.pod_failed()
        if fault == "base-denied":
            said = "pull access denied for lab/base, repository does not exist"
            self.log("failed", f"Error during build: {said}")
            return self.pod_failed()
        if fault in ("cut", "silent"):
            return False
        if fault == "push-denied":
            # Refused at once: no word about pushing comes before it.
            said = "denied: requested access to the resource is denied"
            self.log("failed", said)
            self.log("failed", f"Error during build: {said}")
            return self.pod_failed()
        self.log("pushing", "Pushing image\n")
        if fault == "push-ends":
            # repo2docker 2025: the lines of `docker push`, then its exit.
            self.log(
                "pushing", "unauthorized: access to the requested resource is not authorized\n"
            )
            self.log("failed", "Error during build: Command '['docker', 'push']' returned 1.")
            return self.pod_failed()
        self.log("pushing", f"Successfully pushed {IMAGE}")
        self.emit(phase="built", message="Built image, launching...\n", imageName=IMAGE)
        return True

    def pod_failed(self) -> bool:
        """The pod's end comes more than once, and the stream stays open after it."""
        for _ in range(3):
            self.emit(phase="failed")
        self.double.pause(60)
        return False

    def start(self, fault: str | None) -> None:
        if fault == "quota":
            return self.full()
        self.emit(phase="launching", message="Launching server...\n")
        if fault == "busy":
            for attempt in (1, 2, 3):
                self.emit(phase="launching", message=f"Launch attempt {attempt} failed, retrying...\n")  # fmt: skip
            return self.emit(
                phase="failed", status_code=409, message="User ada already has a running server.\n"
            )
        self.emit(phase="launching", message="Server requested\n")
        if fault == "launch-timeout":
            self.emit(
                phase="launching", message="0/3 nodes are available: 3 Insufficient memory.\n"
            )
            self.emit(phase="launching", message="Launch attempt 1 failed, retrying...\n")
            return self.emit(phase="failed", status_code=500,
                             message=f"Image {IMAGE} for user x took too long to launch\n")  # fmt: skip
        if fault == "launch-fails":
            return self.emit(
                phase="failed", status_code=500, message=f"Failed to launch image {IMAGE}\n"
            )
        self.double.servers.add(self.double.path)
        home = "https://elsewhere.example.org/" if fault == "elsewhere" else self.double.hub_url
        url = home.rstrip("/") + self.double.path
        if self.double.named:
            url = url.rstrip("/")  # So in the pinned version; a newer one ends it with '/'.
        return self.emit(phase="ready", message=f"server running at {url}\n", image=IMAGE,
                         repo_url="https://github.com/lab/x", token=SERVER_TOKEN,
                         binder_ref_url="https://github.com/lab/x/tree/abc",
                         binder_launch_host="https://binder.example.org/",
                         binder_request="v2/gh/lab/x/HEAD",
                         binder_persistent_request="v2/gh/lab/x/abc", url=url)  # fmt: skip


class HubHandler(Handler):
    """JupyterHub, and the launched server behind its proxy."""

    def handle_one(self) -> None:
        path, double = urlsplit(self.path).path, self.double
        if path in ("/hub/api", "/hub/api/"):
            return self.reply(200, {"version": "5.5.0"})
        if path in ("/hub/health", "/hub/api/health"):
            return self.reply(500 if double.fault == "hub-ill" else 200, b"")
        if path.startswith("/hub/api/user"):
            return self.api(path)
        if double.path in double.servers and path.startswith(double.path):
            return self.server_api(path[len(double.path) :])
        return self.reply(503 if path.startswith("/user/") else 404, b"<html>no server</html>")

    def api(self, path: str) -> None:
        double = self.double
        if self.token != MEMBER_TOKEN or not double.members:
            return self.reply(403, {"status": 403, "message": "Missing or invalid credentials."})
        name = "req-abc" if double.named else ""
        if path == "/hub/api/user":
            return self.reply(200, {"name": "ada", "kind": "user"})
        if self.command == "GET" and path == "/hub/api/users/ada":
            known = set(double.servers)
            if parse_qs(urlsplit(self.path).query).get("include_stopped_servers") == ["1"]:
                known |= double.stopped
            return self.reply(200, {"name": "ada", "servers": {name: {}} if known else {}})
        wanted = "/hub/api/users/ada/" + (f"servers/{name}" if name else "server")
        if self.command == "DELETE" and path == wanted:
            remove = bool(self.body) and bool(json.loads(self.body).get("remove"))
            if remove and not name:
                return self.reply(400, {"status": 400, "message": "Cannot delete the default server"})  # fmt: skip
            if double.fault != "stays":
                double.stopped |= (
                    double.servers if not remove or double.fault == "remembers" else set()
                )
                double.servers.clear()
            return self.reply(202, None)
        return self.reply(404, {"status": 404, "message": "Not Found"})

    def server_api(self, path: str) -> None:
        double = self.double
        right = MEMBER_TOKEN if double.members else SERVER_TOKEN
        known = "username-127-0-0-1=opened" in self.headers.get("cookie", "")
        if self.token != right and not known and double.fault != "open-door":
            return self.reply(403, {"message": "Forbidden", "reason": None})
        # As the real one does: a good token is answered with a cookie that opens it from then on.
        headers = {"Set-Cookie": "username-127-0-0-1=opened; HttpOnly; Path=/"}
        if double.cors and double.fault != "cors-half":
            origin = self.headers.get("origin", "")
            headers["Access-Control-Allow-Origin"] = origin if double.cors == "*" else double.cors
        if path == "api/status":
            if double.fault == "dead-server":
                return self.reply(404, b"<html>404</html>")
            return self.reply(
                200, {"started": "2026-01-01", "kernels": 0, "connections": 0}, headers
            )
        if path == "api/shutdown" and self.command == "POST":
            if double.fault != "stays":
                double.servers.clear()
            return self.reply(200, {})
        return self.reply(404, {"message": "Not Found"})
