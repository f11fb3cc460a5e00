"""`secretsFile`: which flat secrets a sops-encrypted YAML file holds, without decrypting it.

sops encrypts values and leaves keys readable, so the names are known to everyone who has the file.
Each value looks like `ENC[AES256_GCM,...]`, and the key `sops` holds what decrypts them.
(https://getsops.io/docs/)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from model.findings import ABSENT, Finding
from model.rules import RULES

METADATA = "sops"
_PLAIN, _UNREADABLE, _TWICE = RULES["BH069"], RULES["BH130"], RULES["BH131"]


@dataclass(frozen=True, kw_only=True)
class SecretsFile:
    """`names` are the flat keys of the file; `findings` say what is wrong with it; `opened_by` are
    the kinds of keys that decrypt it, as sops names them (age, kms, gcp_kms, ...)."""

    names: frozenset[str]
    findings: tuple[Finding, ...] = ()
    opened_by: frozenset[str] = frozenset()


def load(path: str, text_of: Callable[[str], str]) -> SecretsFile:
    """The file at `path` (as the stack file names it), whose text `text_of` gives; what that raises
    because there is no such file, or no text in it, is a finding."""
    try:
        return read_secrets_file(path, text_of(path))
    except (OSError, ValueError) as error:
        return missing(path, getattr(error, "strerror", None) or "it is not UTF-8 text")


def project_folder(stack_file: Path) -> Path:
    """The folder from which the path of a secretsFile starts; `stack_file` is absolute."""
    folder = stack_file.parent
    return folder.parent if folder.name == "stacks" else folder


def missing(path: str, why: str) -> SecretsFile:
    """For a file that cannot be read."""
    return _bad(
        path, f"it cannot be read: {why}.", "name an existing file, from the project's folder."
    )


def read_secrets_file(path: str, text: str) -> SecretsFile:
    """What the text of the file at `path` (as the stack file names it) holds."""
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return _bad(path, "it is not YAML.", "make it with `sops edit FILE.yaml`.")
    if not isinstance(document, dict) or not isinstance(document.get(METADATA), dict):
        return _bad(
            path, "it is not encrypted by sops.", "encrypt it: `sops encrypt --in-place FILE.yaml`."
        )
    names = frozenset(str(key) for key in document if key != METADATA)
    return SecretsFile(
        names=names,
        findings=tuple(_plain(path, document)),
        opened_by=frozenset(_opened_by(document[METADATA])),
    )


def _opened_by(metadata: dict[object, object]) -> Iterator[str]:
    """Keys are lists beside each other, or in groups of which some are needed."""
    groups = metadata.get("key_groups")
    for keys in (metadata, *(groups if isinstance(groups, list) else ())):
        if isinstance(keys, dict):
            yield from (
                str(k) for k, v in keys.items() if v and k != "key_groups" and isinstance(v, list)
            )


def set_twice(names: frozenset[str], configured: frozenset[str]) -> Iterator[Finding]:
    """Secrets that both the file and the stack's own configuration set."""
    for name in sorted(names & configured):
        yield _TWICE.finding(
            name,
            "<secret>",
            "it is set in the stack file and in secretsFile; which one counts would be a guess.",
            f"run `pulumi config rm {name}`, or take it out of the file.",
        )


def _plain(path: str, document: dict[object, object]) -> Iterator[Finding]:
    for key, value in document.items():
        if key != METADATA and not (isinstance(value, str) and value.startswith("ENC[")):
            yield _PLAIN.finding(
                f"secretsFile.{key}",
                "<hidden>",
                f"{path} holds it in plain text (or nested); each secret is one encrypted text.",
                "revoke it, and write the new one with `sops edit`.",
            )


def _bad(path: str, reason: str, fix: str) -> SecretsFile:
    shown = path or ABSENT
    return SecretsFile(
        names=frozenset(), findings=(_UNREADABLE.finding("secretsFile", shown, reason, fix),)
    )
