"""Troubles that end before anything is changed, so that they may run beside other phases.

They end as previews, or on a stack of their own. A full disk is a limit on the size of a file (no
file can grow past it), since an ordinary user cannot make a small disk.
"""

from __future__ import annotations

import copy
import json
import socket

from lab.errors import LabError
from lab.install.jupyterhub_env import ensure_hub_env
from rehearsal.context import HubUnderTest
from rehearsal.jupyterhub.process import running_hub
from rehearsal.jupyterhub.source import HubSource
from rehearsal.trial_changes import pin_of_hub
from rehearsal.troubles.told import Told, expected, variant

_LITTLE = 20 * 1024
"""Bytes that a file may have on the "full" disk: less than any state file of a hub."""


def passphrase(context: HubUnderTest) -> Told:
    file = context.session.folder / "variants" / "wrong-passphrase"
    file.parent.mkdir(exist_ok=True)
    file.write_text("not the passphrase")
    done = context.session.pulumi("preview", env={"PULUMI_CONFIG_PASSPHRASE_FILE": str(file)})
    return expected("wrong passphrase", "passphrase", done, context.session.name)


def secret(context: HubUnderTest) -> Told:
    document = json.loads(json.dumps(context.document))
    config = document["config"]
    secrets = [k for k, v in config.items() if isinstance(v, dict) and set(v) == {"secure"}]
    if not secrets:
        return Told(name="missing secret", sentence="not tried, this stack needs none of its own")
    for key in secrets:
        del config[key]
    done = context.session.preview(*variant(context, "no-secret", document))
    return expected("missing secret", "secret", done, context.session.name)


def chart(context: HubUnderTest) -> Told:
    document = json.loads(json.dumps(context.document))
    pin = pin_of_hub(context.hub, document)
    with socket.socket() as held:  # Bound, not listening: whoever connects is refused.
        held.bind(("127.0.0.1", 0))
        pin["source"] = f"https://127.0.0.1:{held.getsockname()[1]}/charts"
        done = context.session.preview(*variant(context, "no-chart", document))
    return expected("chart cannot be fetched", "chart", done, context.session.name)


def port(context: HubUnderTest) -> Told:
    """Of a hub process; a control plane takes another port by itself."""
    name = "port taken"
    source = HubSource(
        namespace=context.namespace,
        release="-",
        config={},
        secret={"values.yaml": "hub: {config: {}}"},
        origin="assembled from the values",
    )
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        env = ensure_hub_env(context.progress)
        try:
            with running_hub(source, env, kubeconfig=None, hub_port=port):
                return Told(name=name, wrong="the hub started on a port that is taken.")
        except LabError as error:
            sentence = str(error)
    if str(port) not in sentence:
        return Told(name=name, wrong=f"the sentence does not name the port: {sentence[:300]}")
    return Told(name=name, sentence=sentence.replace(str(port), "PORT"))


def disk(context: HubUnderTest) -> Told:
    """A second stack with the same state, whose next state cannot be written."""
    name, scratch = "disk full", copy.copy(context.session)
    scratch.name = f"{context.session.name}-disk"
    mine, its = (f"urn:pulumi:{one}::" for one in (context.session.name, scratch.name))
    exported = context.session.checked("stack", "export").stdout.replace(mine, its)
    file = context.session.folder / "variants" / "state.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(exported)
    scratch.checked("stack", "init", scratch.name)
    try:
        scratch.checked("stack", "import", "--file", str(file))
        done = scratch.pulumi("stack", "import", "--file", str(file), largest_file=_LITTLE)
        told = expected(name, "disk", done, context.session.name)
        after = json.loads(scratch.checked("stack", "export").stdout)["deployment"]
        if not told.wrong and len(after["resources"]) != len(
            json.loads(exported)["deployment"]["resources"]
        ):
            return Told(name=name, sentence=told.sentence, wrong="the state has lost resources.")
        return told
    except LabError as error:
        return Told(name=name, wrong=f"the state is not usable afterwards: {error}")
    finally:
        scratch.pulumi("stack", "rm", "--force", "--yes")
