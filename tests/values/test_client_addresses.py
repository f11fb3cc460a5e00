"""The rate limit counts by client address: whose word BinderHub takes for it.

That the fragment does so in a real server is seen in `tests/hub/test_client_addresses.py`."""

from __future__ import annotations

from typing import Any

import pytest

from model.derived.resolved import ResolvedHub
from tests.values.hubs import hub
from values.sections.binderhub_config import client_addresses, extra_config

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
    assert ("30-client-addresses" in extra_config(ResolvedHub(changed))) is (wanted is not None)
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
