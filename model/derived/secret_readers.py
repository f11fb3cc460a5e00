"""Which pods of a hub read a secret, so that they start anew when it changes, and no others do.

Every reader takes its secrets at its start and never again. A pod that keeps an old token fails
long after the change that caused it: BinderHub with an old API token can launch nothing.

Sources: the charts' templates (what mounts a Secret or has a variable from one), and
binderhub/app.py, z2jh.py of the hub's image, configurable-http-proxy, and common/common.go of the
registry helper (when it is read). `tests/lab/test_secret_readers.py` compares the table with what
the charts make.
"""

from __future__ import annotations

from model.derived.registry_access import RegistryAccess
from model.secrets import OPERATOR_SECRETS, READERS, ROTATED, Reader


def readers(access: RegistryAccess, name: str) -> tuple[Reader, ...]:
    """The pods that read the secret `name` (generated or given) at their start.

    What a server's environment takes (`user.environment`) is read by the hub, which starts it.
    """
    info = OPERATOR_SECRETS.get(name) or ROTATED.get(name)
    if info is None:
        return ("hub",)
    if access.pull_secret and access.password is not None and access.password.name == name:
        return ("hub", *info.readers)  # It makes the pull secret, and has all of its values.
    return info.readers


def said(access: RegistryAccess, name: str) -> str:
    """Who restarts when the secret changes: "the hub and BinderHub restart"."""
    people = [READERS[reader] for reader in readers(access, name)]
    return f"{' and '.join(people)} restart{'s' if len(people) == 1 else ''}"
