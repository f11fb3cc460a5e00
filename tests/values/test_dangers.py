"""What goes wrong on a Binder hub when one value is off; each test names the danger.

Values are those of the examples, so every kind of hub is looked at, not one.
"""

from __future__ import annotations

from typing import Any

import pytest

from model.derived.pools import build_pool, pools
from model.derived.resolved import ResolvedHub
from model.secrets import GENERATED, OPERATOR_SECRETS, Secret
from tests.values.hubs import EXAMPLES, at, example, hub
from values.releases import releases, secrets_in
from values.sections.exposure import binder_load_balancer, own_routes

ALL = tuple(EXAMPLES)


def jupyterhub(name: str) -> dict[str, Any]:
    """JupyterHub's values of an example, whichever chart brings it."""
    values = by_release(name)
    return values["jupyterhub"] if "jupyterhub" in values else values["binderhub"]["jupyterhub"]


def binder(name: str) -> dict[str, Any]:
    values = by_release(name)
    return values.get("binderhub-service") or values["binderhub"]


def by_release(name: str) -> dict[str, dict[str, Any]]:
    stack = example(name)
    assert stack.hub is not None
    return {p.name: p.values for p in releases(stack.hub, stack.secrets_set)}


def the_hub(name: str) -> Any:
    return example(name).hub


def classic(name: str) -> bool:
    return "binderhub" in by_release(name)


def env(name: str) -> dict[str, Any]:
    return {e["name"]: e.get("value", e.get("valueFrom")) for e in binder(name)["extraEnv"]}


SERVICE = tuple(n for n in ALL if not n.startswith("classic"))
MEMBERS = tuple(n for n in ALL if example(n).hub.members_only)  # type: ignore[union-attr]
OPEN = tuple(n for n in ALL if n not in MEMBERS)


# A. Both kinds of hub


@pytest.mark.parametrize("name", ALL)
def test_nothing_of_a_user_is_kept_and_no_profile_breaks_a_launch(name: str) -> None:
    user = jupyterhub(name)["singleuser"]
    assert user["storage"] == {"type": "none", "extraVolumes": [], "extraVolumeMounts": []}
    assert user["initContainers"] == [] and user["profileList"] == []


@pytest.mark.parametrize("name", ALL)
def test_one_tls_secret_for_both_hosts_would_leave_one_without_certificate(name: str) -> None:
    hub_, ingresses = the_hub(name), (jupyterhub(name).get("ingress"), binder(name).get("ingress"))
    if not hub_.domains or hub_.cluster.ingress.gateway:
        assert ingresses == (None, None)
        return
    hosts = (hub_.domains.hub, hub_.domains.binder)
    names = set()
    for ingress, host in zip(ingresses, hosts, strict=True):
        assert ingress["enabled"] is True
        assert ingress["hosts"] == [host] and [t["hosts"] for t in ingress["tls"]] == [[host]]
        names.add(ingress["tls"][0].get("secretName"))
    # An ALB finds its certificates by the hosts; nobody would make it a secret.
    alb = hub_.cluster.ingress.kind == "alb"
    assert names == ({None} if alb else {"https-auto-tls", "binder-https-auto-tls"})


@pytest.mark.parametrize("name", ALL)
def test_no_side_door_past_the_ingress_costs_an_address(name: str) -> None:
    wanted = "ClusterIP" if the_hub(name).domains else "LoadBalancer"
    assert at(jupyterhub(name), "proxy.service.type") == wanted
    assert at(jupyterhub(name), "proxy.https.enabled") is False
    if classic(name):
        assert at(binder(name), "service.type") == wanted
    else:
        assert at(binder(name), "service.type") == "ClusterIP"


@pytest.mark.parametrize("name", ALL)
def test_binderhub_would_be_an_api_without_pages_or_of_another_hub(name: str) -> None:
    hub_, config = the_hub(name), binder(name)["config"]["BinderHub"]
    scheme = "https" if hub_.domains else "http"
    where = hub_.domains or hub_.cluster.load_balancer
    assert config["base_url"] == "/"
    assert config["hub_url"] == f"{scheme}://{where.hub}/"
    assert config["badge_base_url"] == f"{scheme}://{where.binder}/"
    assert config["hub_url_local"] == f"http://hub.{hub_.ns}.svc.cluster.local:8081/"
    if not classic(name):
        assert config["enable_api_only_mode"] is False
    assert binder(name)["config"]["BinderHub"]["auth_enabled"] is hub_.members_only


