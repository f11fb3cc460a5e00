"""`hubctl import`: existing Helm values become a stack file, with an account of every one."""

from __future__ import annotations

import argparse
import hashlib
import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

from hubctl.console.errors import Problem
from hubctl.console.output import print_diff, print_json
from hubctl.review import diff
from hubctl.review.masking import HIDDEN, mask
from hubctl.review.render import plain
from hubctl.stackfile import find
from hubctl.stackfile.replace import write_new
from hubctl.takeover.helm_values import defaults, layers
from hubctl.takeover.helm_values.convert import Converted, convert
from hubctl.takeover.helm_values.leftovers import Leaf
from hubctl.takeover.helm_values.paths import at, items, put
from model.findings import in_order, shown
from model.secrets import GENERATED
from model.stackfile.sops import project_folder
from values.render import to_yaml

EXAMPLES = """examples:
  hubctl import common.values.yaml hub.values.yaml --output stacks/Pulumi.ecology.yaml \\
    --cluster research
  hubctl import config.yaml secret.yaml --output stacks/Pulumi.old.yaml --provider gcp \\
    --cluster c --project p-12345 --location us-central1 --charts ~/charts
Files are layered in the order given, as `helm -f` does. Keys jupyterhub and binderhub-service side
by side, or the values of the classic binderhub chart. Files of sops are never decrypted: one with flat
secrets becomes secretsFile, of others the commands are printed that move each secret unseen.
No credential is written or shown: what to set, and where it stands now, is listed.
Exit status: 0 written, 1 the values do not make a sound hub (nothing is written), 2 misuse.
"""
_FLAGS = {
    "provider": "gcp, aws or kubernetes, when the values do not tell",
    "cluster": "name of the cluster",
    "project": "GCP project id",
    "account": "AWS account number",
    "location": "region or zone of the cluster",
    "kube-context": "context in the kubeconfig",
    "ingress": "address or host name of the cluster's ingress",
    "hub-domain": "host of JupyterHub",
    "binder-domain": "host of BinderHub",
    "namespace": "namespace of the hub, when it is not its name",
    "stage": "production, staging or development",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="values files, later ones win")
    parser.add_argument("--output", required=True, metavar="STACKFILE", help="Pulumi.NAME.yaml")
    parser.add_argument("--charts", metavar="DIR", help="charts: their defaults disappear")
    for flag, text in _FLAGS.items():
        parser.add_argument(f"--{flag}", metavar="TEXT", help=text)
    parser.add_argument("--no-diff", action="store_true", help="do not show the difference")
    parser.add_argument("--json", action="store_true", help="the account as JSON")


def run(arguments: argparse.Namespace) -> int:
    """See EXAMPLES for the exit status."""
    path = Path(arguments.output)
    if path.exists():
        raise Problem(f"{path} exists; choose another file.", status=2)
    name = find.name_of(path)
    if path.name != f"Pulumi.{name}.yaml":
        raise Problem(f"{path.name} is no stack file; write Pulumi.{name}.yaml.", status=2)
    flags = {f: v for f in _FLAGS if (v := getattr(arguments, f.replace("-", "_")))}
    read = layers.read([Path(f) for f in arguments.files])
    if read.flat_file:
        root = project_folder(path.resolve())
        read = replace(read, flat_file=os.path.relpath(Path(read.flat_file).resolve(), root))
    folder = Path(arguments.charts).expanduser() if arguments.charts else None
    known = defaults.read(folder, list(read.releases))
    done = convert(name, read, flags, known)
    write_new(path, done.text)
    if arguments.json:
        print_json(_account(path, done, read))
        return 0
    print(f"wrote {path}:\n\n{done.text}")
    print(account(path.name, done, read), end="")
    if not arguments.no_diff:
        print("\nDifference between the original values and what this stack renders:\n")
        print_diff("".join(part.text for part in difference(done)) or "none\n")
    return 0


def difference(done: Converted) -> list[diff.ReleaseDiff]:
    """The original values against the rendered ones, by release, masked. What is equal to the chart
    (`6Gi` and `6G`) is written alike, and long programs are one line each."""
    kept = {leaf.where for leaf in done.heaps.kept}
    refused = {leaf.where for leaf in done.heaps.derived if leaf.why.startswith("BH069")}
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for release in sorted({*done.original, *done.rendered}):
        new = done.rendered.get(release, {})
        old = done.original.get(release, {})
        for steps, _ in items(old):
            where = ".".join((release, *steps))
            if where in kept:
                old = put(old, steps, at(new, steps)[1])
            elif where in refused:
                old = put(old, steps, HIDDEN)
        for texts, values in ((before, old), (after, new)):
            texts[release] = to_yaml(_folded(mask(plain(values)))) if values else ""
    return diff.compare(before, after, ("original", "stack"))


