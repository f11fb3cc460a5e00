"""The lab's own certificates and keys: one authority, and what each process needs from it.

All keys are elliptic-curve (P-256), so making them takes milliseconds. The authority is trusted
by nobody outside the lab's own kubeconfig. Private files have mode 0600 from their first byte.
"""

from __future__ import annotations

import base64
import datetime
import ipaddress
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LIFE = datetime.timedelta(days=365)
_RENEW_BEFORE = datetime.timedelta(days=7)

# Python 3.13 and newer refuse an authority that does not say so.
_SIGNS_ONLY = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)

# Client identities: file name -> (user, groups). The names of the two components are those that
# Kubernetes' built-in RBAC roles are bound to.
_CLIENTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "admin": ("lab-admin", ("system:masters",)),
    "controller-manager": ("system:kube-controller-manager", ()),
    "scheduler": ("system:kube-scheduler", ()),
    "nodes": ("lab-nodes", ("system:masters",)),
    "standins": ("lab-standins", ("system:masters",)),
    "etcd-client": ("lab-etcd-client", ()),
}


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
    def service_account_key(self) -> Path:
        return self.folder / "service-account.key"

    @property
    def service_account_public(self) -> Path:
        return self.folder / "service-account.pub"

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
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = _certificate(_name("binderhub-lab"), None, ca_key.public_key(), ca_key, is_ca=True)
    for name, (user, groups) in _CLIENTS.items():
        _pair(pki, name, _name(user, groups), ca, ca_key, client=True, server=False)
    for name in ("apiserver", "kubelet"):
        _pair(pki, name, _name(f"lab-{name}"), ca, ca_key, client=False, server=True)
    # One certificate for both directions, because etcd also connects to itself.
    _pair(pki, "etcd", _name("lab-etcd"), ca, ca_key, client=True, server=True)
    signing = ec.generate_private_key(ec.SECP256R1())
    write_private(pki.service_account_key, _pem(signing))
    pki.service_account_public.write_bytes(
        signing.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    token = secrets.token_hex(32)
    write_private(pki.admin_token, token.encode())
    user, groups = _CLIENTS["admin"]
    write_private(pki.token_file, f'{token},{user},{user},"{",".join(groups)}"\n'.encode())
    # Last, because its presence is the sign that the set is whole.
    pki.ca.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
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

    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "lab",
                "cluster": {"server": server, "certificate-authority-data": inline(pki.ca)},
            }
        ],
        "users": [
            {
                "name": identity,
                "user": {
                    "client-certificate-data": inline(pki.cert(identity)),
                    "client-key-data": inline(pki.key(identity)),
                },
            }
        ],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": identity}}],
        "current-context": "lab",
    }
    return yaml.safe_dump(document, sort_keys=False)


def _is_good(pki: Pki) -> bool:
    if not pki.ca.is_file():
        return False
    ca = x509.load_pem_x509_certificate(pki.ca.read_bytes())
    left = ca.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    says_what_for = any(isinstance(one.value, x509.KeyUsage) for one in ca.extensions)
    return left > _RENEW_BEFORE and says_what_for


def _name(common: str, groups: Iterable[str] = ()) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pair(
    pki: Pki,
    name: str,
    subject: x509.Name,
    ca: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey,
    *,
    client: bool,
    server: bool,
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    usages = [ExtendedKeyUsageOID.CLIENT_AUTH] * client + [ExtendedKeyUsageOID.SERVER_AUTH] * server
    cert = _certificate(subject, ca.subject, key.public_key(), ca_key, usages=usages, server=server)
    write_private(pki.key(name), _pem(key))
    pki.cert(name).write_bytes(cert.public_bytes(serialization.Encoding.PEM))


def _certificate(
    subject: x509.Name,
    issuer: x509.Name | None,
    public: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    is_ca: bool = False,
    server: bool = False,
    usages: Iterable[x509.ObjectIdentifier] = (),
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if is_ca:
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(public), critical=False
        ).add_extension(_SIGNS_ONLY, critical=True)
    listed = list(usages)
    if listed:
        builder = builder.add_extension(x509.ExtendedKeyUsage(listed), critical=False)
    if server:
        names: list[x509.GeneralName] = [
            x509.DNSName("localhost"),
            x509.DNSName("kubernetes.default.svc"),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        ]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    # "EC PRIVATE KEY": the form that every Go version's tools read for signing keys too.
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