@pytest.mark.parametrize("name", ALL)
def test_push_credentials_are_dropped_unless_use_registry_is_written(name: str) -> None:
    assert at(binder(name), "config.BinderHub")["use_registry"] is (name != "classic-host")


@pytest.mark.parametrize("name", SERVICE)
def test_binderhub_finds_the_hub_and_its_token(name: str) -> None:
    hub_, found = the_hub(name), env(name)
    assert found["JUPYTERHUB_API_TOKEN"] == {
        "secretKeyRef": {"name": "hub", "key": "hub.services.binder.apiToken"}
    }
    assert found["JUPYTERHUB_CLIENT_ID"] == "service-binder"
    assert found["JUPYTERHUB_API_URL"] == f"http://hub.{hub_.ns}.svc.cluster.local:8081/hub/api"
    assert found["JUPYTERHUB_BASE_URL"] == binder(name)["config"]["BinderHub"]["hub_url"]
    assert found["JUPYTERHUB_BASE_URL"].endswith("/")


@pytest.mark.parametrize("name", ALL)
def test_builds_never_find_the_docker_socket_of_another_pool(name: str) -> None:
    values, config = binder(name), binder(name)["config"]
    build = config["KubernetesBuildExecutor"]["node_selector"]
    daemon = (
        config["BinderHub"]["build_node_selector"]
        if classic(name)
        else values["dockerApi"]["nodeSelector"]
    )
    assert daemon.items() <= build.items()
    of = the_hub(name)
    serves = [p for p in pools(of) if daemon.items() <= p.selector.items()]
    assert {p.role for p in serves} == {build_pool(of).role}
    user = jupyterhub(name)["singleuser"]["nodeSelector"]
    assert (user == build) is (of.nodes.builders is None)


OLD = {"generation": 2, "retiring": [{"generation": 1}]}


def test_a_new_machine_type_restarts_no_docker_daemon_under_a_running_build() -> None:
    before, after = (
        next(p.values for p in releases(hub("open-gke", nodes=n)) if p.name == "binderhub-service")
        for n in ({}, {"machineType": "n2-highmem-8", **OLD})
    )
    assert before["dockerApi"] == after["dockerApi"]
    builds = "config.KubernetesBuildExecutor.node_selector"
    assert at(before, builds) != at(after, builds), "and new builds go to the new nodes"


@pytest.mark.parametrize("name", ["open-gke", "members-eks", "everything"])
def test_nothing_new_is_placed_on_a_retiring_pool(name: str) -> None:
    now = hub(name, nodes=OLD)
    plans = {p.name: p.values for p in releases(now)}
    selectors = [
        plans["jupyterhub"]["singleuser"]["nodeSelector"],
        plans["binderhub-service"]["config"]["KubernetesBuildExecutor"]["node_selector"],
    ]
    for pool in pools(now):
        fits = [s for s in selectors if s.items() <= pool.selector.items()]
        assert bool(fits) is not pool.draining, pool.name


@pytest.mark.parametrize("name", SERVICE)
def test_the_docker_api_would_never_reach_tainted_nodes(name: str) -> None:
    tolerated = {(t["key"], t.get("value")) for t in binder(name)["dockerApi"]["tolerations"]}
    assert tolerated >= {
        ("hub.jupyter.org/dedicated", "user"),
        ("hub.jupyter.org_dedicated", "user"),
    }


@pytest.mark.parametrize("name", SERVICE)
def test_an_unbounded_docker_folder_fills_the_disk(name: str) -> None:
    assert at(binder(name), "dockerApi.storage.emptyDir.sizeLimit")


@pytest.mark.parametrize("name", ALL)
def test_anyones_code_stays_off_private_networks_and_metadata(name: str) -> None:
    values = jupyterhub(name)
    user = values["singleuser"]
    assert user["networkPolicy"]["enabled"] and user["cloudMetadata"]["blockWithIptables"] is True
    assert user["networkPolicy"]["egressAllowRules"] == {
        "cloudMetadataServer": False,
        "privateIPs": False,
    }
    assert values["hub"]["networkPolicy"]["enabled"]
    assert values["proxy"]["chp"]["networkPolicy"]["enabled"]
    if not classic(name):
        assert binder(name)["networkPolicy"]["enabled"] is True