def _folded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _folded(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_folded(child) for child in value]
    if isinstance(value, str) and value.count("\n") > 3:
        digest = hashlib.sha256(value.encode()).hexdigest()[:8]
        return f"({len(value.splitlines())} lines, sha256 {digest})"
    return value


def account(file: str, done: Converted, read: layers.Layers) -> str:
    """What became of every value, for people."""
    heaps = done.heaps
    out = (
        f"{heaps.count()} values: {len(heaps.kept)} follow from the stack file, "
        f"{len(heaps.defaults)} are the chart's defaults, {len(heaps.extra)} are kept in "
        f"extraValues, {len(heaps.derived)} are replaced, {len(heaps.secrets)} are credentials.\n"
    )
    out += _list("In extraValues", heaps.extra)
    out += _list("Replaced by what the program derives", heaps.derived)
    umbrella = [Leaf(where=k, value=v) for k, v in read.umbrella.items()]
    out += _list("Of a chart around the real ones, left out", umbrella)
    if done.secrets:
        out += "\nSet these secrets:\n"
        for name in done.secrets:
            out += f"  {_how(name, done)}\n"
    renewed = sorted({f.name for f in done.found if f.name in GENERATED})
    if renewed:
        out += f"\nMade anew by the program (people log in again once): {', '.join(renewed)}\n"
    lost = [f.where for f in done.found if f.name is None]
    if lost:
        out += "\nCredentials without a place in the model; nothing of them was written:\n"
        out += "".join(f"  {where}\n" for where in lost)
    if done.remarks:
        out += "\nPlease look at:\n" + "".join(f"  - {remark}\n" for remark in done.remarks)
    said = [f for f in in_order(done.findings) if f.rule != "BH103"]
    if said:
        out += f"\nhubctl validate says of {file}:\n" + "".join(f"  {f.text()}\n" for f in said)
    return out


def _list(title: str, leaves: list[Leaf]) -> str:
    if not leaves:
        return ""
    rows = [f"  {x.where}: {_seen(x)}" + (f" ({x.why})" if x.why else "") for x in leaves]
    return f"\n{title}:\n" + "\n".join(rows) + "\n"


def _seen(leaf: Leaf) -> str:
    """A value for people to read; hidden when the mask or the rule that refused it says credential."""
    if leaf.why.startswith("BH069"):
        return HIDDEN
    key = leaf.where.rsplit(".", 1)[-1]
    return shown(mask({key: leaf.value})[key], 70)


def _how(name: str, done: Converted) -> str:
    """The command that sets a secret; out of a sops file without showing it."""
    places = [f for f in done.found if f.name == name]
    file = next((f for f in places if f.file), None)
    command = f"pulumi config set --secret {name}"
    if file and file.file:
        steps = [*([file.release] if file.release != "binderhub" else []), *file.path.split(".")]
        where = "".join(f'["{step}"]' for step in steps)
        extract = f"sops decrypt --extract {shlex.quote(where)} {shlex.quote(file.file)}"
        return f"{extract} | {command}"
    stands = f"    # now at {', '.join(f.where for f in places)}" if places else ""
    return command + stands


def _account(path: Path, done: Converted, read: layers.Layers) -> dict[str, Any]:
    def listed(leaves: list[Leaf]) -> list[dict[str, Any]]:
        return [{"path": x.where, "why": x.why} for x in leaves]

    heaps = done.heaps
    return {
        "file": str(path),
        "kept": listed(heaps.kept),
        "defaults": listed(heaps.defaults),
        "extraValues": listed(heaps.extra),
        "replaced": listed(heaps.derived),
        "credentials": [{"path": f.where, "name": f.name, "file": f.file} for f in done.found],
        "umbrella": sorted(read.umbrella),
        "secrets": list(done.secrets),
        "remarks": list(done.remarks),
        "findings": [f.as_dict() for f in in_order(done.findings)],
        "difference": {part.name: part.text for part in difference(done)},
    }
