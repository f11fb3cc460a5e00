"""The rate limit counts by client address: whose word BinderHub takes for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.values.hubs import hub
from values.binderhub_config import client_addresses, extra_config
from values.fragments import fragment

INGRESSES: list[tuple[dict[str, Any], dict[str, Any] | None]] = [
    ({"className": "nginx"}, None),
    ({"className": "traefik"}, None),
    ({"className": "alb"}, {"proxies": ["203.0.113.10"], "realIp": False}),
    ({"className": "gce"}, {"proxies": ["203.0.113.10"], "realIp": False}),
    ({"gateway": {"name": "g", "namespace": "n"}}, {"proxies": ["203.0.113.10"], "realIp": False}),
]


@pytest.mark.parametrize(("ingress", "wanted"), INGRESSES)
def test_everybody_would_share_one_limit_or_write_their_own_address(
    ingress: dict[str, Any], wanted: dict[str, Any] | None
) -> None:
    changed = hub("open-gke", cluster={"ingress": ingress})
    got = client_addresses(changed)
    assert ("30-client-addresses" in extra_config(changed)) is (wanted is not None)
    if wanted is None:
        assert got is None
    elif ingress.get("className") == "alb":
        # An AWS load balancer appends the client's address and nothing after it.
        assert got == {"proxies": [], "realIp": False, "forwarded": True}
    else:
        assert got == {**wanted, "forwarded": True}


def test_without_any_proxy_no_header_is_believed() -> None:
    assert client_addresses(hub("load-balancers")) == {
        "proxies": [],
        "realIp": False,
        "forwarded": False,
    }


HEADERS = [
    # settings, headers, address that counts
    ({"proxies": ["203.0.113.10"], "realIp": False, "forwarded": True},
     {"X-Forwarded-For": "198.51.100.7, 203.0.113.10"}, "198.51.100.7"),
    ({"proxies": ["203.0.113.10"], "realIp": False, "forwarded": True},
     {"X-Forwarded-For": "198.51.100.7, 203.0.113.10", "X-Real-Ip": "192.0.2.1"}, "198.51.100.7"),
    ({"proxies": [], "realIp": False, "forwarded": False},
     {"X-Forwarded-For": "192.0.2.1", "X-Real-Ip": "192.0.2.1"}, "10.0.0.9"),
    ({"proxies": ["203.0.113.99"], "realIp": True, "forwarded": True},
     {"X-Forwarded-For": "198.51.100.7, 203.0.113.99"}, "198.51.100.7"),
]  # fmt: skip


@pytest.mark.parametrize(("clients", "headers", "address"), HEADERS)
def test_the_address_that_counts_is_not_the_one_a_client_writes(
    clients: dict[str, Any],
    headers: dict[str, str],
    address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("tornado", reason="tornado, which BinderHub runs on, is not installed")
    from tornado import httpserver, httputil

    monkeypatch.setenv("BINDERHUB_CLIENT_ADDRESSES", json.dumps(clients))
    context_class = httpserver._HTTPRequestContext
    monkeypatch.setattr(context_class, "_apply_xheaders", context_class._apply_xheaders)
    exec(compile(fragment("client_addresses"), "client_addresses", "exec"), {"c": None})
    context = context_class.__new__(context_class)
    context.address_family, context.remote_ip, context.protocol = 2, "10.0.0.9", "http"
    context._orig_remote_ip, context._orig_protocol = "10.0.0.9", "http"
    context.trusted_downstream = set()
    context._apply_xheaders(httputil.HTTPHeaders(headers))
    assert context.remote_ip == address