@pytest.mark.parametrize("name", ALL)
def test_a_slow_start_is_not_given_up_by_one_side_before_the_other(name: str) -> None:
    timeout = jupyterhub(name)["singleuser"]["startTimeout"]
    assert timeout == at(binder(name), "config.Launcher.launch_timeout") >= 900
    assert at(jupyterhub(name), "hub.config.KubeSpawner.http_timeout") > 30


@pytest.mark.parametrize("name", ALL)
def test_the_hub_starts_servers_with_what_binderhub_asks_for(name: str) -> None:
    code = "".join(jupyterhub(name)["hub"]["extraConfig"].values())
    assert "c.JupyterHub.spawner_class = BinderSpawner" in code


@pytest.mark.parametrize("name", [n for n in ALL if n.startswith("classic")])
def test_the_classic_charts_own_spawner_never_has_the_last_word(name: str) -> None:
    section = jupyterhub(name)["hub"]
    # The hub runs the texts in the order of their names; these two are the chart's.
    assert sorted(["0-binderspawnermixin", "00-binder", *section["extraConfig"]])[2:] == list(
        section["extraConfig"]
    )
    assert "BinderSpawner" in section["config"]
    # Its jupyterhub is 4.2, which knows neither.
    assert "httpRoute" not in jupyterhub(name) and "fullnameOverride" not in jupyterhub(name)


def test_launch_events_are_off_and_never_on_without_their_key() -> None:
    assert not any("EventLog" in t for t in binder("open-gke")["extraConfig"].values())
    values = binder("everything")
    code = "".join(values["extraConfig"].values())
    assert "c.EventLog.handlers_maker" in code and "c.EventLogger" not in code
    assert at(values, "extraCredentials.googleServiceAccountKey") == Secret("launchEventsKey")
    assert env("everything")["BINDERHUB_LAUNCH_EVENTS_LOG"] == "binder-launches"


# B. Authenticated


@pytest.mark.parametrize("name", MEMBERS)
def test_members_get_no_403_no_loop_and_binderhub_no_power_over_users(name: str) -> None:
    section = jupyterhub(name)["hub"]
    scopes = {k: v["scopes"] for k, v in section["loadRoles"].items()}
    assert scopes["binder"] == ["servers", "read:users"]
    assert section["loadRoles"]["binder"]["services"] == ["binder"]
    assert scopes["user"][:2] == ["self", "access:services!service=binder"]
    assert section["redirectToServer"] is False
    spawner = section["config"]["BinderSpawner" if classic(name) else "BinderSpawnerMixin"]
    assert spawner["auth_enabled"] is True
    assert jupyterhub(name)["singleuser"]["cmd"] == "jupyterhub-singleuser"
    assert jupyterhub(name)["cull"]["users"] is False


@pytest.mark.parametrize("name", MEMBERS)
def test_both_ends_of_the_oauth_callback_are_equal(name: str) -> None:
    hub_, service = the_hub(name), jupyterhub(name)["hub"]["services"]["binder"]
    assert service["oauth_redirect_uri"] == f"https://{hub_.domains.binder}/oauth_callback"
    assert service["oauth_client_id"] == "service-binder" and service["oauth_no_confirm"] is True
    if not classic(name):
        assert env(name)["JUPYTERHUB_OAUTH_CALLBACK_URL"] == service["oauth_redirect_uri"]


AUTHENTICATORS = {
    "members-eks": ("github", "GitHubOAuthenticator", "allowed_organizations"),
    "auth-google": ("google", "GoogleOAuthenticator", "hosted_domain"),
    "auth-cilogon": ("cilogon", "CILogonOAuthenticator", "idps"),
    "auth-oidc": ("generic-oauth", "GenericOAuthenticator", "allowed_groups"),
    "auth-gitlab": ("gitlab", "GitLabOAuthenticator", "allowed_gitlab_groups"),
    "auth-azuread": ("azuread", "AzureAdOAuthenticator", "allowed_groups"),
    "auth-dummy": ("dummy", "DummyAuthenticator", "allow_all"),
    "auth-temporary": ("tmp", "TmpAuthenticator", "allow_all"),
}


