"""One stack, one hub: its namespace, node pools, image registry, DNS records and secrets, and the
Helm releases of JupyterHub and BinderHub that use them.

What the stack file says is read and checked before any cloud is asked for anything.
"""

from __future__ import annotations

import pulumi

from components import clouds
from components.cluster.providers import build
from components.hub import BinderHub, BinderHubArgs
from components.inputs import config
from model.derived.resolved import ResolvedHub

told = config.read()
connected = clouds.connect(told.hub)
hub = ResolvedHub(clouds.complete(told.hub, connected))
made = BinderHub(
    told.hub.name,
    BinderHubArgs(hub=hub, secrets=told.secrets, secrets_set=told.secrets_set, clouds=connected),
    pulumi.ResourceOptions(providers=build(hub, connected)),
)
for name, value in made.outputs().items():
    pulumi.export(name, value)
