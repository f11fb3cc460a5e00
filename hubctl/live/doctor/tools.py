"""Checks of this machine: binaries, versions, login, backend, plugins, the stack's secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from hubctl.console.checks import Check
from hubctl.console.subprocesses import Ran
from hubctl.live.doctor.edges import Edges
from model.derived import clouds
from model.hub import Hub
from model.sections.cluster import CloudName
from model.stackfile.secret_values import check_secret
from values.wanted_secrets import secrets_to_set

TESTED_PULUMI = (3, 259)
"""The oldest engine that this project's tests run."""

_CREDENTIAL_HELPERS: dict[CloudName, tuple[list[str], str]] = {
    "gcp": (
        ["gke-gcloud-auth-plugin", "--version"],
        "gcloud components install gke-gcloud-auth-plugin",
    ),
    "aws": (["aws", "--version"], "https://aws.amazon.com/cli/"),
}
"""What the program's kubeconfig asks for a credential, and where it comes from."""


def load(text: str) -> Any:
    """JSON that a program printed; None when it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def binaries(hub: Hub, edges: Edges) -> Iterator[Check]:
    """Programs that `pulumi up` needs (errors) and that hubctl asks (warnings)."""
    done = edges.run(["pulumi", "version"])
    found = re.search(r"(\d+)\.(\d+)\.\d+", done.out)
    if not done.ok or not found:
        yield Check(name="pulumi", state="error", detail=done.words,
                    fix="install it: https://www.pulumi.com/docs/install/")  # fmt: skip
    elif (int(found[1]), int(found[2])) < TESTED_PULUMI:
        yield Check(name="pulumi", state="warning", detail=found[0],
                    fix=f"update it; {'.'.join(map(str, TESTED_PULUMI))} and newer are tested.")  # fmt: skip
    else:
        yield Check(name="pulumi", state="ok", detail=found[0])
    wanted: list[tuple[list[str], str, bool]] = [
        (["helm", "version", "--short"], "https://helm.sh/docs/intro/install/", False),
        (["kubectl", "version", "--client"], "https://kubernetes.io/docs/tasks/tools/", False),
    ]
    cloud = clouds.cluster_cloud(hub)
    if cloud and reached_by_cloud(hub):
        wanted.append((*_CREDENTIAL_HELPERS[cloud], True))
    for words, where, needed in wanted:
        done = edges.run(words)
        first = (done.out or done.err).strip().splitlines()
        if done.ok:
            yield Check(name=words[0], state="ok", detail=first[0][:60] if first else "found")
        else:
            yield Check(name=words[0], state="error" if needed else "warning", detail=done.words,
                        fix=f"install it: {where}")  # fmt: skip


def login(hub: Hub, edges: Edges) -> Iterator[Check]:
    """Whether Pulumi is logged in, and to a backend that suits the stage."""
    done = edges.run(["pulumi", "whoami", "--json"])
    told = load(done.out) if done.ok else None
    if not isinstance(told, dict):
        yield Check(name="login", state="error", detail=done.words,
                    fix="run `pulumi login` (gs://, s3://, azblob://, file:// or Pulumi Cloud).")  # fmt: skip
        return
    url = str(told.get("url", ""))
    said = f"{told.get('user', '')} at {_without_credentials(url)}"
    if url.startswith("file:") and hub.stage == "production":
        yield Check(name="login", state="warning", detail=said,
                    fix="a file on one machine is no backend for a production hub.")  # fmt: skip
    else:
        yield Check(name="login", state="ok", detail=said)


def _without_credentials(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//", url.split("?", 1)[0])


def stack_state(hub: Hub, edges: Edges) -> Iterator[Check]:
    """Whether the stack exists, and whether an update is under way."""
    done = edges.run(["pulumi", "stack", "ls", "--json", "--all"])
    told = load(done.out) if done.ok else None
    if not isinstance(told, list):
        yield Check(name="stack", state="skipped", detail=done.words)
        return
    mine = [
        s for s in told if isinstance(s, dict) and str(s.get("name", "")).split("/")[-1] == hub.name
    ]
    if not mine:
        yield Check(name="stack", state="warning", detail="not in this backend yet",
                    fix=f"run `pulumi stack init {hub.name}`.")  # fmt: skip
    elif mine[0].get("updateInProgress"):
        yield Check(name="stack", state="error", detail="an update is under way, or was interrupted",
                    fix=f"wait for it; when nobody runs one: pulumi cancel --stack {hub.name}")  # fmt: skip
    else:
        yield Check(
            name="stack", state="ok", detail=f"last update {mine[0].get('lastUpdate') or 'never'}"
        )


def needed_plugins(hub: Hub) -> list[str]:
    """Provider plugins of this hub."""
    return sorted(["kubernetes", "random", *clouds.needed(hub)])


def plugins(hub: Hub, edges: Edges) -> Iterator[Check]:
    """Whether the provider plugins are there; `pulumi up` fetches missing ones when it can."""
    done = edges.run(["pulumi", "plugin", "ls", "--json"])
    told = load(done.out) if done.ok else None
    if not isinstance(told, list):
        yield Check(name="plugins", state="skipped", detail=done.words)
        return
    have = {str(p.get("name")): str(p.get("version")) for p in told if isinstance(p, dict)}
    missing = [name for name in needed_plugins(hub) if name not in have]
    if missing:
        yield Check(name="plugins", state="warning", detail=f"missing: {', '.join(missing)}",
                    fix="run `pulumi install`.")  # fmt: skip
    else:
        said = ", ".join(f"{name} {have[name]}" for name in needed_plugins(hub))
        yield Check(name="plugins", state="ok", detail=said)


def config_secrets(hub: Hub, edges: Edges) -> tuple[dict[str, str], Ran]:
    """Flat secrets of the stack, decrypted by Pulumi; empty when it cannot (see the second)."""
    done = edges.run(["pulumi", "config", "--json", "--show-secrets", "--stack", hub.name])
    told = load(done.out) if done.ok else None
    if not isinstance(told, dict):
        return {}, done
    return {
        key.partition(":")[2]: str(entry.get("value", ""))
        for key, entry in told.items()
        if isinstance(entry, dict) and entry.get("secret")
    }, done


def secrets(
    hub: Hub, secrets_set: frozenset[str], values: dict[str, str], asked: Ran
) -> Iterator[Check]:
    """Whether every secret is set and of the right kind. No value leaves this function.

    Args:
        hub: whose values decide which secrets are needed.
        secrets_set: names in the stack file and its secretsFile, which is not decrypted for this.
        values: secrets by name, as Pulumi decrypted them.
        asked: how Pulumi ended when it was asked for them.
    """
    needed = secrets_to_set(hub, ())
    if not asked.ok:
        yield Check(name="secrets", state="skipped", detail=f"not decrypted: {asked.words}")
        return
    filed = secrets_set if hub.secrets_file else frozenset()
    missing = [name for name in needed if name not in values and name not in filed]
    for name in missing:
        yield Check(name="secrets", state="error", detail=f"{name} is not set",
                    fix=f"run `pulumi config set --secret {name} --stack {hub.name}`.")  # fmt: skip
    bad = [f for name in needed if name in values for f in check_secret(hub, name, values[name])]
    for finding in bad:
        yield Check(
            name="secrets",
            state="error",
            detail=f"{finding.path}: {finding.reason}",
            fix=finding.fix,
        )
    if not missing and not bad:
        yield Check(name="secrets", state="ok", detail=", ".join(needed) or "none needed")


def reached_by_cloud(hub: Hub) -> bool:
    """Whether the program looks the cluster up rather than use a kubeconfig."""
    cluster = hub.cluster
    return clouds.cluster_cloud(hub) is not None and not (
        cluster.kube_context or cluster.kubeconfig
    )