@pytest.mark.parametrize("name", AUTHENTICATORS)
def test_without_an_allow_rule_everyone_is_refused(name: str) -> None:
    kind, section, rule = AUTHENTICATORS[name]
    config = jupyterhub(name)["hub"]["config"]
    assert config["JupyterHub"]["authenticator_class"] == kind
    assert config[section][rule]
    if "client_id" in config[section]:
        where = the_hub(name).domains.hub
        assert config[section]["oauth_callback_url"] == f"https://{where}/hub/oauth_callback"
        assert config[section]["client_secret"] == Secret("oauthClientSecret")


# C. Unauthenticated


@pytest.mark.parametrize("name", OPEN)
def test_an_open_hub_lets_binderhub_make_users_and_nobody_else_in(name: str) -> None:
    values, section = jupyterhub(name), jupyterhub(name)["hub"]
    kind = section["config"]["JupyterHub"]["authenticator_class"]
    assert kind == ("tmp" if name == "auth-temporary" else "null")
    assert isinstance(kind, str), "bare null is YAML for nothing"
    assert section["loadRoles"]["binder"]["scopes"] == ["servers", "admin:users"]
    spawner = section["config"]["BinderSpawner" if classic(name) else "BinderSpawnerMixin"]
    assert spawner["auth_enabled"] is False
    assert section["config"]["JupyterHub"]["admin_access"] is False
    assert not any("admin_users" in (s or {}) for s in section["config"].values())
    # Any OAuth key without the redirect URI stops the hub when it starts.
    assert set(section["services"]["binder"]) == {"display", "apiToken"}
    assert "templateVars" not in section and "templatePaths" not in section
    cull = values["cull"]
    assert cull["enabled"] and cull["users"] and cull["timeout"] == 600 and cull["maxAge"] == 21_600


@pytest.mark.parametrize("name", OPEN)
def test_servers_of_an_open_hub_never_ask_for_a_login_that_is_a_403(name: str) -> None:
    command = jupyterhub(name)["singleuser"]["cmd"]
    assert command[:2] == ["python3", "-c"] and "jupyter-lab" in command[2]
    compile(command[2], "launch_server", "exec")


def test_null_would_be_nothing_if_it_lost_its_quotes_in_yaml() -> None:
    import yaml

    from values.render import to_yaml

    again = yaml.safe_load(to_yaml(jupyterhub("open-gke")))
    assert again["hub"]["config"]["JupyterHub"]["authenticator_class"] == "null"


@pytest.mark.parametrize("name", [n for n in ALL if example(n).hub.launch.repositories])  # type: ignore[union-attr]
def test_a_provider_without_a_list_of_its_own_would_stay_open(name: str) -> None:
    values = binder(name)
    assert any("c.BinderHub.repo_providers" in t for t in values["extraConfig"].values())
    import json

    raw = values["extraEnv"]
    given = raw if isinstance(raw, dict) else env(name)
    classes = set(json.loads(given["BINDERHUB_REPO_PROVIDERS"]).values())
    assert classes == {
        c for c, s in values["config"].items() if isinstance(s, dict) and s.get("allowed_specs")
    }


def test_gists_would_be_matched_by_githubs_lists_that_they_inherit() -> None:
    config = binder("open-gke")["config"]
    assert config["GistRepoProvider"]["allowed_specs"] == []
    config = binder("everything")["config"]
    assert config["GistRepoProvider"]["banned_specs"] == []
    assert config["GistRepoProvider"]["spec_config"] == []
    assert config["GistRepoProvider"]["allowed_specs"] == [
        p for p in config["GistRepoProvider"]["allowed_specs"] if "ada" in p
    ]


@pytest.mark.parametrize(
    ("name", "origin"),
    [("open-gke", "*"), ("classic-open", "https://book.course.sciencehubs.net")],
)
def test_cors_for_one_half_only_would_refuse_the_page_at_the_other(name: str, origin: str) -> None:
    spawner = "BinderSpawner" if classic(name) else "BinderSpawnerMixin"
    assert at(binder(name), "config.BinderHub.cors_allow_origin") == origin
    assert jupyterhub(name)["hub"]["config"][spawner]["cors_allow_origin"] == origin


