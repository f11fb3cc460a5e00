"""Which clouds a job must log in to before it runs the engine on a stack. Pure.

The hub's own clouds, the one that holds the state, the one that encrypts the stack's secrets, and
those whose keys open its file of secrets.
"""

from __future__ import annotations

from collections.abc import Collection

CLOUDS = frozenset({"gcp", "aws"})
_STATE = {"gs": "gcp", "s3": "aws"}
_PROVIDER = {"gcpkms": "gcp", "awskms": "aws"}
_SOPS = {"gcp_kms": "gcp", "kms": "aws"}


def logins(
    clouds: frozenset[str] | None, *, backend: str, provider: str, opened_by: Collection[str]
) -> frozenset[str]:
    """Names of clouds. `clouds` are the hub's (None: unknown, so all); `backend` and `provider` are
    the addresses of the state and of the secrets provider; `opened_by` are the kinds of keys that
    open the file of secrets, as sops names them."""
    if clouds is None:
        return CLOUDS
    found = {_STATE.get(_scheme(backend)), _PROVIDER.get(_scheme(provider))}
    found |= {_SOPS.get(kind) for kind in opened_by}
    return clouds | {cloud for cloud in found if cloud is not None}


def _scheme(address: str) -> str:
    return address.partition("://")[0] if "://" in address else ""
