"""What `extraValues` may not break: each guard has a case that it finds, and finds nothing of ours."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.credentials import is_credential_key
from model.findings import Finding
from model.rules import RULES
from tests.values.hubs import EXAMPLES, example, hub
from values.guards.extra_values import check_values
from values.guards.run import guard
from values.releases import releases

J, B, C = "jupyterhub", "binderhub-service", "binderhub"


def nest(path: str, value: Any) -> dict[str, Any]:
    for key in reversed(path.split("/")):
        value = {key: value}
    return value


def findings(name: str, path: str, value: Any) -> list[Finding]:
    return check_values(hub(name, extraValues=nest(path, value)), example(name).secrets_set)


# rule, example, where in extraValues, what
CASES: list[tuple[str, str, str, Any]] = [
    ("BH011", "open-gke", f"{B}/ingress/tls", [{"hosts": ["binder.ecology.sciencehubs.net"], "secretName": "https-auto-tls"}]),
    ("BH012", "open-gke", f"{J}/ingress/tls", [{"hosts": ["a.org"], "secretName": "x"}]),
    ("BH012", "open-gke", f"{J}/ingress/hosts", ["hub.ecology.sciencehubs.net", "b.org"]),
    ("BH015", "open-gke", f"{B}/ingress/tls", []),
    ("BH015", "open-gke", f"{J}/ingress/annotations/cert-manager.io~cluster-issuer", None),
    ("BH016", "open-gke", f"{B}/config/BinderHub/hub_url", "https://a"),
    ("BH016", "classic-open", f"{C}/config/BinderHub/hub_url", "https://a"),
    ("BH017", "open-gke", f"{B}/config/BinderHub/badge_base_url", "https://a/"),
    ("BH018", "members-eks", f"{J}/hub/services/binder/oauth_redirect_uri", "https://b.org/x"),
    ("BH018", "members-eks", f"{B}/extraEnv", [{"name": "JUPYTERHUB_OAUTH_CALLBACK_URL", "value": "https://b"}]),
    ("BH019", "open-gke", f"{B}/extraEnv", [{"name": "JUPYTERHUB_BASE_URL", "value": "https://hub.ecology.sciencehubs.net"}]),
    ("BH020", "members-eks", f"{J}/hub/services/binder/oauth_client_id", "x"),
    ("BH020", "open-gke", f"{B}/extraEnv", []),
    ("BH021", "open-gke", f"{J}/hub/services/binder", None),
    ("BH021", "open-gke", f"{B}/extraEnv", []),
    ("BH022", "open-gke", f"{B}/config/BinderHub/base_url", "/services/binder"),
    ("BH023", "open-gke", f"{B}/config/BinderHub/enable_api_only_mode", True),
    ("BH023", "open-gke", f"{B}/config/BinderHub/enable_api_only_mode", None),
    ("BH024", "open-gke", f"{B}/config/BinderHub/auth_enabled", True),
    ("BH024", "members-eks", f"{J}/hub/config/BinderSpawnerMixin/auth_enabled", False),
    ("BH024", "classic-members", f"{C}/jupyterhub/hub/config/BinderSpawner/auth_enabled", False),
    ("BH025", "open-gke", f"{J}/hub/config/JupyterHub/authenticator_class", None),
    ("BH025", "members-eks", f"{J}/hub/config/JupyterHub/authenticator_class", "dummy"),
    ("BH026", "open-gke", f"{J}/hub/loadRoles/binder/scopes", ["servers"]),
    ("BH027", "members-eks", f"{J}/hub/loadRoles/more", {"services": ["binder"], "scopes": ["admin:users"]}),
    ("BH028", "open-gke", f"{J}/hub/config/Authenticator/admin_users", ["ada"]),
    ("BH029", "open-gke", f"{J}/singleuser/cmd", "jupyterhub-singleuser"),
    ("BH029", "open-gke", f"{J}/singleuser/cmd", None),
    ("BH032", "members-eks", f"{J}/hub/loadRoles/user/scopes", ["self"]),
    ("BH033", "members-eks", f"{J}/hub/redirectToServer", True),
    ("BH041", "open-gke", f"{B}/config/BinderHub/cors_allow_origin", "https://a.org"),
    ("BH039", "members-eks", f"{B}/config/BinderHub/cors_allow_origin", "*"),
    ("BH045", "open-gke", f"{J}/cull/enabled", False),
    ("BH046", "open-gke", f"{B}/config/BinderHub/image_prefix", "gcr.io/img-"),
    ("BH047", "open-gke", f"{B}/config/BinderHub/image_prefix", "gcr.io/P/my_img-"),
    ("BH048", "open-gke", f"{B}/config/BinderHub/image_prefix", "quay.io/org/img-"),
    ("BH049", "open-gke", f"{B}/config/DockerRegistry/url", "quay.io"),
    ("BH050", "kubernetes-quay", f"{J}/imagePullSecret/create", False),
    ("BH050", "classic-members", f"{C}/jupyterhub/imagePullSecret", None),
    ("BH051", "open-gke", f"{B}/config/BinderHub/use_registry", None),
    ("BH052", "open-gke", f"{B}/DockerRegistry", {"url": "https://quay.io"}),
    ("BH053", "members-eks", f"{B}/config/DockerRegistry", {"username": "AWS", "password": "ey"}),
    ("BH054", "open-gke", f"{B}/config/DockerRegistry/username", "me"),
    ("BH058", "open-gke", f"{B}/dockerApi/nodeSelector", {"pool": "other"}),
    ("BH058", "classic-open", f"{C}/config/BinderHub/build_node_selector", {"pool": "other"}),
    ("BH058", "open-gke", f"{J}/singleuser/nodeSelector", {"pool": "other"}),
    ("BH064", "open-gke", f"{J}/singleuser/storage/type", "dynamic"),
    ("BH064", "open-gke", f"{J}/singleuser/storage/extraVolumes", [{"name": "home"}]),
    ("BH065", "open-gke", f"{J}/singleuser/profileList", [{"display_name": "x"}]),
    ("BH067", "open-gke", f"{J}/singleuser/networkPolicy/egressAllowRules/privateIPs", True),
    ("BH067", "open-gke", f"{J}/singleuser/cloudMetadata/blockWithIptables", False),
    ("BH069", "open-gke", f"{J}/hub/cookieSecret", "abc"),
    ("BH069", "open-gke", f"{J}/hub/config/CryptKeeper/keys", ["abc"]),
    ("BH069", "open-gke", f"{J}/hub/services/other/apiToken", "abc"),
    ("BH069", "open-gke", f"{J}/hub/db/password", 12345678),
    ("BH069", "open-gke", f"{J}/hub/extraEnv/JUPYTERHUB_CRYPT_KEY", "abc"),
    ("BH069", "open-gke", f"{B}/extraEnv", [{"name": "DB_PASS", "value": 12345678}]),
    ("BH074", "everything", f"{B}/extraCredentials", None),
    ("BH075", "open-gke", f"{B}/dockerApi/storage", {"emptyDir": None}),
    ("BH118", "open-gke", f"{J}/singleuser/startTimeout", 60),
    ("BH127", "open-gke", f"{B}/config/BinderHub/image_prefx", "x"),
    ("BH127", "open-gke", f"{J}/hub/config/BinderSpawnerMixin/cors", "x"),
    ("BH128", "open-gke", f"{B}/config/EventLogger", {"handlers_maker": "x"}),
    ("BH129", "open-gke", f"{B}/networkPolicy/enabled", False),
    ("BH129", "open-gke", f"{J}/singleuser/networkPolicy", None),
    ("BH018", "classic-members", f"{C}/jupyterhub/hub/config/GitHubOAuthenticator/oauth_callback_url", "https://a/x"),
    ("BH019", "open-gke", f"{B}/extraEnv", [{"name": "JUPYTERHUB_API_URL", "value": "https://a/hub/api"}]),
    ("BH027", "open-gke", f"{J}/hub/services/binder/admin", True),
    ("BH027", "classic-members", f"{C}/jupyterhub/hub/loadRoles/admin", {"services": ["binder"]}),
    ("BH029", "members-eks", f"{J}/singleuser/cmd", ["jupyter-lab"]),
    ("BH030", "members-eks", f"{J}/hub/config/GitHubOAuthenticator/allow_existing_users", True),
    ("BH034", "classic-open", f"{C}/config/GitHubRepoProvider/allowed_specs", [".*"]),
    ("BH034", "open-gke", f"{B}/config/GitHubRepoProvider/allowed_specs", None),
    ("BH035", "open-gke", f"{B}/extraConfig/10-repo-providers", None),
    ("BH035", "classic-open", f"{C}/extraEnv/BINDERHUB_REPO_PROVIDERS", "{}"),
    ("BH048", "kubernetes-quay", f"{J}/imagePullSecret/registry", "https://docker.io"),
    ("BH048", "classic-open", f"{C}/registry/url", "https://quay.io"),
    ("BH067", "open-gke", f"{J}/singleuser/cloudMetadata/ip", "10.0.0.1"),
    ("BH069", "open-gke", f"{B}/extraEnv", [{"name": "MY_TOKEN", "value": "hunter2"}]),
    ("BH140", "open-gke", f"{J}/singleuser/networkPolicy/egress", [{"to": [{"ipBlock": {"cidr": "::/0"}}]}]),
    ("BH140", "classic-open", f"{C}/jupyterhub/singleuser/networkPolicy/egress", [{"ports": [{"port": 443}]}]),
    ("BH141", "open-gke", f"{J}/hub/config/KubeSpawner/cmd", "jupyterhub-singleuser"),
    ("BH141", "classic-open", f"{C}/jupyterhub/hub/config/BinderSpawner/node_selector", {}),
    ("BH142", "classic-open", f"{C}/fullnameOverride", "x"),
    ("BH142", "open-gke", f"{J}/hub/baseUrl", "/jupyter/"),
    ("BH143", "open-gke", f"{B}/service/type", "LoadBalancer"),
    ("BH143", "classic-open", f"{C}/jupyterhub/proxy/service", None),
    ("BH143", "members-eks", "registry-helper/service/type", "LoadBalancer"),
    ("BH144", "open-gke", f"{J}/singleuser/allowPrivilegeEscalation", True),
    ("BH144", "members-eks", f"{J}/singleuser/extraPodConfig", {"hostPID": True}),
    ("BH144", "classic-open", f"{C}/dind/daemonset/extraArgs", ["-H", "tcp://0.0.0.0:2375"]),
    ("BH144", "classic-open", f"{C}/jupyterhub/hub/config/KubeSpawner/extra_container_config", {"securityContext": {"privileged": True}}),
    ("BH160", "members-eks", f"{J}/hub/loadRoles/user/scopes", ["self", "access:services", "servers"]),
    ("BH164", "open-gke", f"{J}/hub/extraConfig", None),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "name", "path", "value"), CASES)
def test_what_extra_values_break_is_found_before_it_costs_anything(
    rule: str, name: str, path: str, value: Any
) -> None:
    extra = nest(path, value)
    if "~" in path:  # a key with '/' in it
        release, ingress, _, key = path.split("/")
        extra = {release: {ingress: {"annotations": {key.replace("~", "/"): value}}}}
    found = check_values(hub(name, extraValues=extra), example(name).secrets_set)
    matching = [f for f in found if f.rule == rule]
    assert matching, [f.text() for f in found]
    assert all(f.severity == RULES[rule].severity for f in matching)
    assert all(f.path.startswith("extraValues.") or f.path == "(file)" for f in matching)


def test_every_rule_on_values_has_a_case() -> None:
    on_values = {r.id for r in RULES.values() if r.where == "values"}
    assert on_values <= {rule for rule, *_ in CASES}


@pytest.mark.parametrize("name", EXAMPLES)
def test_derived_values_are_right_by_construction(name: str) -> None:
    stack = example(name)
    assert stack.hub is not None
    before = {p.name: p.values for p in releases(stack.hub, stack.secrets_set)}
    assert guard(stack.hub, before, {}) == []


def test_an_overridden_value_is_named_with_the_derived_one() -> None:
    (found,) = findings("open-gke", f"{J}/singleuser/startTimeout", 60)
    assert found.severity == "warning" and found.value == 60 and "900" in found.reason


def test_values_that_override_nothing_are_nobody_elses_business() -> None:
    assert findings("open-gke", f"{J}/hub/resources/requests/memory", "1Gi") == []
    assert findings("open-gke", f"{J}/singleuser/startTimeout", 900) == []


@pytest.mark.parametrize(
    ("name", "credential"),
    [("DB_PASSWORD", True), ("api_token", True), ("aws-secret-key", True), ("client_secret", True),
     ("DB_PASS", True), ("smtpPwd", True), ("signing-key", True), ("bypass", False), ("cwd", False),
     ("existingSecret", False), ("secretName", False), ("tokenUrl", False), ("automountToken", False)],
)  # fmt: skip
def test_a_key_is_known_for_a_credential_however_it_is_spelt(name: str, credential: bool) -> None:
    assert is_credential_key(name) is credential


@pytest.mark.parametrize("path", [f"{J}/hub/cookieSecret", f"{J}/hub/config/CryptKeeper", f"{J}/proxy/secretToken", f"{J}/hub/services/x/apiToken", f"{B}/config/GitHubRepoProvider/access_token", f"{B}/config/DockerRegistry/password", f"{B}/buildPodsRegistryCredentials"])  # fmt: skip
def test_a_credential_in_extra_values_is_never_shown(path: str) -> None:
    found = findings("open-gke", path, "hunter2hunter2")
    assert "BH069" in {f.rule for f in found}
    assert "hunter2" not in " ".join(f.text() for f in found)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(CASES), JSON)
def test_no_extra_value_of_any_shape_ends_in_a_traceback(
    case: tuple[str, str, str, Any], value: Any
) -> None:
    _, name, path, _ = case
    for cut in range(1, path.count("/") + 2):
        short = "/".join(path.split("/")[:cut])
        if cut > 1 or isinstance(value, dict):
            findings(name, short, value)
