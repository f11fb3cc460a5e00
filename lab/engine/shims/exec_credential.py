"""Stand-ins of ``gke-gcloud-auth-plugin`` and ``aws eks get-token`` for the lab's PATH.

Both print an ExecCredential (client.authentication.k8s.io) that holds the lab's own
administrator certificate, so that a GKE or EKS kubeconfig opens the lab's API server.
The pair is read from ``$LAB_RUN_DIR/pki``. Standard library only: run by whatever python3 is
first on PATH. Exit codes: 0 done, 1 no credential, 2 misuse.

Does not do: any other gcloud or aws command.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import NoReturn

_GROUP = "client.authentication.k8s.io"
_VERSIONS = ("v1", "v1beta1")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog} (stand-in of the lab): {message}\n")


def fail(name: str, message: str) -> NoReturn:
    """One line on stderr, exit code 1."""
    sys.stderr.write(f"{name} (stand-in of the lab): {message}\n")
    raise SystemExit(1)


def api_version() -> str:
    """The version that the caller asks for in KUBERNETES_EXEC_INFO, else v1beta1."""
    try:
        asked = json.loads(os.environ.get("KUBERNETES_EXEC_INFO") or "{}").get("apiVersion", "")
    except (ValueError, AttributeError):
        asked = ""
    known = [f"{_GROUP}/{version}" for version in _VERSIONS]
    return asked if asked in known else known[-1]


def print_credential(name: str) -> int:
    """Write the ExecCredential to stdout."""
    if not (run_dir := os.environ.get("LAB_RUN_DIR")):
        fail(name, "LAB_RUN_DIR is not set; this command works inside the lab only")
    admin = Path(run_dir, "pki", "admin")
    try:
        status = {
            "clientCertificateData": admin.with_suffix(".crt").read_text(),
            "clientKeyData": admin.with_suffix(".key").read_text(),
        }
    except OSError as error:
        fail(name, f"{error.filename} cannot be read: {error.strerror}; is the lab running?")
    document = {"apiVersion": api_version(), "kind": "ExecCredential", "spec": {}, "status": status}
    sys.stdout.write(json.dumps(document) + "\n")
    return 0


def gke(arguments: list[str]) -> int:
    """``gke-gcloud-auth-plugin``."""
    name = "gke-gcloud-auth-plugin"
    parser = _Parser(prog=name, description="Stand-in of the lab: prints its own credential.")
    parser.add_argument("--version", action="version", version=f"{name} stand-in of the lab")
    parser.add_argument("--use_application_default_credentials", action="store_true")
    parser.parse_args(arguments)
    return print_credential(name)


def aws(arguments: list[str]) -> int:
    """``aws eks get-token``; nothing else of the AWS command line."""
    name = "aws"
    parser = _Parser(prog=name, description="Stand-in of the lab: only `aws eks get-token`.")
    parser.add_argument("--version", action="version", version="aws-cli stand-in of the lab")
    parser.add_argument("--region")
    parser.add_argument("--profile")
    parser.add_argument("--output", choices=["json"])
    _, rest = parser.parse_known_args(arguments)
    if rest[:2] != ["eks", "get-token"]:
        asked = " ".join(rest[:2]) or "nothing"
        parser.error(f"only `aws eks get-token` works here, not `{asked}`; use the real AWS CLI")
    command = _Parser(prog="aws eks get-token")
    command.add_argument("--cluster-name", "--cluster-id", required=True, dest="cluster")
    command.add_argument("--role-arn")
    cluster = command.parse_args(rest[2:]).cluster
    wanted = seeded_cluster()
    if wanted and cluster != wanted:
        fail(name, f"no cluster {cluster!r} in the lab; there is {wanted!r}")
    return print_credential(name)


def seeded_cluster() -> str | None:
    """Name of the EKS cluster in the lab's seed, None when there is none to compare with."""
    try:
        seed = json.loads(Path(os.environ["LAB_CLOUD_SEED"]).read_text())
        return str(seed["aws"]["cluster"])
    except (KeyError, OSError, TypeError, ValueError):
        return None


if __name__ == "__main__":
    commands = {"gke-gcloud-auth-plugin": gke, "aws": aws}
    sys.exit(commands[sys.argv[1]](sys.argv[2:]))
