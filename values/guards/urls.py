"""Guards on hosts, certificates, addresses and the two ends of OAuth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from model.derived import names
from model.findings import Finding
from values.guards.view import Guard, View, at, found, mapping

API_TOKEN = {"secretKeyRef": {"name": "hub", "key": names.API_TOKEN_KEY}}
"""Where BinderHub takes its token from."""


def _ingresses(view: View) -> Iterator[tuple[str, Any, str]]:
    domains = view.hub.domains
    if domains is None:
        return
    for path, values, host in (
        (view.hub_path, view.hub_values, domains.hub),
        (view.binder_path, view.binder, domains.binder),
    ):
        ingress = at(values, "ingress")
        if at(ingress, "enabled"):
            yield f"{path}.ingress", ingress, host


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def tls_secrets(view: View) -> Iterator[Finding]:
    """BH011: cert-manager makes one certificate per secret; the second host would have none."""
    taken: dict[Any, str] = {}
    for path, ingress, _ in _ingresses(view):
        for i, entry in enumerate(_list(at(ingress, "tls"))):
            name = str(at(entry, "secretName") or "")
            if name and taken.setdefault(name, path) != path:
                yield found(
                    "BH011",
                    f"{path}.tls[{i}].secretName",
                    name,
                    "both ingresses use this secret; one host would have no certificate.",
                    f"leave it out: {names.HUB_TLS} and {names.BINDER_TLS} are derived.",
                )


def tls_hosts(view: View) -> Iterator[Finding]:
    """BH012, BH015: every host is covered and somebody issues the certificate."""
    for path, ingress, host in _ingresses(view):
        covered = [h for entry in _list(at(ingress, "tls")) for h in _list(at(entry, "hosts"))]
        if not covered:
            yield found(
                "BH015", f"{path}.tls", at(ingress, "tls"), "HTTPS is required; there is no TLS."
            )
        for name in [host, *_list(at(ingress, "hosts"))]:
            if covered and name not in covered:
                yield found("BH012", f"{path}.tls", covered, f"it does not cover host {name!r}.")
        keys = mapping(at(ingress, "annotations"))
        issuers = ("cert-manager.io/cluster-issuer", "cert-manager.io/issuer")
        if view.hub.cluster.ingress.kind != "alb" and not any(keys.get(k) for k in issuers):
            yield found(
                "BH015",
                f"{path}.annotations",
                sorted(map(str, keys)),
                "no issuer is named, so no certificate would ever come.",
            )


def addresses(view: View) -> Iterator[Finding]:
    """BH016, BH017, BH022, BH023: BinderHub's own address and the hub's."""
    hub = view.hub
    for rule, trait, wanted, reason in (
        ("BH016", "hub_url", names.hub_url(hub), "launches would go to another hub than"),
        ("BH017", "badge_base_url", names.binder_url(hub), "badges would not point at"),
        ("BH022", "base_url", "/", "BinderHub has a host of its own and serves at"),
    ):
        value = view.config("BinderHub", trait)
        if value != wanted:
            yield found(
                rule, f"{view.binder_path}.config.BinderHub.{trait}", value, f"{reason} {wanted}."
            )
    api_only = view.config("BinderHub", "enable_api_only_mode")
    if api_only or (api_only is None and not view.classic):
        yield found(
            "BH023",
            f"{view.binder_path}.config.BinderHub.enable_api_only_mode",
            api_only,
            "the pages would be 404.",
        )


def oauth(view: View) -> Iterator[Finding]:
    """BH018 to BH021: the hub's service and BinderHub's environment agree."""
    hub = view.hub
    service, at_service = view.in_hub("hub", "services", "binder"), f"{view.hub_path}.hub.services"
    if not mapping(service):
        yield found(
            "BH021",
            f"{at_service}.binder",
            service,
            f"Secret hub would have no key {names.API_TOKEN_KEY}, and BinderHub could not start.",
        )
    if hub.members_only:
        callback = at(service, "oauth_redirect_uri")
        if callback != names.binder_callback(hub):
            yield found(
                "BH018",
                f"{at_service}.binder.oauth_redirect_uri",
                callback,
                f"log-in ends at {names.binder_callback(hub)}.",
            )
        client = at(service, "oauth_client_id")
        if client != names.OAUTH_CLIENT_ID:
            yield found(
                "BH020",
                f"{at_service}.binder.oauth_client_id",
                client,
                f"BinderHub says it is {names.OAUTH_CLIENT_ID}.",
            )
    if view.classic:  # that chart writes the environment itself
        for name in ("API_TOKEN", "API_URL", "BASE_URL", "CLIENT_ID", "OAUTH_CALLBACK_URL"):
            if view.env(f"JUPYTERHUB_{name}") is not None:
                yield found(
                    "BH019",
                    f"{view.binder_path}.extraEnv.JUPYTERHUB_{name}",
                    "(given)",
                    "the chart sets it, and a second one would count.",
                )
        return
    env = f"{view.binder_path}.extraEnv"
    if not view.env("JUPYTERHUB_API_TOKEN"):
        yield found("BH021", env, None, "JUPYTERHUB_API_TOKEN is gone; a list is replaced whole.")
    elif view.env("JUPYTERHUB_API_TOKEN") != API_TOKEN:
        yield found(
            "BH021",
            env,
            "<hidden>",
            "JUPYTERHUB_API_TOKEN is another than the hub's Secret holds.",
        )
    if view.env("JUPYTERHUB_API_URL") not in (
        names.hub_api_url(hub),
        f"{names.hub_url(hub)}hub/api",
    ):
        yield found(
            "BH019",
            env,
            view.env("JUPYTERHUB_API_URL"),
            f"JUPYTERHUB_API_URL must be {names.hub_api_url(hub)}.",
        )
    if hub.members_only and view.env("JUPYTERHUB_OAUTH_CALLBACK_URL") != names.binder_callback(hub):
        yield found(
            "BH018",
            env,
            view.env("JUPYTERHUB_OAUTH_CALLBACK_URL"),
            f"JUPYTERHUB_OAUTH_CALLBACK_URL must be {names.binder_callback(hub)}.",
        )
    base = view.env("JUPYTERHUB_BASE_URL")
    if base != names.hub_url(hub):
        missing = isinstance(base, str) and f"{base}/" == names.hub_url(hub)
        yield found(
            "BH019",
            env,
            base,
            "JUPYTERHUB_BASE_URL lacks the trailing '/'."
            if missing
            else f"JUPYTERHUB_BASE_URL must be {names.hub_url(hub)}.",
        )
    if view.env("JUPYTERHUB_CLIENT_ID") != names.OAUTH_CLIENT_ID:
        yield found(
            "BH020",
            env,
            view.env("JUPYTERHUB_CLIENT_ID"),
            f"JUPYTERHUB_CLIENT_ID must be {names.OAUTH_CLIENT_ID}, as the hub knows it.",
        )


GUARDS: tuple[Guard, ...] = (tls_secrets, tls_hosts, addresses, oauth)
