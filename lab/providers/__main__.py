"""``python -m lab.providers <name> [engine address]``: run one stand-in plugin.

The engine may pass flags of its own before its address (``--logtostderr``, ``-v=9``,
``--tracing <where>``); they are ignored. Exit code 2 on misuse.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import signal
import sys
from importlib.metadata import PackageNotFoundError, version

from lab.providers.sdk.provider import StandinProvider

_LOOK_SECONDS = 1.0

_PROVIDERS = {
    "kubernetes": "lab.providers.kubernetes.provider:KubernetesProvider",
    "gcp": "lab.providers.gcp.provider:GcpProvider",
    "aws": "lab.providers.aws.provider:AwsProvider",
    "random": "lab.providers.random:RandomProvider",
}
NAMES = tuple(_PROVIDERS)


def sdk_version(name: str) -> str:
    """Version of the installed SDK package, which is what the engine asks for."""
    try:
        return version(f"pulumi-{name}")
    except PackageNotFoundError:
        return "0.0.0"


def load(name: str) -> StandinProvider:
    """The provider object of one stand-in."""
    module, _, cls = _PROVIDERS[name].partition(":")
    made: StandinProvider = getattr(importlib.import_module(module), cls)()
    return made


def serve(provider: StandinProvider, version: str, engine: str = "") -> None:
    """Serve until told to end (SIGTERM, or SIGINT: the engine closing the plugin), or until the
    engine that started it is gone: one that was killed closes nothing."""
    # The engine puts the plugin in a process group of its own, so Ctrl-C in a terminal does
    # not reach it (Cancel does); SIGINT is how the engine closes it, with five seconds to end.
    # A byte tells of the signal: a handler that sets a threading.Event can wait for itself, and
    # does not wake the main thread when another one took the signal.
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    parent = os.getppid()
    from lab.providers.sdk.grpc_server import start

    server, port = start(provider, version, engine)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while not select.select([told], [], [], _LOOK_SECONDS)[0]:
        if engine and os.getppid() != parent:
            break
    provider.close()
    server.stop(grace=0.2).wait()


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
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