# Registry, secrets, exposure

PRIVATE = {"kubernetes-quay", "classic-members", "auth-oidc", "auth-azuread"}


@pytest.mark.parametrize("name", ALL)
def test_push_lookup_and_pull_drift_apart_and_every_launch_rebuilds(name: str) -> None:
    values, config = binder(name), binder(name)["config"]
    registry = the_hub(name).registry
    pull = jupyterhub(name).get("imagePullSecret")
    assert (pull is not None) is (name in PRIVATE)
    if registry.kind == "ecr":
        assert config["BinderHub"]["registry_class"] == "binderhub.registry.ExternalRegistryHelper"
        assert config["ExternalRegistryHelper"]["auth_token"] == Secret("registryHelperToken")
        assert "DockerRegistry" not in config and "buildPodsRegistryCredentials" not in values
        return
    push = values.get("registry" if classic(name) else "buildPodsRegistryCredentials")
    if push is None:
        assert registry.kind == "none" or registry.username is None
        return
    lookup = config["DockerRegistry"]
    assert (push["username"], push["password"]) == (lookup["username"], lookup["password"])
    assert isinstance(push["password"], Secret)
    if pull:
        assert (pull["username"], pull["password"]) == (push["username"], push["password"])
        assert pull["create"] is True


@pytest.mark.parametrize("name", ALL)
def test_an_image_prefix_that_binderhub_rewrites_never_finds_an_image(name: str) -> None:
    prefix = at(binder(name), "config.BinderHub").get("image_prefix")
    if prefix is None:
        assert name == "classic-host"
        return
    assert prefix == prefix.lower() and "_" not in prefix
    host, *rest = prefix.split("/")
    if "." in host and the_hub(name).registry.kind != "ecr":
        assert len(rest) >= 2, "BinderHub expects host/project/prefix"


TOKEN_URLS = {
    "classic-open": "https://auth.docker.io/token?service=registry.docker.io",
    "auth-azuread": "https://clinicimages.azurecr.io/oauth2/token?service=clinicimages.azurecr.io",
    "auth-gitlab": "https://gitlab.sciencehubs.net/jwt/auth?service=container_registry",
    "auth-oidc": None,
}


@pytest.mark.parametrize("name", TOKEN_URLS)
def test_a_registry_is_asked_for_tokens_where_it_gives_them(name: str) -> None:
    section = at(binder(name), "config.DockerRegistry")
    assert section.get("token_url") == TOKEN_URLS[name]
    if classic(name):
        assert at(binder(name), "registry.url") == section["auth_config_url"]


@pytest.mark.parametrize("name", ALL)
def test_a_secret_is_never_plain_and_none_changes_at_every_update(name: str) -> None:
    found = {secret for values in by_release(name).values() for secret in secrets_in(values)}
    assert {"binderApiToken", "proxyToken", "cookieSecret", "cryptKey", "buildTokenSecret"} <= found
    own = {v.secret for v in the_hub(name).user.environment.values() if hasattr(v, "secret")}
    assert found <= {*GENERATED, *OPERATOR_SECRETS, *own, "registryKey"}


def test_a_registry_with_basic_authentication_is_never_asked_for_a_token() -> None:
    both = {"basic": True, "tokenUrl": "https://registry.sciencehubs.net/token"}
    values = releases(hub("auth-oidc", registry=both))[-1].values
    assert "token_url" not in at(values, "config.DockerRegistry")


def test_two_classic_hubs_on_one_node_never_share_docker_folders() -> None:
    one, two = (
        releases(hub("classic-open", namespace=n))[-1].values["dind"] for n in ("one", "two")
    )
    assert not set(one.values()) & set(two.values())


def test_without_domains_each_address_has_its_service_and_is_known_beforehand() -> None:
    values = by_release("classic-load-balancers")["binderhub"]
    assert values["service"] == {"type": "LoadBalancer", "loadBalancerIP": "203.0.113.21"}
    assert values["jupyterhub"]["proxy"]["service"]["loadBalancerIP"] == "203.0.113.20"
    assert binder_load_balancer(ResolvedHub(the_hub("classic-load-balancers"))) is None
    service = binder_load_balancer(ResolvedHub(the_hub("load-balancers")))
    assert service is not None and service["spec"]["loadBalancerIP"] == "203.0.113.23"
    assert binder_load_balancer(ResolvedHub(the_hub("open-gke"))) is None


