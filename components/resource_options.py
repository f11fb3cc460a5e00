"""How the engine treats what it makes: what it takes over, leaves alone, and refuses to replace.

Servers run on the nodes of a pool. It is never changed or replaced in a way that drains them:
another machine is another generation, which has another name.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from model.derived.pools import Pool
from model.hub import Hub


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


def pool_options(
    pool: Pool,
    opts: pulumi.ResourceOptions,
    *,
    ignored: Sequence[str] = (),
    refused: Sequence[str] = (),
    kept: Sequence[str] = (),
) -> pulumi.ResourceOptions:
    """`opts` for a pool, or for a part that it is made from.

    `ignored` properties stay as they are once the pool exists: the autoscaler's, and what the cloud
    could only change by draining the nodes. A change of a `refused` one replaces the pool; the new
    one comes first, so the cloud refuses its name, and nothing is lost. A draining pool stays as it
    was made in the properties `kept` too, whatever its entry says.
    """
    more = pulumi.ResourceOptions(
        ignore_changes=[*ignored, *(kept if pool.draining else ())],
        replace_on_changes=[] if pool.draining else list(refused),
        # Said, because providers choose the opposite for whatever has a fixed name.
        delete_before_replace=False,
    )
    return pulumi.ResourceOptions.merge(opts, more)


def taken_over(hub: Hub, pool: Pool, opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    """`opts`, plus the import of the pool that `adopt` names by its id."""
    import_id = hub.adopt.builder_pool if pool.role == "build" else hub.adopt.node_pool
    return adopted(import_id if import_id and pool.has_id(import_id) else None, opts)
