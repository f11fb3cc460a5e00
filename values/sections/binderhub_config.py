"""BinderHub's own configuration: what both charts that run it share (`config`, `extraConfig`).

Class and trait names: https://binderhub.readthedocs.io/en/latest/reference/ref-index.html
"""

from __future__ import annotations

import json
import re
from typing import Any

from model.derived import names
from model.derived.resolved import ResolvedHub
from model.hub import Hub
from model.repository_patterns import PROVIDERS, Pattern, compile_pattern
from model.secrets import Secret
from values.sections.fragments import fragment

BUILD_MEMORY = "25-build-memory"
"""The snippet of `extraConfig` for a repo2docker that `refuses_memory_flag`."""


def config(resolved: ResolvedHub, secrets_set: frozenset[str]) -> dict[str, dict[str, Any]]:
    """Traits by class name. `secrets_set` are the names of the flat secrets that are set."""
    hub, access = resolved.hub, resolved.registry
    launch = hub.launch
    binder: dict[str, Any] = {
        "base_url": "/",
        "hub_url": names.hub_url(hub),
        # Health checks stay inside the cluster: the public address may have a staging certificate.
        "hub_url_local": names.hub_url_local(hub),
        "badge_base_url": names.binder_url(hub),
        "auth_enabled": hub.members_only,
        # Random per process otherwise: links break at each restart and with two replicas.
        "build_token_secret": Secret("buildTokenSecret"),
        "use_registry": access.image_prefix is not None,
        "per_repo_quota": launch.quotas.per_repository,
        "launch_quota_class": "binderhub.quota.KubernetesLaunchQuota",
    }
    if access.image_prefix is not None:
        binder["image_prefix"] = access.image_prefix
    if access.helper:
        binder["registry_class"] = "binderhub.registry.ExternalRegistryHelper"
    if launch.cors:
        binder["cors_allow_origin"] = launch.cors
    if launch.banner:
        binder["banner_message"] = launch.banner
    if launch.about:
        binder["about_message"] = launch.about
    build: dict[str, Any] = {**_build_pod(resolved), "node_selector": resolved.build_pool.selector}
    if hub.build.repo2docker_image:
        build["build_image"] = hub.build.repo2docker_image
    out: dict[str, dict[str, Any]] = {
        "BinderHub": binder,
        "KubernetesBuildExecutor": build,
        "KubernetesCleaner": {"max_age": hub.build.max_age},
        "KubernetesLaunchQuota": {"total_quota": launch.quotas.total},
        "Launcher": {
            "launch_timeout": launch.timeout,
            **(
                {
                    "allow_named_servers": True,
                    "named_server_limit_per_user": hub.user.named_servers,
                }
                if hub.members_only and hub.user.named_servers
                else {}
            ),
        },
    }
    if launch.rate_limit:
        out["RateLimiter"] = {
            "limit": launch.rate_limit.launches,
            "period_seconds": launch.rate_limit.period,
        }
    else:
        out["RateLimiter"] = {"limit": 0}  # No limit.
    out |= _registry(resolved)
    for class_name, traits in _providers(hub, secrets_set).items():
        out[class_name] = traits
    return out


def _build_pod(resolved: ResolvedHub) -> dict[str, Any]:
    """Memory of a build pod. Where BinderHub knows `resources` (Kubernetes quantities), it calls the
    two traits of an older one deprecated."""
    memory = resolved.hub.build.memory
    if resolved.flavour.build_resources:
        # `1G` is 1 GiB to BinderHub, and 10^9 bytes to Kubernetes.
        sizes = {"requests": f"{memory.guarantee}i", "limits": f"{memory.limit}i"}
        return {"resources": {kind: {"memory": size} for kind, size in sizes.items()}}
    return {"memory_limit": memory.limit, "memory_request": memory.guarantee}


def refuses_memory_flag(image: str) -> bool:
    """Whether the repo2docker of an image ends when it is told how much memory a build may use
    (`--build-memory-limit`): releases after 2024.07.0 do. https://github.com/jupyterhub/repo2docker"""
    return re.search(r":20(?:1\d|2[0-4])\.\d+\.\d+\Z", image) is None


def build_resources(hub: Hub) -> dict[str, Any]:
    """Resources of the daemon that builds on a node; empty without a bound. BinderHub itself can
    bound the memory of a build only."""
    cpu = hub.build.cpu
    if cpu is None:
        return {}
    return {"requests": {"cpu": cpu.guarantee}, "limits": {"cpu": cpu.limit}}


def _registry(resolved: ResolvedHub) -> dict[str, dict[str, Any]]:
    access = resolved.registry
    if access.helper:
        return {
            "ExternalRegistryHelper": {
                "service_url": names.helper_url(resolved.hub),
                "auth_token": Secret("registryHelperToken"),
            }
        }
    if access.url is None:
        return {}
    section: dict[str, Any] = {"url": access.url}
    if access.token_url:
        section["token_url"] = access.token_url
    if access.auth_config_url:
        section["auth_config_url"] = access.auth_config_url
    if access.static:
        section |= {"username": access.username, "password": access.password}
    return {"DockerRegistry": section}