@pytest.mark.parametrize("kind", ["binderhub-service", "binderhub"])
def test_behind_a_gateway_each_host_has_exactly_one_route(kind: str) -> None:
    hub_ = hub("gateway", chart={"kind": kind})
    merged = {p.name: p.values for p in releases(hub_)}
    charts = [*merged.values(), merged.get("binderhub", {}).get("jupyterhub", {})]
    # The classic chart's jupyterhub is 4.2: its schema refuses the key.
    assert "httpRoute" not in charts[-1]
    hosts = [h for v in charts if "httpRoute" in v for h in v["httpRoute"]["hostnames"]]
    hosts += [h for r in own_routes(ResolvedHub(hub_)) for h in r["spec"]["hostnames"]]
    assert hub_.domains is not None
    assert sorted(hosts) == sorted([hub_.domains.hub, hub_.domains.binder])


CONTROLLERS = {
    "nginx": ("nginx.org/proxy-read-timeout", "3600s"),
    "traefik": ("cert-manager.io/cluster-issuer", "letsencrypt-prod"),
    "gce": ("kubernetes.io/ingress.class", "gce"),
    "alb": ("alb.ingress.kubernetes.io/group.name", "open-gke"),
}


@pytest.mark.parametrize("class_name", CONTROLLERS)
def test_a_build_log_breaks_off_where_the_controller_is_told_in_another_ones_words(
    class_name: str,
) -> None:
    changed = hub("open-gke", cluster={"ingress": {"className": class_name}})
    key, value = CONTROLLERS[class_name]
    for plan in releases(changed):
        ingress = plan.values["ingress"]
        assert ingress["annotations"][key] == value
        others = {k for k in ingress["annotations"] if "nginx" in k}
        assert bool(others) is (class_name == "nginx")
        assert ingress["ingressClassName"] == (None if class_name == "gce" else class_name)
        assert ("cert-manager.io/cluster-issuer" in ingress["annotations"]) is (class_name != "alb")


def test_external_dns_makes_no_record_without_its_annotation() -> None:
    for values, host in (
        (jupyterhub("classic-members"), "hub.ocean.sciencehubs.net"),
        (binder("classic-members"), "binder.ocean.sciencehubs.net"),
    ):
        notes = values["ingress"]["annotations"]
        assert notes["external-dns.alpha.kubernetes.io/hostname"] == host


# Optional parts


def test_a_dask_gateway_has_its_role_and_servers_reach_it() -> None:
    section = jupyterhub("everything")["hub"]
    assert section["services"]["dask-gateway"]["apiToken"] == Secret("daskGatewayToken")
    for role in ("user", "server"):
        assert "access:services!service=dask-gateway" in section["loadRoles"][role]["scopes"]
    assert "dask-gateway" not in section["loadRoles"], "its token needs no scope at all"
    user = jupyterhub("everything")["singleuser"]
    assert user["extraLabels"] == {"hub.jupyter.org/network-access-proxy-http": "true"}
    assert user["extraEnv"]["DASK_GATEWAY__AUTH__TYPE"] == "jupyterhub"
    assert "dask" not in str(jupyterhub("members-eks"))
    assert "server" not in jupyterhub("members-eks")["hub"]["loadRoles"]


def test_named_servers_are_allowed_by_the_hub_and_by_binderhub() -> None:
    section = jupyterhub("everything")["hub"]
    assert section["allowNamedServers"] is True and section["namedServerLimitPerUser"] == 3
    launcher = at(binder("everything"), "config.Launcher")
    assert launcher["allow_named_servers"] is True and launcher["named_server_limit_per_user"] == 3


def test_a_github_application_and_a_token_raise_the_api_limit() -> None:
    section = at(binder("everything"), "config.GitHubRepoProvider")
    assert section["client_secret"] == Secret("githubAppSecret")
    assert section["access_token"] == Secret("githubToken")
    assert at(binder("everything"), "config.GitLabRepoProvider.private_token") == Secret(
        "gitlabToken"
    )
    assert at(binder("classic-open"), "config.GitHubRepoProvider.access_token")


