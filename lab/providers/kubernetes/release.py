"""``kubernetes:helm.sh/v3:Release``: install, upgrade, uninstall by the real helm.

Follows the official plugin (provider/pkg/provider/helm_release.go, 2026-07-01): the exact
chart version is resolved when inputs are checked; a change of name or namespace replaces; a
release that helm left behind in a failed state is kept in the stack's state and upgraded by
the next update; nulls in the values are kept. What an import reads is marked as no secret, as
officially. A refresh changes the state and not the inputs, and a difference is one between the
state and the program: a value that helm added or lost makes none, nor does what kubectl changed,
for no object of the release is read. The manifest is not an output: it holds the secrets of the
values.

Of the inputs, ``valueYamlFiles`` and ``lint`` are refused rather than ignored. An import does
not look for its chart in the program's folder or in helm's repositories.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from lab.providers.kubernetes import helm_arguments, release_state
from lab.providers.kubernetes.cluster import Cluster, ClusterHandler, Unreachable
from lab.providers.kubernetes.helm import Helm, HelmFailed
from lab.providers.kubernetes.masking import Mask
from lab.providers.kubernetes.shapes import autoname, identity, split_identity
from lab.providers.kubernetes.trouble import Watcher
from lab.providers.sdk.property_diff import DiffResult, diff_props
from lab.providers.sdk.property_values import UNKNOWN, Props, has_unknowns, known, reveal
from lab.providers.sdk.provider import (
    CheckFailure,
    InitFailed,
    Log,
    ReadResult,
    Request,
    StandinError,
)

TYPE = "kubernetes:helm.sh/v3:Release"
_REPLACE_ON = ("name", "namespace")
# Never inputs; `compat` is of the SDK, and the official plugin drops it.
_OUTPUT_ONLY = ("resourceNames", "status", "checksum", "manifest", "compat")
_REFUSED = ("valueYamlFiles", "lint")


class ReleaseHandler(ClusterHandler):
    """Helm releases on one cluster."""

    thing = "release"

    def __init__(self, cluster: Cluster, log: Log, helm: Helm) -> None:
        super().__init__(cluster, log)
        self.helm = helm

    # Inputs

    def check(self, request: Request) -> tuple[Props, list[CheckFailure]]:
        props = {k: v for k, v in request.inputs.items() if v is not None and k not in _OUTPUT_ONLY}
        if reveal(props.get("name")) in (None, ""):
            props["name"] = request.old_inputs.get("name") or autoname(request.name)
        if reveal(props.get("namespace")) in (None, ""):
            props["namespace"] = self.cluster.default_namespace
        if not reveal(props.get("skipAwait")):
            props.setdefault("timeout", helm_arguments.DEFAULT_SECONDS)
        failures = [
            CheckFailure(key, "is not covered by the stand-in; write it under 'values'")
            for key in _REFUSED
            if reveal(props.get(key))
        ]
        if reveal(props.get("chart")) in (None, ""):
            told = "is required: a name, a path or an oci:// address"
            failures.append(CheckFailure("chart", told))
        values = reveal(props.get("values"))
        if values is not None and values is not UNKNOWN and not isinstance(values, dict):
            failures.append(CheckFailure("values", "must be an object"))
        if props.get("allowNullValues"):
            told = "allowNullValues has no effect: nulls in the values are always kept"
            self.log("warning", told, request.urn)
        source = {k: props.get(k) for k in ("chart", "version", "repositoryOpts", "namespace")}
        if not failures and not has_unknowns(source):
            try:
                props["version"] = self._version(known(props), Mask(props))
            except HelmFailed as error:
                told = f"{error}; check the chart's name, version and repository"
                failures.append(CheckFailure("chart", told))
        return props, failures

    def _version(self, release: dict[str, Any], mask: Mask) -> str:
        with self.helm.workspace() as folder:
            chart, arguments, env = helm_arguments.chart_arguments(release, folder)
            self._index(env, mask)
            show = ["show", "chart", chart, *arguments]
            shown = self.helm.run(show, mask, cluster=False, env=env)
        return release_state.exact_version(chart, shown)

    def diff(self, request: Request) -> DiffResult:
        """What the program wants otherwise than the state has it; below ``values`` a null counts."""
        sides = (request.old_inputs, request.state, request.inputs)
        old, new = release_state.compared(*sides, leave_out=_OUTPUT_ONLY)
        found = diff_props(
            old, new, replace_on=_REPLACE_ON, ignore=request.ignore, nulls_matter=("values",)
        )
        return replace(found, of_state=True)

    # Life

    def create(self, request: Request) -> tuple[str, Props]:
        if request.preview:
            return "", release_state.pending_of(request.inputs)
        release = known(request.inputs)
        outputs = release_state.outputs_of(request.inputs, self._apply("install", request.inputs))
        return identity(release["namespace"], release["name"]), outputs

    def update(self, request: Request) -> Props:
        if request.preview:
            return release_state.pending_of(request.inputs)
        return release_state.outputs_of(request.inputs, self._apply("upgrade", request.inputs))

    def _place(self, request: Request) -> tuple[str, str]:
        namespace, name = split_identity(request.id)
        return namespace or self.cluster.default_namespace, name

    def read(self, request: Request) -> ReadResult | None:
        """The release as helm has it. Its inputs stay; for an import they are made from it."""
        inputs, (namespace, name) = request.inputs, self._place(request)
        try:
            live = self._live(name, namespace, Mask(inputs, request.state))
        except Unreachable:
            if not self.forget(request):
                raise
            return None
        if live is None:
            return None
        fresh = inputs or release_state.imported(live)
        outputs = release_state.seen_by(fresh, request.state, live)
        return ReadResult(id=identity(namespace, name), outputs=outputs, inputs=fresh)

    def delete(self, request: Request) -> None:
        """helm uninstall; gone already is success."""
        release, (namespace, name) = known(request.state), self._place(request)
        if not self.cluster.reachable() and self.forget(request):
            return
        arguments = ["uninstall", name, "--namespace", namespace, "--ignore-not-found"]
        if release.get("atomic") or not release.get("skipAwait"):
            arguments += ["--wait", "--timeout", helm_arguments.timeout_of(release)]
        self._answering()
        try:
            self.helm.run(arguments, Mask(request.state))
        except HelmFailed as error:
            raise StandinError(
                f"helm could not uninstall release {namespace}/{name}: {error}"
            ) from None

    # Parts

    def _index(self, env: dict[str, str], mask: Mask) -> None:
        """Fetch the index of a repository with a password; helm does it itself for others."""
        if "HELM_REPOSITORY_CONFIG" in env:
            self.helm.run(["repo", "update"], mask, cluster=False, env=env)

    def _answering(self) -> None:
        """Wait out an API server that is restarting: helm itself gives up at once."""
        self.cluster.namespaced("v1", "Namespace")

    def _apply(self, verb: str, inputs: Props) -> dict[str, Any]:
        release, mask = known(inputs), Mask(inputs)
        name, namespace = release["name"], release["namespace"]
        self._answering()
        started = time.time()
        with self.helm.workspace() as folder, Watcher(self.cluster, name, namespace) as watcher:
            arguments, env = helm_arguments.release_arguments(verb, release, folder)
            try:
                self._index(env, mask)
                raw = self.helm.json(arguments, mask, env=env)
            except HelmFailed as error:
                failure = error
            else:
                return release_state.live_of(raw)
            trouble = map(mask.clean, watcher.report(since=started))
        place = identity(namespace, name)
        told = "\n".join([f"helm {verb} of release {place} failed: {failure}", *trouble])
        raise self._failed(inputs, told, started)

    def _failed(self, inputs: Props, told: str, started: float) -> StandinError:
        """What the user should read about a failed install or upgrade."""
        release, mask = known(inputs), Mask(inputs)
        name, namespace = release["name"], release["namespace"]
        id = identity(namespace, name)
        live = self._live(name, namespace, mask)
        if live and live["status"].startswith("pending"):
            asked = ["history", name, "--namespace", namespace]
            history = self.helm.json(asked, mask, reading=True)
            return StandinError(f"{told}\n{release_state.pending_hint(live, history)}")
        if "cannot re-use a name" in told:
            return StandinError(
                f"{told}\nimport it (resource option import_={id!r}), or remove it first: "
                f"helm uninstall {name} --namespace {namespace}"
            )
        # What failed before it began left the release, and so the state, as it was.
        if live is None or not release_state.deployed_since(live, started):
            return StandinError(told)
        return InitFailed(
            told, id=id, outputs=release_state.outputs_of(inputs, live), inputs=inputs
        )

    def _live(self, name: str, namespace: str, mask: Mask) -> dict[str, Any] | None:
        self._answering()
        where = [name, "--namespace", namespace]
        try:
            # Also after a cancel: what is left of the release belongs in the state.
            status = self.helm.json(["status", *where], mask, reading=True)
            meta = self.helm.json(["get", "metadata", *where], mask, reading=True)
        except HelmFailed as error:
            if "not found" in str(error):
                return None
            raise StandinError(f"helm could not read release {namespace}/{name}: {error}") from None
        return release_state.live_of(status, meta)
