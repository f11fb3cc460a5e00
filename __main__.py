"""The program: read the stack's settings, make its hub, say where it is."""

from __future__ import annotations

import gc

import pulumi

from components import clouds
from components.cluster.providers import build
from components.hub import BinderHub, BinderHubArgs
from components.inputs import config
from model.derived.resolved import ResolvedHub

# An SDK is a million objects that stay; looking for garbage among them takes a third of its import.
gc.disable()
read = config.read()
connected = clouds.connect(read.hub)
complete = ResolvedHub(clouds.complete(read.hub, connected))
hub = BinderHub(
    read.hub.name,
    BinderHubArgs(hub=complete, secrets=read.secrets, given=read.given, clouds=connected),
    pulumi.ResourceOptions(providers=build(complete, connected)),
)
for name, value in hub.outputs().items():
    pulumi.export(name, value)
