"""Service accounts, their keys, and members of a project's IAM policy.

Keys are real RSA keys that no Google service knows; their file says ``lab-stand-in`` where
Google's would say its own hosts.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from abc import abstractmethod
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from lab.providers.gcp import rules
from lab.providers.gcp.context import GcpHandler
from lab.providers.gcp.node_pool import require_account
from lab.providers.sdk import words
from lab.providers.sdk.property_values import Props
from lab.providers.sdk.provider import CheckFailure, StandinError

_STAND_IN_HOST = "https://lab-stand-in.invalid"


def unique_id(email: str) -> str:
    """A stable 21-digit number, as the API gives each account."""
    return str(10**20 + int(hashlib.sha256(email.encode()).hexdigest(), 16) % 10**20)


class Account(GcpHandler):
    """A service account of the project."""

    kind = "gcp:serviceaccount/account:Account"
    creation = ("iam.v1", "projects.serviceAccounts.create")
    computed = ("email", "member", "name", "uniqueId")

    def defaults(self, inputs: Props) -> Props:
        return {**super().defaults(inputs), "disabled": False}

    def rules(self, inputs: Props) -> Iterator[CheckFailure]:
        what = "an account id (6 to 30 characters: a-z first, then a-z, 0-9 or -)"
        yield from rules.matches("accountId", inputs.get("accountId"), rules.ACCOUNT_ID, what)
        for key, most in (("displayName", 100), ("description", 256)):
            text = inputs.get(key)
            if isinstance(text, str) and len(text.encode()) > most:
                yield CheckFailure(key, f"{len(text.encode())} bytes; at most {most}")

    def body(self, inputs: Props) -> dict[str, Any]:
        account = {k: inputs[k] for k in ("description", "displayName") if k in inputs}
        named = {k: inputs[k] for k in ("accountId",) if k in inputs}
        return {"serviceAccount": account, **named}

    def make(self, inputs: Props) -> tuple[str, Props]:
        self.context.known_project(inputs["project"])
        email = f"{inputs['accountId']}@{inputs['project']}.iam.gserviceaccount.com"
        id = f"projects/{inputs['project']}/serviceAccounts/{email}"
        if inputs["accountId"] in self.context.gcp.service_accounts:
            raise StandinError(f"service account {email} already exists (409)")
        self.must_be_new(id, "service account")
        return id, self._outputs(id, email)

    def change(self, id: str, old: Props, olds: Props, new: Props) -> Props:
        return self._outputs(id, id.rpartition("/")[2])

    def _outputs(self, id: str, email: str) -> Props:
        return {
            "email": email,
            "member": f"serviceAccount:{email}",
            "name": id,
            "uniqueId": unique_id(email),
        }


class Key(GcpHandler):
    """A key of a service account; the private half is in the engine's state only."""

    kind = "gcp:serviceaccount/key:Key"
    creation = ("iam.v1", "projects.serviceAccounts.keys.create")
    has_project = False
    computed = ("name", "privateKey", "publicKey", "validAfter", "validBefore")
    secret_outputs = ("privateKey",)
    covered = words(
        "deletionPolicy keepers keyAlgorithm privateKeyType publicKeyType serviceAccountId"
    )

    def defaults(self, inputs: Props) -> Props:
        return {
            "keyAlgorithm": "KEY_ALG_RSA_2048",
            "privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE",
            "publicKeyType": "TYPE_X509_PEM_FILE",
        }

    def rules(self, inputs: Props) -> Iterator[CheckFailure]:
        if inputs.get("privateKeyType") == "TYPE_PKCS12_FILE":
            yield CheckFailure("privateKeyType", "the stand-in makes credentials files only")

    def body(self, inputs: Props) -> dict[str, Any]:
        return {k: inputs[k] for k in ("keyAlgorithm", "privateKeyType") if k in inputs}

    def _account(self, account: str) -> tuple[str, str]:
        """Project and e-mail of a serviceAccountId in any of its spellings."""
        email = account.rpartition("/")[2]
        seed = self.context.gcp
        if "@" not in email:
            email = f"{email}@{seed.project}.iam.gserviceaccount.com"
        require_account(self, email)
        return email.partition("@")[2].removesuffix(".iam.gserviceaccount.com"), email

    def make(self, inputs: Props) -> tuple[str, Props]:
        project, email = self._account(inputs["serviceAccountId"])
        key_id = secrets.token_hex(20)
        name = f"projects/{project}/serviceAccounts/{email}/keys/{key_id}"
        bits = 1024 if inputs["keyAlgorithm"] == "KEY_ALG_RSA_1024" else 2048
        private, certificate = _rsa(bits, email)
        credentials = {
            "type": "service_account",
            "project_id": project,
            "private_key_id": key_id,
            "private_key": private,
            "client_email": email,
            "client_id": unique_id(email),
            "auth_uri": f"{_STAND_IN_HOST}/auth",
            "token_uri": f"{_STAND_IN_HOST}/token",
            "auth_provider_x509_cert_url": f"{_STAND_IN_HOST}/certs",
            "client_x509_cert_url": f"{_STAND_IN_HOST}/certs/{email}",
            "universe_domain": "lab-stand-in.invalid",
        }
        text = json.dumps(credentials, indent=2)
        return name, {
            "name": name,
            "privateKey": base64.b64encode(text.encode()).decode(),
            "publicKey": base64.b64encode(certificate).decode(),
            "validAfter": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "validBefore": "9999-12-31T23:59:59Z",
        }

    def exists(self, id: str, inputs: Props) -> bool:
        account = id.split("/keys/")[0]
        local = account.rpartition("/")[2].partition("@")[0]
        recorded = self.context.records.get(Account.kind, account) is not None
        return recorded or local in self.context.gcp.service_accounts


def _rsa(bits: int, email: str) -> tuple[str, bytes]:
    """A fresh private key as PEM text, and a self-signed certificate of it as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"lab stand-in {email}"[:64])])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode(), certificate.public_bytes(serialization.Encoding.PEM)


class IamMember(GcpHandler):
    """One member of one role on something: the base of what the program makes."""

    computed = ("etag",)

    def rules(self, inputs: Props) -> Iterator[CheckFailure]:
        what = "a member like serviceAccount:name@project.iam.gserviceaccount.com"
        yield from rules.matches("member", inputs.get("member"), rules.MEMBER, what)
        yield from rules.matches("role", inputs.get("role"), rules.ROLE, "a role like roles/viewer")

    def body(self, inputs: Props) -> dict[str, Any]:
        members = [inputs["member"]] if "member" in inputs else []
        binding = {key: inputs[key] for key in ("role", "condition") if key in inputs}
        return {"policy": {"bindings": [{"members": members, **binding}]}}

    @abstractmethod
    def place(self, inputs: Props) -> str:
        """What the role is on, as the id begins; raises when it does not exist."""

    def make(self, inputs: Props) -> tuple[str, Props]:
        place = self.place(inputs)
        kind, _, email = inputs["member"].partition(":")
        if kind == "serviceAccount" and "[" not in email:
            require_account(self, email)
        return f"{place}/{inputs['role']}/{inputs['member']}", {"etag": "BwXlabstandin="}


class ProjectIamMember(IamMember):
    """One member of one role on the project."""

    kind = "gcp:projects/iAMMember:IAMMember"
    creation = ("cloudresourcemanager.v1", "projects.setIamPolicy")

    def place(self, inputs: Props) -> str:
        project: str = inputs["project"].removeprefix("projects/")
        self.context.known_project(project)
        return project
