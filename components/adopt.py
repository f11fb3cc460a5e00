"""Taking over what exists already."""

from __future__ import annotations

import pulumi


def adopted(import_id: str | None, opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    """`opts`, plus the import of an existing object when `adopt:` names its id.

    It was there before the hub, so it is protected: `pulumi destroy` refuses to delete it until
    somebody says so (`pulumi state unprotect URN`), or gives it up (`pulumi state delete URN`).
    """
    if not import_id:
        return opts
    return pulumi.ResourceOptions.merge(
        opts, pulumi.ResourceOptions(import_=import_id, protect=True)
    )
