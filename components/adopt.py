"""Taking over what exists already."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi


def adopted(
    import_id: str | None, opts: pulumi.ResourceOptions, *, unmarked: Sequence[str] = ()
) -> pulumi.ResourceOptions:
    """`opts`, plus the import of an existing object when `adopt:` names its id.

    It was there before the hub, so it is protected: `pulumi destroy` refuses to delete it until
    somebody says so (`pulumi state unprotect URN`), or gives it up (`pulumi state delete URN`).

    `unmarked` are properties that an import reads back with secrets in clear. `pulumi preview
    --diff` hides them whole; nothing hides them from `--json`, nor from the state before the update
    that follows the import (rule BH166).
    """
    if not import_id:
        return opts
    return pulumi.ResourceOptions.merge(
        opts,
        pulumi.ResourceOptions(import_=import_id, protect=True, hide_diffs=[*unmarked]),
    )
