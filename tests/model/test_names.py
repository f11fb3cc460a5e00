"""Names derived from any legal hub name are legal where they are used."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.derived import names
from model.derived.pools import (
    DEDICATED,
    HUB_LABEL,
    INSTANCE_LABEL,
    Pool,
    build_pool,
    pools,
    user_pool,
)
from model.derived.registry_access import registry_access
from model.hub import Hub
from model.sections.nodes import Retiring, RetiringBuilders
from model.stackfile.read import read_text

FOLDER = Path(__file__).parent / "examples"
NAME = st.from_regex(r"[a-z][a-z0-9-]{0,61}[a-z0-9]|[a-z]", fullmatch=True)
QUICK = settings(max_examples=200, deadline=None)


@cache
def example(name: str) -> Hub:
    hub = read_text(name, (FOLDER / f"{name}.yaml").read_text()).hub
    assert hub is not None
    return hub


def named(file: str, name: str, **nodes: Any) -> Hub:
    hub = example(file)
    update: dict[str, Any] = {"name": name}
    if nodes:
        update["nodes"] = hub.nodes.model_copy(update=nodes)
    return hub.model_copy(update=update)


LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?\Z")
POOL = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?\Z")  # GKE: starts with a letter, 40 at most


@QUICK
@given(NAME, st.integers(1, 99_999))
def test_names_fit_where_they_are_used(name: str, generation: int) -> None:
    gcp = named("everything", name, generation=generation)
    aws = named("members-eks", name, generation=generation)
    assert LABEL.match(gcp.model_copy(update={"namespace": None}).ns) and len(gcp.name) <= 63
    for hub in (gcp, aws):
        for pool in pools(hub):
            assert POOL.match(pool.name) and len(pool.name) <= 40  # EKS allows 63
            for key, value in pool.labels.items():
                assert len(key.split("/")[-1]) <= 63
                assert len(value) <= 63 and re.match(
                    r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\Z", value
                )
    for account in (names.pusher_account_id(gcp), names.nodes_account_id(gcp)):
        assert 6 <= len(account) <= 30 and re.match(r"[a-z][a-z0-9-]*[a-z0-9]\Z", account)
    repository = names.repository(gcp)
    assert len(repository) <= 63 and re.match(r"[a-z]([a-z0-9-]*[a-z0-9])?\Z", repository)
    for role in ("nodes", "registry"):
        assert len(names.iam_name(aws, role)) <= 64
        assert re.match(r"[\w+=,.@-]+\Z", names.iam_name(aws, role))
    for release in (
        names.JUPYTERHUB,
        names.BINDERHUB_SERVICE,
        names.BINDERHUB,
        names.REGISTRY_HELPER,
    ):
        assert len(release) <= 53


@QUICK
@given(NAME, NAME, st.sampled_from(["open-gke", "members-eks"]))
def test_two_hubs_never_share_a_derived_name(one: str, two: str, file: str) -> None:
    if one == two:
        return
    a, b = named(file, one), named(file, two)
    assert user_pool(a).name != user_pool(b).name
    assert names.pusher_account_id(a) != names.pusher_account_id(b)
    assert names.repository(a) != names.repository(b)
    assert names.iam_name(a, "nodes") != names.iam_name(b, "nodes")
    assert registry_access(a).image_prefix != registry_access(b).image_prefix


@QUICK
@given(
    NAME,
    st.sampled_from(["open-gke", "members-eks", "kubernetes-quay", "classic-open", "auth-azuread"]),
)
def test_binderhub_rewrites_no_image_prefix(name: str, file: str) -> None:
    prefix = registry_access(named(file, name)).image_prefix
    assert prefix is not None and prefix == prefix.lower().replace("_", "-")
    assert re.match(r"[a-z0-9.-]+(/[a-z0-9-]+([.-]+[a-z0-9]+)*)*/?-?/?\Z", prefix.rstrip("-/"))


@given(NAME, st.integers(8, 63))
def test_a_cut_name_stays_unique_and_legal(name: str, limit: int) -> None:
    cut = names.fit(name, limit)
    assert len(cut) <= limit and LABEL.match(cut)
    assert (cut == name) is (len(name) <= limit)


def test_long_names_that_differ_at_the_end_are_cut_to_different_names() -> None:
    one, two = (named("everything", "a" * 62 + end) for end in "bc")
    assert names.pusher_account_id(one) != names.pusher_account_id(two)
    assert user_pool(one).name != user_pool(two).name


def test_gke_refuses_a_slash_in_a_taint_key() -> None:
    assert [t.key for t in user_pool(example("open-gke")).taints] == ["hub.jupyter.org_dedicated"]
    assert user_pool(example("members-eks")).taints == DEDICATED
    assert user_pool(example("open-gke")).taints[0].cloud_effect == "NO_SCHEDULE"


def test_several_machine_types_share_labels_and_bind_no_pod_to_one() -> None:
    hub = example("everything")
    user, *more, build = pools(hub)
    assert [p.machine_type for p in (user, *more)] == [
        "n2-highmem-4",
        "n2-highmem-8",
        "e2-highmem-8",
    ]
    assert len({p.name for p in pools(hub)}) == 4
    assert [p.key for p in pools(hub)] == [
        "user-g1",
        "user-n2-highmem-8-g1",
        "user-e2-highmem-8-g1",
        "build-g1",
    ]
    assert all(p.selector == user.selector and p.taints == user.taints for p in more)
    assert INSTANCE_LABEL not in user.selector and user.labels[HUB_LABEL] == "everything"
    assert build == build_pool(hub) and build.selector[INSTANCE_LABEL] == "n2-standard-8"


def retired(file: str, **entry: Any) -> list[Pool]:
    nodes = {"generation": 2, "retiring": [Retiring(generation=1).model_copy(update=entry)]}
    return [p for p in pools(named(file, file, **nodes)) if p.draining]


@pytest.mark.parametrize("file", ["open-gke", "members-eks", "everything"])
def test_a_retiring_pool_is_the_one_that_was_made(file: str) -> None:
    """Another name or key would be another resource: the old one would go with its servers."""
    made = pools(named(file, file, generation=1))
    assert retired(file) == [replace(p, draining=True, min=0) for p in made]


def test_what_a_retiring_generation_says_of_itself_counts() -> None:
    given: dict[str, Any] = {
        "machine_type": "n1-highmem-8",
        "more_machine_types": [],
        "max": 3,
        "disk_gb": 30,
        "spot": True,
        "zones": [],
        "builders": RetiringBuilders.model_validate({"machineType": "n1-standard-4", "max": 2}),
    }
    user, build = retired("everything", **given)
    assert (user.machine_type, user.max, user.disk_gb, user.spot, user.zones) == (
        "n1-highmem-8",
        3,
        30,
        True,
        None,
    )
    assert (build.machine_type, build.max) == ("n1-standard-4", 2)
    now = build_pool(example("everything"))
    assert (build.disk_gb, build.spot) == (now.disk_gb, now.spot), "what is left out is as now"


def test_a_builder_pool_that_is_given_up_can_retire() -> None:
    roles = [p.role for p in retired("open-gke", builders=RetiringBuilders())]
    assert roles == ["user", "build"]


@pytest.mark.parametrize(
    ("file", "image_prefix"),
    [
        ("open-gke", "us-west2-docker.pkg.dev/research-123/binder-open-gke/open-gke-"),
        ("members-eks", "123456789012.dkr.ecr.us-west-2.amazonaws.com/members-eks/"),
        ("kubernetes-quay", "quay.io/geology-lab/kubernetes-quay-"),
        ("classic-open", "docker.io/course-images/classic-open-"),
        ("classic-load-balancers", "gcr.io/trial-2026/classic-load-balancers-"),
        ("auth-azuread", "clinicimages.azurecr.io/auth-azuread/auth-azuread-"),
        ("auth-oidc", "registry.sciencehubs.net/physics/auth-oidc-"),
    ],
)
def test_a_wrong_image_prefix_rebuilds_every_launch(file: str, image_prefix: str) -> None:
    assert registry_access(example(file)).image_prefix == image_prefix


@pytest.mark.parametrize(
    "organization", ["jupyterlabs", "course-images", "org", "course_images", "a.b"]
)
def test_binderhub_looks_for_images_without_their_organization(organization: str) -> None:
    """It takes the first part for a host unless it looks like a Docker ID."""
    hub = example("classic-open")
    registry = hub.registry.model_copy(update={"organization": organization})
    prefix = registry_access(hub.model_copy(update={"registry": registry})).image_prefix
    assert prefix is not None
    if not re.fullmatch("[a-z0-9]{4,40}/[a-z0-9._-]{2,255}", prefix):
        prefix = prefix.partition("/")[2]
    assert prefix == f"{organization}/classic-open-"
