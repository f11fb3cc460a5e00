"""The moto server that stands in for AWS, and the calls made to it.

``LAB_AWS_ENDPOINT`` may name a running one, as ``lab.providers.aws.server`` is (started with the
environment of ``server_environment``); otherwise one is started inside this process on a loopback
port. A new one first repeats every change that earlier commands made, from a journal beside the
seed: so what exists survives between plugin processes, under the same ids, because moto's
random numbers are seeded per change. Then it is given what the seed names and it lacks
(``estate.py``).

Raises StandinError with AWS's error code and message.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

import requests

from lab.providers.aws import shapes
from lab.providers.aws.estate import furnish
from lab.providers.sdk.provider import StandinError
from lab.providers.sdk.seed import AwsSeed

ENDPOINT: Final = "LAB_AWS_ENDPOINT"


def server_environment(seed: AwsSeed) -> dict[str, str]:
    """What a ``moto_server`` process of the lab needs in its environment."""
    return {
        "MOTO_ACCOUNT_ID": seed.account,
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",  # slow to load, and no machine starts here
    }


def journal_of(records: Path) -> Path:
    """Where the changes of one stack's AWS are kept."""
    return records / "aws.journal"


def start_server(seed: AwsSeed) -> str:
    """Start a server in this process (its threads end with it); its address."""
    # moto reads these when it is imported; both matter to this process only.
    os.environ.update(server_environment(seed))
    import logging

    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    return f"http://{host}:{port}"


class _Request(NamedTuple):
    """What is asked of AWS; a line of the journal is one that changed something."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    region: str


class SimulatedAws:
    """AWS as the lab has it; one per provider process. Calls are made one at a time."""

    def __init__(
        self, seed: AwsSeed, region: str, journal: Path, endpoint: str | None = None
    ) -> None:
        self.seed = seed
        self.region = region
        self.journal = journal
        self._lock = threading.RLock()
        self._regions: set[str] = set()
        self._clients: dict[tuple[str, str], Any] = {}
        self._changes = 0
        self._http = requests.Session()
        self._http.trust_env = False  # a proxy of the environment has no business here
        self._endpoint = endpoint or os.environ.get(ENDPOINT) or start_server(seed)
        self._fill()

    # Calls

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """A request that changes nothing."""
        return self._send(_Request(service, operation, parameters, self.region))

    def find(self, service: str, operation: str, **parameters: Any) -> dict[str, Any] | None:
        """Like ``call``, None when AWS says that it does not exist."""
        try:
            return self.call(service, operation, **parameters)
        except NotFound:
            return None

    def change(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """A request that changes something; remembered in the journal."""
        return self._changed(_Request(service, operation, parameters, self.region))

    def ask(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """A request in the seed's region, which need not be the provider's."""
        return self._send(_Request(service, operation, parameters, self.seed.region))

    def make(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """A change in the seed's region, journalled like every other."""
        return self._changed(_Request(service, operation, parameters, self.seed.region))

    def _changed(self, request: _Request) -> dict[str, Any]:
        with self._lock:
            answer = self._numbered(request)
            self.journal.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.journal, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "a") as out:
                out.write(json.dumps(request._asdict()) + "\n")
            return answer

    def _numbered(self, request: _Request) -> dict[str, Any]:
        url, number = f"{self._endpoint}/moto-api/seed", str(self._changes + 1)
        try:
            self._http.post(url, params={"a": number}, timeout=30).raise_for_status()
        except requests.RequestException as error:
            raise StandinError(
                f"the moto server at {self._endpoint} does not answer ({type(error).__name__})"
            ) from None
        answer = self._send(request)
        # A refused request is not in the journal, so it must not count either.
        self._changes += 1
        return answer

    def _send(self, request: _Request) -> dict[str, Any]:
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError

        service, operation, parameters, region = request
        if failures := shapes.check(service, operation, parameters):
            raise StandinError("; ".join(f"{f.property}: {f.reason}" for f in failures))
        with self._lock:
            client = self._client(service, region)
            try:
                answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
            except ClientError as error:
                _raise(service, operation, error)
            except BotoCoreError as error:
                raise StandinError(f"{service} {operation}: {error}") from None
        answer.pop("ResponseMetadata", None)
        return answer

    def _client(self, service: str, region: str) -> Any:
        if region not in self._regions:
            self._regions.add(region)
            # moto makes its defaults (VPCs, managed policies) on first use, with random ids.
            # That must not fall into a numbered change, or a repetition gets other ids.
            self._send(_Request("ec2", "DescribeVpcs", {}, region))
            self._send(_Request("iam", "ListRoles", {}, region))
        if (service, region) not in self._clients:
            import boto3
            from botocore.config import Config

            session = boto3.session.Session(
                botocore_session=shapes.session(),  # its service descriptions are loaded once
                aws_access_key_id="lab-stand-in",
                aws_secret_access_key="lab-stand-in",  # opens nothing
                region_name=region,
            )
            # The environment may name a proxy or an endpoint; neither may be used here.
            config = Config(
                proxies={}, ignore_configured_endpoint_urls=True, retries={"total_max_attempts": 1}
            )
            self._clients[service, region] = session.client(
                service, endpoint_url=self._endpoint, config=config
            )
        return self._clients[service, region]

    # Filling a server

    def _fill(self) -> None:
        identity = self.call("sts", "GetCallerIdentity")
        if identity["Account"] != self.seed.account:
            raise StandinError(
                f"the moto server at {self._endpoint} is account {identity['Account']}, not "
                f"{self.seed.account}: start it with MOTO_ACCOUNT_ID={self.seed.account}"
            )
        # Clusters are made first and never removed: without one, the server is a new one.
        if not self.ask("eks", "ListClusters")["clusters"]:
            self._replay()
        elif self.journal.exists():
            self._changes = len(self.journal.read_text().splitlines())
        furnish(self)

    def _replay(self) -> None:
        if self.journal.exists():
            for line in self.journal.read_text().splitlines():
                self._numbered(_Request(**json.loads(line)))


class NotFound(StandinError):
    """AWS says that the thing does not exist."""


def _raise(service: str, operation: str, error: Any) -> NoReturn:
    code = error.response.get("Error", {}).get("Code", "")
    message = error.response.get("Error", {}).get("Message", "")
    text = f"{service} {operation}: {code}: {message}"
    missing = ("NotFound", "NoSuch", "does not exist")
    if any(word in code for word in missing):
        raise NotFound(text) from None
    raise StandinError(text) from None
