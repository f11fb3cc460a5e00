"""Whether both hosts answer as the stack file says, before anything is launched."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from hubctl.console.errors import NoAnswer
from hubctl.live.smoke.probe import Probe


def hub(probe: Probe) -> bool:
    """Whether JupyterHub is at the hub's address."""
    url = f"{probe.plan.hub_url}hub/api/"
    told = probe.get_json("hub", url, "check DNS, certificate and ingress with `hubctl doctor`.")
    if told is None:
        return False
    version = told.get("version") if isinstance(told, dict) else None
    if not version:
        return probe.add("hub", "error", f"{url} is not JupyterHub", "check domains.hub.")
    return probe.add("hub", "ok", f"JupyterHub {version} at {probe.plan.hub_url}")


def hub_health(probe: Probe) -> bool:
    """Whether JupyterHub calls itself healthy."""
    started = time.monotonic()
    url = f"{probe.plan.hub_url}hub/health"
    try:
        status = probe.client.request("GET", url).status_code
    except NoAnswer as error:
        return probe.add("hub health", "error", str(error), since=started)
    if status != 200:
        return probe.add("hub health", "error", f"it answered {status}", "kubectl logs deployment/hub",
                         since=started)  # fmt: skip
    return probe.add("hub health", "ok", "healthy", since=started)


def binder(probe: Probe) -> bool:
    """Whether BinderHub is at the binder's address."""
    told = probe.get_json("binder", f"{probe.plan.binder_url}versions",
                     "check DNS, certificate and ingress with `hubctl doctor`.")  # fmt: skip
    if told is None:
        return False
    version = told.get("binderhub") if isinstance(told, dict) else None
    if not version:
        return probe.add(
            "binder",
            "error",
            f"{probe.plan.binder_url} is not BinderHub",
            "check domains.binder.",
        )
    return probe.add("binder", "ok", f"BinderHub {version} at {probe.plan.binder_url}")


def binder_health(probe: Probe) -> bool:
    """Whether BinderHub reaches JupyterHub and the registry."""
    told = probe.get_json(
        "binder health", f"{probe.plan.binder_url}health", "kubectl logs deployment/binderhub"
    )
    if not isinstance(told, dict):
        return False
    ill = [
        str(c.get("service"))
        for c in told.get("checks", [])
        if isinstance(c, dict) and not c.get("ok") and not c.get("_ignore_failure")
    ]
    if not told.get("ok") or ill:
        fix = (
            "BinderHub cannot reach its registry with the credentials that it has: `hubctl doctor`."
            if "Docker registry" in ill
            else "kubectl logs deployment/binderhub"
        )
        return probe.add("binder health", "error", f"ill: {', '.join(ill) or 'unknown'}", fix)
    return probe.add("binder health", "ok", "healthy")


def binder_page(probe: Probe) -> bool:
    """Whether BinderHub's page asks for a log-in exactly when the hub is for members."""
    started = time.monotonic()
    url = probe.plan.binder_url
    try:
        response = probe.client.request("GET", url)
    except NoAnswer as error:
        return probe.add("binder page", "error", str(error), since=started)
    status, to = response.status_code, response.headers.get("location", "")
    if probe.plan.members_only:
        host = urlsplit(to).netloc
        if status in (302, 303) and "oauth2/authorize" in to:
            if host in (urlsplit(probe.plan.hub_url).netloc, ""):
                return probe.add("binder page", "ok", "asks visitors to log in", since=started)
            return probe.add("binder page", "error", f"it sends visitors to {host} to log in",
                             "BinderHub.hub_url must be the hub's public address.",
                             started)  # fmt: skip
        return probe.add("binder page", "error", f"it answered {status} without asking for a log-in",
                         "a members-only hub is open to everybody: check auth and both auth_enabled.",
                         started)  # fmt: skip
    if status == 200:
        return probe.add("binder page", "ok", "open to everybody", since=started)
    fix = "404 means API-only mode; 302 means that BinderHub wants a log-in."
    return probe.add("binder page", "error", f"it answered {status}", fix, started)
