"""Guards on the registry: push, lookup and pull agree, and BinderHub finds its images."""

from __future__ import annotations

import re
from collections.abc import Iterator

from model.findings import Finding
from model.secrets import Secret
from values.guards.view import Guard, View, at, found

_DOCKER_HUB = ("docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com")


def _prefix(view: View) -> str | None:
    value = view.config("BinderHub", "image_prefix")
    return value if isinstance(value, str) else None


def prefix(view: View) -> Iterator[Finding]:
    """BH046, BH047: BinderHub's own spelling of image names."""
    value, path = _prefix(view), f"{view.binder_path}.config.BinderHub.image_prefix"
    if value is None:
        return
    host, slash, rest = value.partition("/")
    helper = view.resolved.registry.helper
    if slash and "." in host and "/" not in rest and not helper:
        yield found(
            "BH046",
            path,
            value,
            "BinderHub expects host/project/prefix and would rebuild at every launch.",
            "put a project level between.",
        )
    if rest != rest.lower() or "_" in rest:
        yield found(
            "BH047",
            path,
            value,
            "BinderHub lower-cases names and turns '_' into '-', and would never find its images.",
            "use a-z, 0-9, '-', '.' and '/'.",
        )


def lookup(view: View) -> Iterator[Finding]:
    """BH048, BH049: the registry that is asked is the one that is pushed to."""
    url, path = (
        view.config("DockerRegistry", "url"),
        f"{view.binder_path}.config.DockerRegistry.url",
    )
    if url is None:
        return
    match = re.match(r"https?://([^/]+)", url) if isinstance(url, str) else None
    if match is None:
        yield found("BH049", path, url, "it has no scheme.", f"write https://{url}.")
        return
    value = _prefix(view) or ""
    host = value.partition("/")[0]
    expected = host if "." in host or ":" in host else "registry-1.docker.io"
    same = match[1] == expected or (match[1] in _DOCKER_HUB and expected in _DOCKER_HUB)
    if value and not same:
        yield found(
            "BH048",
            path,
            url,
            f"images are pushed to {expected}; every launch would rebuild.",
            "choose the registry in `registry`.",
        )


def push(view: View) -> Iterator[Finding]:
    """BH048: builds log in where they push, and servers are pulled from there."""
    key = "registry.url" if view.classic else "buildPodsRegistryCredentials.server"
    for path, values, keys in (
        (view.binder_path, view.binder, tuple(key.split("."))),
        (view.hub_path, view.hub_values, ("imagePullSecret", "registry")),
    ):
        server, prefix = at(values, *keys), _prefix(view)
        if not isinstance(server, str) or not prefix or view.resolved.registry.helper:
            continue
        host = re.sub(r"^https?://", "", server).partition("/")[0]
        expected = prefix.partition("/")[0]
        expected = expected if "." in expected or ":" in expected else "index.docker.io"
        derived = view.resolved.registry.server
        same = host == expected or (host in _DOCKER_HUB and expected in _DOCKER_HUB)
        if not same and server != derived:
            yield found(
                "BH048",
                f"{path}.{'.'.join(keys)}",
                server,
                f"images are kept at {expected}; its credentials would be for another registry.",
                "choose the registry in `registry`.",
            )


def use_registry(view: View) -> Iterator[Finding]:
    """BH051: the chart renders the push credentials only if it sees this."""
    value = view.config("BinderHub", "use_registry")
    if view.resolved.registry.image_prefix and value is not True:
        yield found(
            "BH051",
            f"{view.binder_path}.config.BinderHub.use_registry",
            value,
            "the chart would drop the push credentials.",
        )


def misplaced(view: View) -> Iterator[Finding]:
    """BH052: the section belongs under `config`; old advice puts it beside."""
    value = at(view.binder, "DockerRegistry")
    if value is not None:
        yield found(
            "BH052",
            f"{view.binder_path}.DockerRegistry",
            "(a mapping)",
            "the chart's schema refuses it there.",
            "move it to config.DockerRegistry, or better, use `registry`.",
        )


def static_ecr(view: View) -> Iterator[Finding]:
    """BH053: ECR's tokens last twelve hours."""
    value = _prefix(view) or ""
    if ".dkr.ecr." not in value:
        return
    for path, password in (
        ("config.DockerRegistry.password", view.config("DockerRegistry", "password")),
        (
            "buildPodsRegistryCredentials.password",
            at(view.binder, "buildPodsRegistryCredentials", "password"),
        ),
    ):
        if password:
            yield found(
                "BH053",
                f"{view.binder_path}.{path}",
                "<hidden>",
                "tokens of ECR last 12 hours, and each image needs a repository.",
                "use registry.kind: ecr, which brings the helper.",
            )


def pulls(view: View) -> Iterator[Finding]:
    """BH050: private images have their pull secret."""
    access = view.resolved.registry
    if not access.pull_secret:
        return
    made = view.in_hub("imagePullSecret", "create") is True
    if not made and not view.in_hub("imagePullSecrets"):
        yield found(
            "BH050",
            f"{view.hub_path}.imagePullSecret.create",
            view.in_hub("imagePullSecret", "create"),
            f"images of {view.hub.registry.kind} are private; servers could not be pulled.",
        )


def key_user(view: View) -> Iterator[Finding]:
    """BH054: Google's registries take a key under a fixed user name."""
    value = _prefix(view) or ""
    if "-docker.pkg.dev/" not in value and not value.startswith("gcr.io/"):
        return
    user = view.config("DockerRegistry", "username")
    if user not in ("_json_key", "_json_key_base64"):
        yield found(
            "BH054",
            f"{view.binder_path}.config.DockerRegistry.username",
            "<hidden>" if isinstance(user, Secret) else user,
            'the user of a service-account key is "_json_key".',
        )


GUARDS: tuple[Guard, ...] = (
    prefix,
    lookup,
    push,
    use_registry,
    misplaced,
    static_ecr,
    pulls,
    key_user,
)
