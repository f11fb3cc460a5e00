"""The lab's own small loop: `python -m lab.cluster.controllers.loop KUBECONFIG` serves volumes and load balancers.

It is one of the processes of a control plane, and ends with it.
"""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType

import urllib3
from kubernetes.client.exceptions import ApiException

from lab.cluster.client import Kube, said
from lab.cluster.controllers import load_balancers, volumes

_ROUND_SECONDS = 0.5
_SERVED = (("volumes", volumes.serve_once), ("load balancers", load_balancers.serve_once))


def main(kubeconfig: str) -> int:
    signal.signal(signal.SIGTERM, _stop)
    client = Kube(kubeconfig)
    print("stand-ins for volumes and load balancers: serving", flush=True)
    last: dict[str, str] = {}
    while True:
        for name, serve in _SERVED:
            try:
                serve(client)
                last.pop(name, None)
            except (ApiException, urllib3.exceptions.HTTPError, OSError) as error:
                # The API server may be starting, or an object may just have changed: next round.
                told = said(error)
                if last.get(name) != told:
                    print(f"{name}: {told}", flush=True)
                last[name] = told
        time.sleep(_ROUND_SECONDS)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
