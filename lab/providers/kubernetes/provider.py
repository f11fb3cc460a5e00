"""The kubernetes stand-in: sends each resource to the objects or the releases of its cluster."""

from __future__ import annotations

from lab.providers.kubernetes.cluster import Cluster
from lab.providers.kubernetes.helm import Helm
from lab.providers.kubernetes.objects import ObjectHandler
from lab.providers.kubernetes.release import TYPE as RELEASE
from lab.providers.kubernetes.release import ReleaseHandler
from lab.providers.kubernetes.settings import ProviderSettings, decode
from lab.providers.sdk.property_diff import DiffResult, diff_props
from lab.providers.sdk.property_values import Props
from lab.providers.sdk.provider import CheckFailure, Handler, Request, StandinError, StandinProvider


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
        self.cluster = Cluster(settings, self.cancelled)
        self.helm = Helm(self.cluster)
        # The log is set after this: the server has it from the engine.
        self.objects = ObjectHandler(self.cluster, lambda *line: self.log(*line))
        self.releases = ReleaseHandler(self.cluster, lambda *line: self.log(*line), self.helm)

    def check_config(self, request: Request) -> tuple[Props, list[CheckFailure]]:
        try:
            decode(request.inputs)
        except StandinError as error:
            return request.inputs, [CheckFailure("", str(error))]
        return request.inputs, []

    def diff_config(self, request: Request) -> DiffResult:
        """Everything is an update but ``clusterIdentifier``, when it was there before."""
        key, old, new = "clusterIdentifier", request.old_inputs, request.inputs
        both = old.get(key) and new.get(key)
        return diff_props(old, new, ignore=request.ignore, replace_on=[key] if both else [])

    def configure(self, args: Props) -> None:
        self._take(decode(args))

    def cancel(self) -> None:
        super().cancel()
        self.helm.cancel()

    def close(self) -> None:
        self.cancel()
        self.cluster.access.close()

    def handler(self, type: str) -> Handler:
        return self.releases if type == RELEASE else self.objects
