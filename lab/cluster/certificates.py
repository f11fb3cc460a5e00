"""The lab's own certificates and keys: one authority, and what each process needs from it.

All keys are elliptic-curve (P-256), so making them takes milliseconds. The authority's own key is
kept nowhere, and nothing but the lab's own kubeconfig trusts it; what it signed expires after a
year, and is then made anew with it. Private files have mode 0600 from their first byte.
"""

from __future__ import annotations

import base64
import datetime
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import trustme
import yaml
from cryptography import x509

_LIFE = datetime.timedelta(days=365)
_RENEW_BEFORE = datetime.timedelta(days=7)
_LAB = "binderhub-lab"
"""The group of who needs none: no role is bound to it."""
_MASTERS = "system:masters"
_HOSTS = ("localhost", "kubernetes.default.svc", "127.0.0.1")

# File name -> (user, group), as Kubernetes reads them. The names of the two components are those
# that its built-in RBAC roles are bound to.
_IDENTITIES: dict[str, tuple[str, str]] = {
    "admin": ("lab-admin", _MASTERS),
    "controller-manager": ("system:kube-controller-manager", _LAB),
    "scheduler": ("system:kube-scheduler", _LAB),
    "nodes": ("lab-nodes", _MASTERS),
    "standins": ("lab-standins", _MASTERS),
    "etcd-client": ("lab-etcd-client", _LAB),
    "apiserver": ("lab-apiserver", _LAB),
    "kubelet": ("lab-kubelet", _LAB),
    "etcd": ("lab-etcd", _LAB),
    # Its key signs and checks the tokens of service accounts. The last one: it is the sign that
    # the set is whole.
    "service-account": ("lab-service-account", _LAB),
}
_LAST = "service-account"


@dataclass(frozen=True, kw_only=True)
class Pki:
    """Where the files are. `cert("admin")` and `key("admin")` name a pair."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.crt"

    def cert(self, name: str) -> Path:
        return self.folder / f"{name}.crt"

    def key(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    @property
    def admin_token(self) -> Path:
        """A bearer token of the administrator, for clients that cannot use a certificate."""
        return self.folder / "admin-token"

    @property
    def token_file(self) -> Path:
        """The same token as the API server reads it."""
        return self.folder / "tokens.csv"


def ensure_pki(folder: Path) -> Pki:
    """The certificates in `folder`, made anew if they are missing or about to expire."""
    pki = Pki(folder=folder)
    if _is_good(pki):
        return pki
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    token = secrets.token_hex(32)
    user, group = _IDENTITIES["admin"]
    write_private(pki.admin_token, token.encode())
    write_private(pki.token_file, f'{token},{user},{user},"{group}"\n'.encode())
    authority = trustme.CA(organization_name=_LAB, organization_unit_name="authority")
    write_private(pki.ca, authority.cert_pem.bytes())
    expires = datetime.datetime.now(datetime.UTC) + _LIFE
    for name, (user, group) in _IDENTITIES.items():
        made = authority.issue_cert(
            *_HOSTS, common_name=user, organization_name=group, not_after=expires
        )
        write_private(pki.key(name), made.private_key_pem.bytes())
        write_private(pki.cert(name), made.cert_chain_pems[0].bytes())
    return pki


def write_private(path: Path, content: bytes) -> None:
    """Writes a file that only its owner can read, at no moment otherwise."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content)
    partial.replace(path)


def kubeconfig(pki: Pki, identity: str, server: str) -> str:
    """A self-contained kubeconfig for one of the client identities. Holds its private key."""

    def inline(path: Path) -> str:
        return base64.b64encode(path.read_bytes()).decode()

    cluster = {"server": server, "certificate-authority-data": inline(pki.ca)}
    user = {
        "client-certificate-data": inline(pki.cert(identity)),
        "client-key-data": inline(pki.key(identity)),
    }
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lab", "cluster": cluster}],
        "users": [{"name": identity, "user": user}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": identity}}],
        "current-context": "lab",
    }
    return yaml.safe_dump(document, sort_keys=False)


def _is_good(pki: Pki) -> bool:
    try:
        pki.ca.read_bytes()
        last = x509.load_pem_x509_certificate(pki.cert(_LAST).read_bytes())
    except (OSError, ValueError):
        return False
    expires = last.not_valid_after_utc
    return expires - datetime.datetime.now(datetime.UTC) > _RENEW_BEFORE
