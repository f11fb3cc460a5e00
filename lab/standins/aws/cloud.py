"""The moto server that stands in for AWS, and the calls made to it.

``LAB_AWS_ENDPOINT`` may name a running ``moto_server`` (started with the environment of
``server_environment``); otherwise one is started inside this process on a loopback port.
Either is given the seed's cluster when it does not have it yet, and then every change that
earlier commands made, from a journal beside the seed: so what exists survives between
plugin processes, under the same ids, because moto's random numbers are seeded per change.

Raises StandinError with AWS's error code and message.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

from lab.standins.aws import shapes
from lab.standins.base import StandinError
from lab.standins.seed import AwsSeed

ENDPOINT: Final = "LAB_AWS_ENDPOINT"

# Numbers of moto's seed: the seed's own resources come first, the journal after.
_FIRST_SEED: Final = 1
_FIRST_CHANGE: Final = 10_000


def server_environment(seed: AwsSeed) -> dict[str, str]:
    """What a ``moto_server`` process of the lab needs in its environment."""
    return {
        "MOTO_ACCOUNT_ID": seed.account,
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",  # slow to load, and no machine starts here
    }


def server_command(python: Path, port: int) -> list[str]:
    """A server of the lab's own, so that not every plugin process starts one (seconds)."""
    return [str(python), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]


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


class Cloud:
    """AWS as the lab has it; one per provider process. Calls are made one at a time."""

    def __init__(
        self, seed: AwsSeed, region: str, journal: Path, endpoint: str | None = None
    ) -> None:
        self.seed = seed
        self.region = region
        self.journal = journal
        self._lock = threading.RLock()
        self._clients: dict[str, Any] = {}
        self._changes = _FIRST_CHANGE
        self._endpoint = endpoint or os.environ.get(ENDPOINT) or start_server(seed)
        self._fill()

    # Calls

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """A request that changes nothing."""
        with self._lock:
            return self._send(service, operation, parameters)

    def find(self, service: str, operation: str, **parameters: Any) -> dict[str, Any] | None:
        """Like ``call``, None when AWS says that it does not exist."""
        try:
            return self.call(service, operation, **parameters)
        except NotFound:
            return None

    def change(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """A request that changes something; remembered in the journal."""
        with self._lock:
            self._changes += 1
            answer = self._numbered(self._changes, service, operation, parameters)
            self._remember(service, operation, parameters)
            return answer

    def _numbered(
        self, number: int, service: str, operation: str, parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        import requests

        url = f"{self._endpoint}/moto-api/seed"
        requests.post(url, params={"a": str(number)}, timeout=30).raise_for_status()
        return self._send(service, operation, parameters)

    def _send(self, service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        failures = shapes.check(service, operation, parameters)
        if failures:
            raise StandinError("; ".join(f"{f.property}: {f.reason}" for f in failures))
        client = self._client(service)
        method = getattr(client, _snake(client, operation))
        try:
            answer: dict[str, Any] = method(**parameters)
        except ClientError as error:
            _raise(service, operation, error)
        except BotoCoreError as error:
            raise StandinError(f"{service} {operation}: {error}") from None
        answer.pop("ResponseMetadata", None)
        return answer

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            import boto3
            from botocore.config import Config

            session = boto3.session.Session(
                aws_access_key_id="lab-stand-in",
                aws_secret_access_key="lab-stand-in",  # opens nothing
                region_name=self.region,
            )
            # The environment may name a proxy or an endpoint; neither may be used here.
            config = Config(
                proxies={}, ignore_configured_endpoint_urls=True, retries={"total_max_attempts": 1}
            )
            self._clients[service] = session.client(
                service, endpoint_url=self._endpoint, config=config
            )
        return self._clients[service]

    # Filling a new server

    def _fill(self) -> None:
        identity = self.call("sts", "GetCallerIdentity")
        if identity["Account"] != self.seed.account:
            raise StandinError(
                f"the moto server at {self._endpoint} is account {identity['Account']}, not "
                f"{self.seed.account}: start it with MOTO_ACCOUNT_ID={self.seed.account}"
            )
        if self.find("eks", "DescribeCluster", name=self.seed.cluster) is None:
            self._make_seed()
            self._replay()
        elif self.journal.exists():
            self._changes += len(self.journal.read_text().splitlines())

    def _make_seed(self) -> None:
        number = iter(range(_FIRST_SEED, _FIRST_CHANGE))
        seed = self.seed

        def make(service: str, operation: str, **parameters: Any) -> dict[str, Any]:
            return self._numbered(next(number), service, operation, parameters)

        trust = {"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}}
        policy = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
        role = make(
            "iam",
            "CreateRole",
            RoleName=f"{seed.cluster}-cluster"[:64],
            AssumeRolePolicyDocument=json.dumps(policy),
        )
        vpc = make("ec2", "CreateVpc", CidrBlock="10.90.0.0/16")["Vpc"]["VpcId"]
        subnets = []
        for position, zone in enumerate(seed.zones):
            tags = {
                "Name": f"{seed.cluster}-private-{zone}",
                f"kubernetes.io/cluster/{seed.cluster}": "shared",
                "kubernetes.io/role/internal-elb": "1",
            }
            made = make(
                "ec2",
                "CreateSubnet",
                VpcId=vpc,
                AvailabilityZone=zone,
                CidrBlock=f"10.90.{position}.0/24",
                TagSpecifications=[{"ResourceType": "subnet", "Tags": pairs(tags)}],
            )
            subnets.append(made["Subnet"]["SubnetId"])
        make(
            "iam",
            "CreateOpenIDConnectProvider",
            Url=seed.oidc_issuer,
            ClientIDList=["sts.amazonaws.com"],
            ThumbprintList=["0" * 40],
        )
        for zone in seed.hosted_zones:
            make("route53", "CreateHostedZone", Name=zone, CallerReference=f"lab-{zone}")
        # Last, because its presence says that the rest is there.
        make(
            "eks",
            "CreateCluster",
            name=seed.cluster,
            version=seed.kubernetes_version,
            roleArn=role["Role"]["Arn"],
            resourcesVpcConfig={"subnetIds": subnets},
        )

    def _replay(self) -> None:
        if not self.journal.exists():
            return
        for line in self.journal.read_text().splitlines():
            entry = json.loads(line)
            self._changes += 1
            self._numbered(self._changes, entry["service"], entry["operation"], entry["parameters"])

    def _remember(self, service: str, operation: str, parameters: Mapping[str, Any]) -> None:
        entry = {"service": service, "operation": operation, "parameters": parameters}
        self.journal.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.journal, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a") as out:
            out.write(json.dumps(entry) + "\n")


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


def _snake(client: Any, operation: str) -> str:
    for name, real in client.meta.method_to_api_mapping.items():
        if real == operation:
            return str(name)
    raise StandinError(f"{operation} is not an operation of {client.meta.service_model}")


def pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as the list of Key and Value that most services want."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
