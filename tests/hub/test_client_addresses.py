"""Which address BinderHub's rate limit counts by, asked of a real tornado server.

BinderHub serves with `HTTPServer(app, xheaders=True)`; the fragment changes what that believes.
Requests come from 127.0.0.1, which stands for the ingress.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from lab.install.jupyterhub_env import HubEnv
from values.sections.fragments import fragment

PROGRAM = """
import asyncio, json, sys
from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

told = json.load(sys.stdin)
exec(compile(told["fragment"], "client_addresses", "exec"), {"c": None})

class Say(RequestHandler):
    def get(self):
        self.write(self.request.remote_ip)

async def main():
    listener, port = bind_unused_port("127.0.0.1")
    server = HTTPServer(Application([("/", Say)]), xheaders=True)
    server.add_socket(listener)
    answer = await AsyncHTTPClient().fetch(f"http://127.0.0.1:{port}/", headers=told["headers"])
    print(answer.body.decode())

asyncio.run(main())
"""
BEHIND = {"proxies": ["203.0.113.10"], "realIp": False, "forwarded": True}
ROWS: dict[str, tuple[dict[str, Any], dict[str, str], str]] = {
    "a load balancer appends itself": (
        BEHIND,
        {"X-Forwarded-For": "198.51.100.7, 203.0.113.10"},
        "198.51.100.7",
    ),
    "a client writes X-Real-Ip": (
        BEHIND,
        {"X-Forwarded-For": "198.51.100.7, 203.0.113.10", "X-Real-Ip": "192.0.2.1"},
        "198.51.100.7",
    ),
    "a client writes X-Forwarded-For": (
        BEHIND,
        {"X-Forwarded-For": "192.0.2.1, 198.51.100.7, 203.0.113.10"},
        "198.51.100.7",
    ),
    "no proxy at all": (
        {"proxies": [], "realIp": False, "forwarded": False},
        {"X-Forwarded-For": "192.0.2.1", "X-Real-Ip": "192.0.2.1"},
        "127.0.0.1",
    ),
    "a proxy before an nginx": (
        {"proxies": ["203.0.113.99"], "realIp": True, "forwarded": True},
        {"X-Forwarded-For": "198.51.100.7, 203.0.113.99"},
        "198.51.100.7",
    ),
}


@pytest.mark.hub
@pytest.mark.parametrize("row", ROWS)
def test_the_address_that_counts_is_not_the_one_a_client_writes(hub_env: HubEnv, row: str) -> None:
    clients, headers, address = ROWS[row]
    done = subprocess.run(
        [hub_env.python, "-c", PROGRAM],
        input=json.dumps({"fragment": fragment("client_addresses"), "headers": headers}),
        env={**hub_env.environment(), "BINDERHUB_CLIENT_ADDRESSES": json.dumps(clients)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip() == address, done.stderr
