"""The kubernetes stand-in: sends each resource to ``Objects`` or ``Releases``."""

from __future__ import annotations

from lab.providers.kubernetes.cluster import Cluster
from lab.providers.kubernetes.helm import Helm
from lab.providers.kubernetes.objects import ObjectHandler
from lab.providers.kubernetes.release import TYPE as RELEASE
from lab.providers.kubernetes.release import ReleaseHandler
from lab.providers.kubernetes.settings import ProviderSettings, decode
from lab.providers.sdk.provider import (
    CheckFailure,
    DiffResult,
    Props,
    ReadResult,
    Resource,
    StandinError,
    StandinProvider,
    diff_props,
)


class KubernetesProvider(StandinProvider):
    """Speaks to the API server that its kubeconfig names, and runs helm against it.

    A changed kubeconfig is an update, not a replacement of everything on the cluster
    (the official plugin replaces when the server's address changes): a lab's address
    changes with every start. ``clusterIdentifier`` replaces, as officially.
    """

    name = "kubernetes"
    what = "server-side apply and the real helm"

    def __init__(self) -> None:
        super().__init__()
        self._take(ProviderSettings())

    def _take(self, settings: ProviderSettings) -> None:
        def log(severity: str, message: str, urn: str) -> None:
            self.log(severity, message, urn)

        self.cluster = Cluster(settings, self.cancelled)
        self.helm = Helm(self.cluster)
        self.objects = ObjectHandler(self.cluster, self.cancelled, log)
        self.releases = ReleaseHandler(self.cluster, self.helm, log)

    # Provider

    def check_config(self, olds: Props, news: Props) -> tuple[Props, list[CheckFailure]]:
        """Refuse settings that this stand-in would have to ignore."""
        try:
            decode(news)
        except StandinError as error:
            return news, [CheckFailure("", str(error))]
        return news, []

    def diff_config(self, olds: Props, news: Props, ignore_changes: list[str]) -> DiffResult:
        """Everything is an update but ``clusterIdentifier``, when it was there before."""
        both = olds.get("clusterIdentifier") and news.get("clusterIdentifier")
        return diff_props(
            olds,
            news,
            ignore=ignore_changes,
            replace_on=["clusterIdentifier"] if both else [],
        )

    def configure(self, args: Props) -> None:
        """Take the configuration; connects only when a resource needs it."""
        self._take(decode(args))

    def cancel(self) -> None:
        """Stop waiting and end a running helm."""
        super().cancel()
        self.helm.cancel()

    def close(self) -> None:
        """End helm and remove private files."""
        super().close()
        self.helm.cancel()
        self.cluster.close()

    # Resources

    def check(
        self, resource: Resource, olds: Props, news: Props
    ) -> tuple[Props, list[CheckFailure]]:
        """Validate and complete inputs."""
        if resource.type == RELEASE:
            return self.releases.check(resource, olds, news)
        return self.objects.check(resource, olds, news)

    def diff(
        self,
        resource: Resource,
        id: str,
        old_inputs: Props,
        olds: Props,
        news: Props,
        ignore_changes: list[str],
    ) -> DiffResult:
        """What changes."""
        if resource.type == RELEASE:
            return self.releases.diff(old_inputs, olds, news, ignore_changes)
        return self.objects.diff(resource, old_inputs, news, ignore_changes)

    def create(
        self, resource: Resource, inputs: Props, preview: bool, timeout: float | None
    ) -> tuple[str, Props]:
        """Apply a new object or install a release."""
        if resource.type == RELEASE:
            return self.releases.create(inputs, preview)
        return self.objects.create(resource, inputs, preview, timeout)

    def read(self, resource: Resource, id: str, inputs: Props, olds: Props) -> ReadResult | None:
        """Read the live object or release."""
        if resource.type == RELEASE:
            return self.releases.read(resource, id, inputs, olds)
        return self.objects.read(resource, id, inputs, olds)

    def update(
        self,
        resource: Resource,
        id: str,
        old_inputs: Props,
        olds: Props,
        news: Props,
        preview: bool,
        timeout: float | None,
    ) -> Props:
        """Apply a changed object or upgrade a release."""
        if resource.type == RELEASE:
            return self.releases.update(news, preview)
        return self.objects.update(news, preview, timeout)

    def delete(
        self,
        resource: Resource,
        id: str,
        old_inputs: Props,
        olds: Props,
        timeout: float | None,
    ) -> None:
        """Delete the object or uninstall the release."""
        if resource.type == RELEASE:
            self.releases.delete(resource, id, olds)
        else:
            self.objects.delete(resource, id, olds, timeout)
