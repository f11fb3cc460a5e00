"""What a stack needs before its first command: nodes, what its cloud knows, secrets, a state."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import yaml

from lab.cluster.certificates import write_private
from lab.cluster.control_plane import ControlPlane
from lab.cluster.nodes import SimNode, apply
from lab.engine import surroundings
from lab.engine.outcome import Outcome
from lab.engine.program_copy import Copy, encrypted
from lab.paths import RunDir
from lab.providers.sdk.seed import CloudSeed
from model.hub import Hub


def make_nodes(plane: ControlPlane, stack: str, nodes: Iterable[SimNode]) -> None:
    """Make `nodes` the stack's own; those of the lab's other stacks stay."""
    folder = plane.run.root / "nodes"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{stack}.json").write_text(json.dumps([asdict(n) for n in nodes], indent=2))
    wanted: dict[str, SimNode] = {}
    for file in sorted(folder.glob("*.json")):
        for one in json.loads(file.read_text()):
            labels = wanted[one["name"]].labels if one["name"] in wanted else {}
            wanted[one["name"]] = SimNode(**{**one, "labels": {**labels, **one["labels"]}})
    with closing(plane.client()) as client:
        apply(client, wanted.values())


def write_seed(run: RunDir, hub: Hub, file: Path) -> CloudSeed:
    """What the cloud stand-ins of this hub answer from, in `file`."""
    cluster = yaml.safe_load(run.kubeconfig.read_text())["clusters"][0]["cluster"]
    ca = cluster.get("certificate-authority-data")
    if ca is None:
        pem = (run.root / cluster["certificate-authority"]).read_bytes()
        ca = base64.b64encode(pem).decode()
    seed = surroundings.seed(hub, endpoint=cluster["server"], ca=ca)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_private(file, seed.to_json().encode())
    return seed


def passphrase(run: RunDir) -> Path:
    """The file with the passphrase of the lab's stacks."""
    file = run.root / "passphrase"
    if not file.is_file():
        write_private(file, secrets.token_hex(16).encode())
    return file


def create(copy: Copy, kept: Path, checked: Callable[..., Outcome]) -> None:
    """Make the stack, or find it; then set the made-up secrets that it does not have yet.

    `kept` holds the salt and the encrypted secrets of an earlier run, so that nothing changes;
    `checked` runs a command of the engine on this stack.
    """
    if kept.is_file():
        before, document = yaml.safe_load(kept.read_text()), copy.document()
        document["encryptionsalt"] = before["salt"]
        known = {f"binderhub:{name}" for name in copy.generated}
        document["config"] |= {k: v for k, v in before["secrets"].items() if k in known}
        copy.stack_file.write_text(yaml.safe_dump(document, sort_keys=False))
    checked("stack", "select", "--create")
    present = copy.document()["config"]
    for name, value in copy.generated.items():
        if f"binderhub:{name}" not in present:
            checked("config", "set", "--secret", name, stdin=value)
    document = copy.document()
    keep = {"salt": document.get("encryptionsalt"), "secrets": encrypted(document["config"])}
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_private(kept, yaml.safe_dump(keep).encode())
