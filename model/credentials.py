"""What a credential is known by: the name of its key, and the published formats of tokens.

Findings, guards, masks and the import all ask here. A finding stops a deployment, so it asks
`is_credential`. What only hides a value asks `is_sensitive_key`, which takes more names for a
credential's: hidden without need costs a look, what is shown is lost.
"""

from __future__ import annotations

import re
from typing import Any

SECRET_PATTERNS: dict[str, re.Pattern[str]] = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a service-account key": re.compile(r'"private_key"\s*:'),
    "a GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}"),
    "a GitLab token": re.compile(r"\bglpat-[A-Za-z0-9_-]{16,}"),
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a Slack token": re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    "a Slack webhook": re.compile(r"\bhooks\.slack\.com/\w+/[A-Z0-9]+/[A-Za-z0-9/]{4,}"),
    "a Google API key": re.compile(r"\bAIza[A-Za-z0-9_-]{35}"),
    "a Google client secret": re.compile(r"\bGOCSPX-[A-Za-z0-9_-]{20,}"),
    "a Docker Hub token": re.compile(r"\bdckr_[po]at_[A-Za-z0-9_-]{20,}"),
    "a Hugging Face token": re.compile(r"\bhf_[A-Za-z0-9]{30,}"),
    "a package index's token": re.compile(r"\bnpm_[A-Za-z0-9]{36}|\bpypi-AgE[A-Za-z0-9_-]{30,}"),
    "an Azure account key": re.compile(r"\bAccountKey=[A-Za-z0-9+/]{40,}"),
    "a signed token": re.compile(
        r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"
    ),
    "a password in a URL": re.compile(r"://[^/\s:@]+:[^/\s@]+@"),
}

# What names of keys end in whose values are credentials, however they are spelt ("apiToken",
# "client_secret", "DB_PASSWORD"). Names of Kubernetes objects that hold one end otherwise, but for
# those that begin with "existing".
_CREDENTIAL = re.compile(
    r"(password|passwd|passphrase|token|secret|credentials"
    r"|(api|access|secret|private|account|signing|shared|encryption|crypto?)key)$"
)
# Short words, only when they stand alone: "bypass" is none.
_SHORT = re.compile(r"(^|[^A-Za-z])(?i:pass|pwd)\d*$|[a-z](Pass|Pwd)\d*$")
# More of them, for hiding.
_MORE = re.compile(
    r"password|passwd|passphrase|secret|token|(api|private|access|crypto?|signing|shared)_?key"
    r"|encrypt(ion)?_?key|credential|cryptkeeper|(^|_)(auth|(?-i:PAT))$",
    re.IGNORECASE,
)
# Names of objects, addresses and amounts beside the credentials themselves.
_NOT = re.compile(
    r"^existing_?secret|^automount"
    r"|(urls?|names?|ref|file|path|seconds|expires_?(in|at)?|lifetime|timeout|max_?age|interval"
    r"|count|length|version|check_origin|class|enabled|create)$",
    re.IGNORECASE,
)
# Addresses that are credentials themselves: whoever knows one may write there.
_ADDRESS = re.compile(r"(^|[^a-z])dsn$|[a-z](?-i:Dsn)$|webhook([^a-z]?url)?$", re.IGNORECASE)


# Where a credential lies is none: GOOGLE_APPLICATION_CREDENTIALS=/etc/key.json.
_PATH = re.compile(r"(/[\w.-]+){2,}")


# Switches, amounts, and the placeholders of `hubctl render`.
_NO_CREDENTIAL = re.compile(r"(?i:true|false|yes|no|on|off|none|null)|\d{1,3}|<\w+:?\w*>")


def looks_secret(text: str) -> str | None:
    """Name the kind of credential that `text` looks like, or None."""
    for kind, pattern in SECRET_PATTERNS.items():
        if pattern.search(text):
            return kind
    return None


def is_credential_key(key: str) -> bool:
    """Whether the value of a key of this name is a credential."""
    plain = re.sub(r"[^a-z]", "", key.lower())
    if plain.startswith(("existing", "automount")):
        return False
    return bool(_CREDENTIAL.search(plain) or _SHORT.search(key))


def is_credential(key: Any, value: Any) -> bool:
    """Whether this is a credential in plain text; YAML reads one of digits as a number."""
    if not isinstance(value, str | int | float) or isinstance(value, bool) or not value:
        return False
    if not isinstance(key, str) or not is_credential_key(key):
        return False
    text = str(value)
    where_it_lies = key.lower().endswith("credentials") and _PATH.fullmatch(text)
    return not (where_it_lies or _NO_CREDENTIAL.fullmatch(text))


def is_sensitive_key(key: str) -> bool:
    """Whether the value of a key of this name is to be hidden."""
    if is_credential_key(key) or _ADDRESS.search(key):
        return True
    return bool(_MORE.search(key)) and not _NOT.search(key)
