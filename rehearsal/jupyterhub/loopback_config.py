"""Runs inside JupyterHub as its main configuration file: the hub's own, kept on this machine.

Loads the file named in `loopback.json` (the chart's program, or the assembled one) and then
changes only where things listen and connect: everything on loopback, the proxy started by the
hub instead of by a pod of its own, the culler (whose address is fixed to port 8081) following
the hub's port. An external database is replaced by memory: nothing may leave the machine.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821

FOLDER = Path(__file__).resolve().parent
told: dict[str, Any] = json.loads((FOLDER / "loopback.json").read_text())

load_subconfig(told["config"])  # type: ignore[name-defined]  # noqa: F821

_base = c.JupyterHub.get("base_url", "/")
_hub = f"http://127.0.0.1:{told['hub_port']}"
c.JupyterHub.bind_url = f"http://127.0.0.1:{told['public_port']}{_base}"
c.JupyterHub.hub_bind_url = c.JupyterHub.hub_connect_url = _hub
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{told['proxy_port']}"
c.ConfigurableHTTPProxy.should_start = True
c.ConfigurableHTTPProxy.command = [told["chp"]]
if not str(c.JupyterHub.get("db_url", "")).startswith("sqlite:"):
    c.JupyterHub.db_url = "sqlite://"

for _service in c.JupyterHub.services:
    _service["command"] = [
        part.replace("http://localhost:8081", _hub) for part in _service.get("command", [])
    ]

if told["helper"]:
    # Makes the users that would have logged in, and opens their servers as they would.
    c.JupyterHub.services.append({"name": "rehearsal", "api_token": told["helper"]})
    c.JupyterHub.load_roles.append(
        {"name": "rehearsal", "services": ["rehearsal"], "scopes": ["admin:users", "tokens"]}
    )
