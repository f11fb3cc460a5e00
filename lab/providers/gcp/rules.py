"""Rules for values on Google Cloud that the discovery documents only state in prose.

Each check yields CheckFailure(path, reason) and passes over what is not a text yet
(unknown in a preview). Sources are named beside each pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lab.providers.sdk import words
from lab.providers.sdk.provider import CheckFailure
from lab.providers.sdk.value_rules import NAME_PART, NODE_LABEL_KEY, NODE_LABEL_VALUE, is_address

# iam.v1 CreateServiceAccountRequest.accountId
ACCOUNT_ID: Final = re.compile(r"(?=.{6,30}$)[a-z]([-a-z0-9]*[a-z0-9])")
# registry documentation of google_artifact_registry_repository: last part of the name
REPOSITORY_ID: Final = re.compile(r"(?=.{1,63}$)[a-z]([-a-z0-9]*[a-z0-9])?")
# cloud.google.com/kubernetes-engine/docs: node pool names, at most 40 characters
POOL_NAME: Final = re.compile(r"(?=.{1,40}$)[a-z]([-a-z0-9]*[a-z0-9])?")
# cloud.google.com/compute/docs/labeling-resources
LABEL_KEY: Final = re.compile(r"[a-z][-_a-z0-9]{0,62}")
LABEL_VALUE: Final = re.compile(r"[-_a-z0-9]{0,63}")
# GKE refuses "/" in taint keys; otherwise a Kubernetes name
TAINT_KEY: Final = re.compile(NAME_PART)
# cloud.google.com/compute/docs/general-purpose-machines; custom types included
MACHINE_TYPE: Final = re.compile(
    r"[a-z][a-z0-9]*-((standard|highmem|highcpu|ultramem|megamem|hypermem|highgpu|megagpu|ultragpu|"
    r"maxgpu|hightpu)-[0-9]+[a-z]*(-[a-z0-9]+)*|medium|small|micro|custom-[0-9]+-[0-9]+(-ext)?)"
)
DISK_TYPES: Final = words(
    "pd-standard pd-balanced pd-ssd hyperdisk-balanced hyperdisk-extreme hyperdisk-throughput"
)
MEMBER: Final = re.compile(
    r"allUsers|allAuthenticatedUsers|projectOwner:.+|projectEditor:.+|projectViewer:.+|"
    r"(user|serviceAccount|group):[^@\s]+@[^@\s]+|serviceAccount:[^@\s]+\.svc\.id\.goog\[[^\]]+\]|"
    r"domain:[^@\s]+|(principal|principalSet)://.+"
)
ROLE: Final = re.compile(
    r"roles/[A-Za-z0-9_.]+|(projects|organizations)/[^/]+/roles/[A-Za-z0-9_.]+"
)
ZONE: Final = re.compile(r"[a-z]+-[a-z]+[0-9]+-[a-z]")
RECORD_TYPES: Final = words(
    "A AAAA ALIAS CAA CNAME DNSKEY DS HTTPS IPSECKEY MX NAPTR NS PTR SOA SPF SRV SSHFP SVCB TLSA "
    "TXT"
)


def matches(path: str, value: Any, pattern: re.Pattern[str], what: str) -> Iterator[CheckFailure]:
    """``value`` must match the whole pattern."""
    if isinstance(value, str) and not pattern.fullmatch(value):
        yield CheckFailure(path, f"{value!r} is not {what}")


def one_of(path: str, value: Any, allowed: tuple[str, ...]) -> Iterator[CheckFailure]:
    """``value`` must be one of a few."""
    if isinstance(value, str) and value not in allowed:
        yield CheckFailure(path, f"{value!r} is not one of {', '.join(allowed)}")


def labels(path: str, value: Any) -> Iterator[CheckFailure]:
    """Labels of a Google Cloud resource."""
    if not isinstance(value, Mapping):
        return
    if len(value) > 64:
        yield CheckFailure(path, f"{len(value)} labels; at most 64 are allowed")
    for key, text in value.items():
        what = "a label key (a-z first, then a-z, 0-9, - or _, at most 63)"
        yield from matches(path, key, LABEL_KEY, what)
        what = "a label value (a-z, 0-9, - or _, at most 63)"
        yield from matches(f'{path}["{key}"]', text, LABEL_VALUE, what)


def node_labels(path: str, value: Any) -> Iterator[CheckFailure]:
    """Kubernetes labels of nodes; GKE keeps a few prefixes to itself."""
    if not isinstance(value, Mapping):
        return
    for key, text in value.items():
        yield from matches(path, key, NODE_LABEL_KEY, "a Kubernetes label key")
        yield from matches(f'{path}["{key}"]', text, NODE_LABEL_VALUE, "a Kubernetes label value")
        prefix = key.partition("/")[0] if "/" in key else ""
        if prefix in ("kubernetes.io", "k8s.io") or prefix.endswith((".kubernetes.io", ".k8s.io")):
            yield CheckFailure(path, f"{key!r}: GKE keeps labels of {prefix} to itself")


def dns_name(path: str, value: Any) -> Iterator[CheckFailure]:
    """A fully qualified name with its final dot."""
    if not isinstance(value, str):
        return
    if not value.endswith("."):
        yield CheckFailure(path, f"{value!r} must end with a dot")
        return
    parts = value[:-1].split(".")
    label = re.compile(r"\*|_?[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?")
    if len(value) > 254 or len(parts) < 2 or not all(label.fullmatch(part) for part in parts):
        yield CheckFailure(path, f"{value!r} is not a domain name")


def record_data(path: str, kind: Any, value: Any) -> Iterator[CheckFailure]:
    """One datum of a DNS record set."""
    if not isinstance(value, str) or not isinstance(kind, str):
        return
    if kind in ("A", "AAAA"):
        if not is_address(value, kind):
            version = 4 if kind == "A" else 6
            yield CheckFailure(path, f"{value!r} is not an IPv{version} address ({kind} record)")
    elif kind in ("CNAME", "NS", "PTR"):
        yield from dns_name(path, value)
