"""The lab's certificates: what the strictest clients accept, and when they are made anew."""

from __future__ import annotations

import contextlib
import datetime
import os
import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest
from cryptography import x509

from lab.cluster.certificates import Pki, ensure_pki, write_private

SERVERS = ("apiserver", "kubelet", "etcd")
CLIENTS = ("admin", "controller-manager", "scheduler", "nodes", "standins", "etcd-client")


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    return ensure_pki(tmp_path / "pki")


def handshake(pki: Pki, server: str, client: str, host: str) -> tuple[tuple[str, str], ...]:
    """The names in the client's certificate, as a server sees them after a strict handshake."""
    asks, answers = (ssl.SSLContext(p) for p in (ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS_SERVER))
    answers.verify_mode = ssl.CERT_REQUIRED
    for context, name in ((asks, client), (answers, server)):
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.load_verify_locations(pki.ca)
        context.load_cert_chain(pki.cert(name), pki.key(name))
    near, far = socket.socketpair()
    seen: list[dict[str, tuple[tuple[tuple[str, str], ...], ...]]] = []

    def answer() -> None:
        with (
            contextlib.suppress(ssl.SSLError),
            answers.wrap_socket(far, server_side=True) as connection,
        ):
            seen.append(connection.getpeercert())  # type: ignore[arg-type]

    served = threading.Thread(target=answer)
    served.start()
    try:
        with asks.wrap_socket(near, server_hostname=host) as connection:
            connection.recv(1)
    finally:
        near.close()
        served.join()
    return tuple(part for parts in seen[0]["subject"] for part in parts)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_as_strict_as_that_of_python_3_13_is_not_refused(pki: Pki, client: str) -> None:
    for server in SERVERS:
        for host in ("127.0.0.1", "localhost"):
            handshake(pki, server, client, host)


def test_a_server_of_another_name_is_refused(pki: Pki) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(pki, "apiserver", "admin", "example.org")


def test_only_clients_that_act_for_the_lab_are_administrators(pki: Pki) -> None:
    masters = {
        name
        for name in CLIENTS
        if ("organizationName", "system:masters") in handshake(pki, "apiserver", name, "localhost")
    }
    assert masters == {"admin", "nodes", "standins"}


def test_a_set_that_is_not_whole_is_made_anew(pki: Pki) -> None:
    """As that of a lab from when the authority did not say what its key is for."""
    before = pki.ca.read_bytes()
    pki.cert("service-account").unlink()
    ensure_pki(pki.folder)
    assert pki.ca.read_bytes() != before
    handshake(pki, "apiserver", "admin", "localhost")


def test_private_files_are_never_readable_by_others(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        write_private(tmp_path / "secret", b"x")
        ensure_pki(tmp_path / "pki")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "pki").stat().st_mode) == 0o700
    private = [p for p in (tmp_path / "pki").iterdir() if p.suffix not in {".crt", ".pub"}]
    assert len(private) > 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def test_certificates_stay_until_they_are_about_to_expire(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pki = ensure_pki(tmp_path)
    before = pki.ca.read_bytes()
    assert ensure_pki(tmp_path).ca.read_bytes() == before
    monkeypatch.setattr("lab.cluster.certificates._RENEW_BEFORE", datetime.timedelta(days=366))
    assert ensure_pki(tmp_path).ca.read_bytes() != before


def test_keys_are_of_an_elliptic_curve(pki: Pki) -> None:
    made = [x509.load_pem_x509_certificate(one.read_bytes()) for one in pki.folder.glob("*.crt")]
    assert {one.signature_algorithm_oid._name for one in made} == {"ecdsa-with-SHA256"}
