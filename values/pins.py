"""Chart pins: the only place with versions of charts, each with where to look for newer ones."""

from __future__ import annotations

from dataclasses import dataclass

from model.hub import ReleaseName


@dataclass(frozen=True, kw_only=True)
class PinnedChart:
    """A chart of a repository at an exact version. `source` is where newer ones are announced."""

    chart: str
    version: str
    repository: str
    source: str


JUPYTERHUB = PinnedChart(
    chart="jupyterhub",
    version="4.4.0",
    repository="https://hub.jupyter.org/helm-chart/",
    source="https://github.com/jupyterhub/zero-to-jupyterhub-k8s/blob/main/CHANGELOG.md",
)
BINDERHUB_SERVICE = PinnedChart(
    chart="binderhub-service",
    version="0.1.0-0.dev.git.336.hca79dc0",
    repository="https://2i2c.org/binderhub-service/",
    source="https://github.com/2i2c-org/binderhub-service",
)
BINDERHUB = PinnedChart(
    chart="binderhub",
    version="1.0.0-0.dev.git.3959.hb9fad995",
    repository="https://hub.jupyter.org/helm-chart/",
    source="https://github.com/jupyterhub/binderhub",
)
BUNDLED_JUPYTERHUB = "4.2.0"
"""The jupyterhub chart inside that one (JupyterHub 5.3.0); no newer one is published with it."""

REGISTRY_HELPER = PinnedChart(
    chart="binderhub-container-registry-helper",
    version="0.2.4",
    repository="https://www.manicstreetpreacher.co.uk/binderhub-container-registry-helper/",
    source="https://github.com/manics/binderhub-container-registry-helper/releases",
)

PINS: dict[ReleaseName, PinnedChart] = {
    "jupyterhub": JUPYTERHUB,
    "binderhub-service": BINDERHUB_SERVICE,
    "binderhub": BINDERHUB,
    "registry-helper": REGISTRY_HELPER,
}
"""The chart of each release."""