def enabled_providers(hub: Hub) -> dict[str, str] | None:
    """BinderHub's URL prefix -> class of the providers that are listed; None: all of them."""
    if not hub.launch.repositories:
        return None
    listed = {compile_pattern(text).provider.name for text in hub.launch.repositories}
    return {p.prefix: p.class_name for p in PROVIDERS.values() if p.name in listed}


def _providers(hub: Hub, secrets_set: frozenset[str]) -> dict[str, dict[str, Any]]:
    """allowed_specs, banned_specs and quotas are per provider class; each class gets its own."""
    launch = hub.launch
    allowed, banned = (
        {c: [getattr(p, key) for p in patterns] for c, patterns in _by_class(texts).items()}
        for key, texts in (("regex", launch.repositories), ("ban", launch.banned))
    )
    quotas: dict[str, list[dict[str, Any]]] = {}
    for text, quota in launch.quotas.overrides.items():
        pattern = compile_pattern(text)
        quotas.setdefault(pattern.provider.class_name, []).append(
            {"pattern": pattern.regex, "config": {"quota": quota}}
        )
    out: dict[str, dict[str, Any]] = {}
    for provider in PROVIDERS.values():
        name = provider.class_name
        section: dict[str, Any] = {}
        for trait, lists in (
            ("allowed_specs", allowed),
            ("banned_specs", banned),
            ("spec_config", quotas),
        ):
            if name in lists:
                section[trait] = lists[name]
            elif name == "GistRepoProvider" and "GitHubRepoProvider" in lists:
                # Gist inherits GitHub's configuration: without a list of its own it has GitHub's.
                section[trait] = []
        if name == "GitHubRepoProvider" and "githubToken" in secrets_set:
            section["access_token"] = Secret("githubToken")
        if name == "GitHubRepoProvider" and launch.github_app:
            section |= {
                "client_id": launch.github_app.client_id,
                "client_secret": Secret("githubAppSecret"),
            }
        if name == "GitLabRepoProvider" and "gitlabToken" in secrets_set:
            section["private_token"] = Secret("gitlabToken")
        if section:
            out[name] = section
    return out


def _by_class(texts: list[str]) -> dict[str, list[Pattern]]:
    out: dict[str, list[Pattern]] = {}
    for pattern in map(compile_pattern, texts):
        out.setdefault(pattern.provider.class_name, []).append(pattern)
    return out


def extra_config(resolved: ResolvedHub) -> dict[str, str]:
    """Python that BinderHub runs while it reads its configuration."""
    hub = resolved.hub
    out: dict[str, str] = {}
    if hub.launch.repositories:
        out["10-repo-providers"] = fragment("repo_providers")
    if hub.launch.event_log:
        out["20-launch-events"] = fragment("launch_events")
    image = hub.build.repo2docker_image
    if image and refuses_memory_flag(image) and not resolved.flavour.build_resources:
        out[BUILD_MEMORY] = fragment("build_memory")
    if hub.launch.rate_limit and client_addresses(hub) is not None:
        out["30-client-addresses"] = fragment("client_addresses")
    return out


def client_addresses(hub: Hub) -> dict[str, Any] | None:
    """Whose word BinderHub takes for a client's address, which the rate limit counts by.

    BinderHub believes X-Real-Ip, else the last address of X-Forwarded-For. That is right behind
    controllers that set X-Real-Ip themselves (nginx, traefik): None. Others pass on whatever the
    client wrote there, and Google's load balancers append their own address after the client's:
    everybody would share one limit.
    """
    ingress, limit = hub.cluster.ingress, hub.launch.rate_limit
    trusted = list(limit.trusted_proxies) if limit else []
    if hub.domains is None:
        return {"proxies": trusted, "realIp": False, "forwarded": bool(trusted)}
    if ingress.gateway is None and ingress.kind in ("f5-nginx", "ingress-nginx", "traefik"):
        return {"proxies": trusted, "realIp": True, "forwarded": True} if trusted else None
    if ingress.address and (ingress.gateway or ingress.kind == "gce"):
        trusted.append(ingress.address)
    return {"proxies": trusted, "realIp": False, "forwarded": True}


def environment(hub: Hub) -> list[dict[str, Any]]:
    """What the fragments read. A list: Helm replaces it whole."""
    out: list[dict[str, Any]] = []
    if (providers := enabled_providers(hub)) is not None:
        out.append({"name": "BINDERHUB_REPO_PROVIDERS", "value": json.dumps(providers)})
    if hub.launch.event_log:
        out.append({"name": "BINDERHUB_LAUNCH_EVENTS_LOG", "value": hub.launch.event_log.log_name})
    if hub.launch.rate_limit and (clients := client_addresses(hub)) is not None:
        out.append({"name": "BINDERHUB_CLIENT_ADDRESSES", "value": json.dumps(clients)})
    return out