def test_quotas_and_the_rate_limit_reach_the_classes_that_act_on_them() -> None:
    config = binder("everything")["config"]
    assert config["BinderHub"]["launch_quota_class"] == "binderhub.quota.KubernetesLaunchQuota"
    assert config["KubernetesLaunchQuota"]["total_quota"] == 200
    assert config["BinderHub"]["per_repo_quota"] == 50
    (override,) = config["GitHubRepoProvider"]["spec_config"]
    assert override["config"] == {"quota": 150} and "workshop" in override["pattern"]
    assert config["RateLimiter"] == {"limit": 20, "period_seconds": 3600}
    deprecated = {"build_max_age", "pod_quota", "build_memory_limit", "build_image"}
    assert not deprecated & set(config["BinderHub"])


def test_homepage_templates_follow_their_branch_as_an_ordinary_user() -> None:
    section = jupyterhub("everything")["hub"]
    assert section["templatePaths"] == ["/srv/homepage/current/templates"]
    for container in (*section["initContainers"], *section["extraContainers"]):
        assert "--ref=no-homepage-subsections" in container["args"]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["runAsNonRoot"] is True
    assert section["templateVars"]["announcement"] == "<p>Maintenance on Friday.</p>"


def test_builds_get_their_limits_and_their_image() -> None:
    config = binder("everything")["config"]
    build = config["KubernetesBuildExecutor"]
    assert (build["memory_request"], build["memory_limit"]) == ("2G", "8G")
    assert build["build_image"].endswith("repo2docker:2025.08.0")
    assert config["KubernetesCleaner"]["max_age"] == 7200


def test_builds_of_one_node_leave_cpus_to_the_others() -> None:
    wanted = {"requests": {"cpu": 1}, "limits": {"cpu": 6}}
    assert at(binder("everything"), "dockerApi.resources") == wanted
    cpu = {"cpu": {"guarantee": 1, "limit": 6}}
    for kind in ("dind", "pink"):
        plan = releases(hub("classic-open", build={"builder": kind, **cpu}))[-1]
        assert plan.values[kind]["resources"] == wanted
    assert "resources" not in binder("open-gke")["dockerApi"]


def test_a_list_of_users_is_not_widened_to_everyone_of_their_provider() -> None:
    """CILogon: an identity provider without domains admits all of its users, unless some are named."""
    idps = [{"idp": "https://idp.lab.net/shibboleth"}]
    for users, wide in (([], True), (["ada@lab.net"], False)):
        auth = {"allowedUsers": users, "identityProviders": idps}
        section = releases(hub("auth-cilogon", auth=auth))[0].values["hub"]["config"]
        (entry,) = section["CILogonOAuthenticator"]["idps"].values()
        assert entry.get("allow_all", False) is wide


def test_cilogons_providers_go_by_the_name_that_each_charts_hub_knows() -> None:
    for kind, key in (("binderhub-service", "idps"), ("binderhub", "allowed_idps")):
        values = releases(hub("auth-cilogon", chart={"kind": kind}))[-1].values
        values = values["jupyterhub"] if kind == "binderhub" else jupyterhub("auth-cilogon")
        section = values["hub"]["config"]["CILogonOAuthenticator"]
        assert {"idps", "allowed_idps"} & set(section) == {key}


@pytest.mark.parametrize("kind", ["artifact-registry", "gcr"])
def test_nodes_elsewhere_could_never_pull_from_googles_registries(kind: str) -> None:
    registry = {"kind": kind, "project": "research-123", "allowCrossCloud": True}
    values = releases(hub("members-eks", registry=registry))[0].values
    assert values["imagePullSecret"]["create"] is True
    assert values["imagePullSecret"]["username"] == "_json_key"
    assert "imagePullSecret" not in jupyterhub("open-gke"), "GKE's nodes read it themselves"


def test_users_get_their_environment_and_the_secret_one_only_by_name() -> None:
    extra = jupyterhub("everything")["singleuser"]["extraEnv"]
    assert extra["DATA_URL"] == "https://data.sciencehubs.net"
    assert extra["DATA_TOKEN"] == Secret("dataToken")
    assert at(binder("everything"), "config.BinderHub.banner_message").startswith("<p>New")
