"""``python -m lab.providers.aws.server SEED ADDRESS ACCOUNT REGION``: the AWS of one stack, in a
process of its own, so that not every plugin process starts one (seconds each).

It is filled from the journal and the seed before ADDRESS (a file) says where it is; so no two
plugins fill it at once. ACCOUNT and REGION are the seed's: they show in the list of processes
whose AWS this is. It ends on SIGTERM; what changed is in the journal.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from lab.providers.aws.cloud import SimulatedAws, journal_of, start_server
from lab.providers.sdk import seed as seeds
from lab.providers.sdk.provider import StandinError


def main(argv: list[str]) -> int:
    seed_file, address = Path(argv[0]), Path(argv[1])
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        aws = seeds.load(seed_file).aws
        if aws is None:
            raise StandinError(f"{seed_file} has no `aws` part: no AWS account exists in it")
        endpoint = start_server(aws)
        SimulatedAws(aws, aws.region, journal_of(seeds.records_dir(seed_file)), endpoint)
    except StandinError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return 1
    fresh = address.with_name(f".{address.name}.{os.getpid()}")
    fresh.write_text(endpoint)
    fresh.replace(address)
    print(f"moto stands in for AWS at {endpoint}", flush=True)
    signal.sigwait({signal.SIGTERM})
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
