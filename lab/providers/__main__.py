"""``python -m lab.providers <name> [engine address]``: run one stand-in plugin.

The engine may pass flags of its own before its address (``--logtostderr``, ``-v=9``,
``--tracing <where>``); they are ignored. Exit code 2 on misuse.
"""

from __future__ import annotations

import gc
import importlib
import sys
from importlib.metadata import PackageNotFoundError, version

from lab.providers.sdk.provider import StandinProvider

NAMES = ("kubernetes", "gcp", "aws", "random")


def sdk_version(name: str) -> str:
    """Version of the installed SDK package, which is what the engine asks for."""
    try:
        return version(f"pulumi-{name}")
    except PackageNotFoundError:
        return "0.0.0"


def load(name: str) -> StandinProvider:
    """The stand-in's provider object, from ``lab.providers.<name>.provider()``."""
    module = importlib.import_module(f"lab.providers.{name}")
    made = module.provider()
    if not isinstance(made, StandinProvider):
        raise TypeError(f"lab.providers.{name}.provider() gave a {type(made).__name__}")
    return made


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    from lab.providers.sdk.grpc_server import serve

    words = [w for w in (sys.argv[1:] if argv is None else argv) if not w.startswith("-")]
    if not words or words[0] not in NAMES:
        given = words[0] if words else "nothing"
        sys.stderr.write(f"stand-in plugins are {', '.join(NAMES)}; given: {given}\n")
        return 2
    # It lives for seconds; the SDK's classes, a million objects, would be searched again and again.
    gc.disable()
    serve(load(words[0]), sdk_version(words[0]), words[-1] if len(words) > 1 else "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
