"""The registry's credentials, tried against its API as BinderHub and builds use them.

https://distribution.github.io/distribution/spec/api/ and .../spec/auth/token/. Looks an image up
that does not exist, and begins an upload that it cancels; nothing is stored.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from hubctl.console.checks import Check
from hubctl.console.errors import NoAnswer
from hubctl.live.access import kube_access
from hubctl.live.doctor.edges import Edges, Http
from hubctl.live.doctor.tools import load
from model.derived.flavour import flavour
from model.derived.registry_access import RegistryAccess, registry_access
from model.hub import Hub
from model.sections.registry import DockerHub, NoRegistry

IMAGE = "hubctl-doctor"
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, kw_only=True)
class Login:
    """User and password; `source` says where they come from. Never printed."""

    username: str = field(repr=False)
    password: str = field(repr=False)
    source: str


def deployed_login(hub: Hub, access: RegistryAccess, edges: Edges) -> Login | None:
    """What builds use in the cluster: the docker configuration of build pods."""
    secret = flavour(hub).push_secret
    done = edges.run(
        ["kubectl", "get", "secret", secret, "--namespace", hub.ns, "--output", "json",
         "--request-timeout", "10s", *kube_access(hub)]
    )  # fmt: skip
    told = load(done.out) if done.ok else None
    if not isinstance(told, dict):
        return None
    for text in (told.get("data") or {}).values():
        try:
            auths = json.loads(base64.b64decode(text)).get("auths", {})
            entry = auths.get(access.server) or next(iter(auths.values()))
            username, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
        except (
            ValueError,
            binascii.Error,
            AttributeError,
            KeyError,
            StopIteration,
            UnicodeDecodeError,
        ):
            continue
        return Login(username=username, password=password, source=f"Secret {secret}")
    return None


def registry(hub: Hub, values: dict[str, str], edges: Edges) -> Iterator[Check]:
    """The checks; `values` are the stack's flat secrets."""
    access = registry_access(hub)
    if isinstance(hub.registry, NoRegistry) or access.url is None or access.image_prefix is None:
        yield Check(name="registry", state="skipped", detail="the hub has none")
        return
    if access.helper:
        yield Check(name="registry", state="skipped",
                    detail="ECR: the helper gets new credentials for each build; `hubctl smoke` tries them")  # fmt: skip
        return
    login = deployed_login(hub, access, edges)
    if login is None and access.username and "registryPassword" in values:
        login = Login(
            username=access.username, password=values["registryPassword"], source="the stack file"
        )
    if login is None and access.username:
        yield Check(name="registry", state="skipped",
                    detail="no credentials: neither the cluster's nor the stack's can be read here")  # fmt: skip
        return
    host = urlsplit(access.url).netloc
    if isinstance(hub.registry, DockerHub):
        host = "docker.io"
    path = access.image_prefix.removeprefix(f"{host}/")
    yield from try_registry(access.url, f"{path}{IMAGE}", login, edges.http)


def try_registry(url: str, image: str, login: Login | None, http: Http) -> Iterator[Check]:
    """Try a lookup and a push with the credentials; what the push begins is cancelled."""
    url = url.rstrip("/")
    try:
        base = http("GET", f"{url}/v2/", headers={})
    except NoAnswer as error:
        yield Check(
            name="registry", state="error", detail=str(error), fix="check registry and its url."
        )
        return
    if base.status_code not in (200, 401):
        yield Check(name="registry", state="error", detail=f"{url}/v2/ answered {base.status_code}: no registry",
                    fix="check registry.url.")  # fmt: skip
        return
    challenge = base.headers.get("www-authenticate", "") if base.status_code == 401 else ""
    source = f" ({login.source})" if login else ""
    try:
        headers, problem = _authorize(challenge, image, login, http)
        if problem:
            yield Check(name="registry login", state="error", detail=problem + source,
                        fix="the user or password is wrong or has expired: set registryPassword anew.")  # fmt: skip
            return
        yield Check(name="registry login", state="ok", detail=f"{urlsplit(url).netloc}{source}")
        yield _lookup(url, image, headers, http)
        yield _push(url, image, headers, http)
    except NoAnswer as error:
        yield Check(name="registry", state="error", detail=str(error))


def _authorize(
    challenge: str, image: str, login: Login | None, http: Http
) -> tuple[dict[str, str], str | None]:
    """The header for requests about an image, or why there is none."""
    kind = challenge.split(" ", 1)[0].lower()
    basic = {}
    if login:
        pair = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
        basic = {"Authorization": f"Basic {pair}"}
    if kind != "bearer":
        return basic, None
    fields = dict(_CHALLENGE.findall(challenge))
    realm = fields.get("realm", "")
    parts = urlsplit(realm)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        return (
            {},
            f"its token server {parts.netloc or '?'} is not https, so no password is sent there",
        )
    query = {"scope": f"repository:{image}:pull,push"}
    if fields.get("service"):
        query["service"] = fields["service"]
    answer = http("GET", f"{realm}{'&' if parts.query else '?'}{urlencode(query)}", headers=basic)
    if answer.status_code != 200:
        return {}, f"its token server answered {answer.status_code}"
    try:
        told: Any = answer.json()
    except ValueError:
        told = {}
    token = told.get("token") or told.get("access_token") if isinstance(told, dict) else None
    return (
        ({"Authorization": f"Bearer {token}"}, None)
        if token
        else ({}, "its token server gave no token")
    )


def _lookup(url: str, image: str, headers: dict[str, str], http: Http) -> Check:
    accept = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
    answer = http("GET", f"{url}/v2/{image}/manifests/none", headers={**headers, "Accept": accept})
    if answer.status_code in (200, 404):
        return Check(name="registry look-up", state="ok", detail="images can be looked up")
    if answer.status_code == 401 and url.endswith("docker.io"):
        return Check(
            name="registry look-up",
            state="ok",
            detail="401 for what is not there, as Docker Hub does",
        )
    return Check(name="registry look-up", state="error", detail=f"it answered {answer.status_code}",
                 fix="every launch would build anew: let the account read this prefix.")  # fmt: skip


def _push(url: str, image: str, headers: dict[str, str], http: Http) -> Check:
    answer = http(
        "POST", f"{url}/v2/{image}/blobs/uploads/", headers={**headers, "Content-Length": "0"}
    )
    if answer.status_code != 202:
        return Check(name="registry push", state="error", detail=f"it answered {answer.status_code}",
                     fix="builds would fail at the end: let the account write to this prefix.")  # fmt: skip
    where = urljoin(f"{url}/", answer.headers.get("location", ""))
    if urlsplit(where).netloc == urlsplit(url).netloc:
        http("DELETE", where, headers=headers)
    return Check(name="registry push", state="ok", detail="an upload was begun, and cancelled")
