"""The whole program under Pulumi's mocks: every registration, option and lookup, recorded.

Configuration is handed over as the engine does it: mappings as JSON, everything else as text, the
declared defaults of Pulumi.yaml filled in, secrets decrypted and their keys named.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import runpy
from collections.abc import Mapping
from contextvars import copy_context
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import yaml
from google.protobuf import json_format
from pulumi.runtime import mocks, run_in_stack, set_all_config
from pulumi.runtime.settings import set_root_resource

ROOT = Path(__file__).resolve().parents[2]
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
CA = base64.b64encode(b"the cluster's CA").decode()
ISSUER = "https://oidc.eks.us-west-2.amazonaws.com/id/ABC"
KEY_JSON = '{"type": "service_account", "private_key": "RAW-registryKey"}'

ANSWERS: dict[str, dict[str, Any]] = {
    "gcp:container/getCluster:getCluster": {
        "endpoint": "198.51.100.7",
        "masterAuths": [{"clusterCaCertificate": CA}],
    },
    "gcp:organizations/getClientConfig:getClientConfig": {"project": "looked-up-1"},
    "aws:eks/getCluster:getCluster": {
        "endpoint": "https://abc.eks.amazonaws.com",
        "certificateAuthorities": [{"data": CA}],
        "identities": [{"oidcs": [{"issuer": ISSUER}]}],
        "vpcConfig": {"subnetIds": ["subnet-a", "subnet-b"]},
    },
    "aws:eks/getNodeGroups:getNodeGroups": {"names": ["core"]},
    "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": {
        "arn": "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/ABC"
    },
    "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": "210987654321"},
    "aws:route53/getZone:getZone": {"zoneId": "Z123"},
    "aws:lb/getHostedZoneId:getHostedZoneId": {"id": "ZLB"},
}


@dataclass(frozen=True, kw_only=True)
class Made:
    """One registered resource; `inputs` keep the engine's marks of secrets."""

    type: str
    name: str
    urn: str
    parent: str
    inputs: dict[str, Any]
    request: Any

    @property
    def plain(self) -> Any:
        """The inputs without the marks of secrets."""
        return unmarked(self.inputs)

    @property
    def provider(self) -> str:
        """Logical name of the provider, empty for a default one."""
        reference = self.request.provider or ""
        return reference.split("::")[-2] if "::" in reference else ""

    def after(self, other: Made) -> bool:
        """Whether it waits for `other`."""
        return other.urn in self.request.dependencies


@dataclass(kw_only=True)
class Recorded:
    """What a run of the program did."""

    made: dict[str, Made] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    error: BaseException | None = None

    def of(self, type_: str) -> list[Made]:
        """Every resource of a type."""
        return [m for m in self.made.values() if m.type == type_]

    def one(self, name: str) -> Made:
        """The one resource of a name that a provider makes."""
        found = [m for m in self.made.values() if m.name == name and m.request.custom]
        assert len(found) == 1, f"{name}: {sorted(m.name for m in self.made.values())}"
        return found[0]


class _Monitor(mocks.MockMonitor):
    def __init__(self, recorded: Recorded, given: mocks.Mocks) -> None:
        super().__init__(given)
        self.recorded = recorded

    def RegisterResource(self, request: Any) -> Any:
        response = super().RegisterResource(request)
        inputs = json_format.MessageToDict(request.object)
        self.recorded.made[response.urn] = Made(
            type=request.type,
            name=request.name,
            urn=response.urn,
            parent=request.parent,
            inputs=inputs,
            request=request,
        )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:
        if "pulumi:pulumi:Stack" in request.urn:
            self.recorded.outputs = json_format.MessageToDict(request.outputs)
        return super().RegisterResourceOutputs(request)


class _Mocks(mocks.Mocks):
    def __init__(self, recorded: Recorded, answers: Mapping[str, Any]) -> None:
        self.recorded = recorded
        self.answers = answers

    def call(self, args: mocks.MockCallArgs) -> Any:
        self.recorded.calls.append((args.token, args.args, args.provider))
        answer = self.answers[args.token]
        if isinstance(answer, Exception):
            return {}, [("", str(answer))]
        return answer(args.args) if callable(answer) else answer

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        outputs: dict[str, Any] = dict(args.inputs)
        match args.typ:
            case "random:index/randomPassword:RandomPassword":
                outputs |= {"result": f"RAW-{args.name}"}
            case "gcp:serviceaccount/key:Key":
                outputs |= {"privateKey": base64.b64encode(KEY_JSON.encode()).decode()}
            case "aws:ec2/launchTemplate:LaunchTemplate":
                outputs |= {"latestVersion": 3}
            case "aws:eks/nodeGroup:NodeGroup":
                outputs |= {"resources": [{"autoscalingGroups": [{"name": "asg-1"}]}]}
            case "kubernetes:core/v1:Service":
                outputs |= self.answers.get(args.typ, {})
        return f"{args.name}-id", outputs


def run(
    name: str,
    text: str,
    *,
    answers: Mapping[str, Any] = ANSWERS,
    secrets: Mapping[str, str] | None = None,
) -> Recorded:
    """Run the program for the stack file `text`; an error it ends with is in the record."""
    return copy_context().run(_run, name, text, {**ANSWERS, **answers}, secrets or {})


def _run(name: str, text: str, answers: Mapping[str, Any], secrets: Mapping[str, str]) -> Recorded:
    recorded = Recorded()
    values, secret_keys = config_of(text, secrets)
    given = _Mocks(recorded, answers)
    logger = logging.getLogger(f"mock-engine-{name}")
    logger.handlers, logger.propagate = [_Lines(recorded.log)], False
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    mocks.set_mocks(
        given,
        project="binderhub",
        stack=name,
        preview=False,
        logger=logger,
        monitor=_Monitor(recorded, given),
    )
    set_root_resource(None)  # set_mocks made one; the program gets its own, as from the engine
    set_all_config(values, secret_keys)
    try:
        loop.run_until_complete(run_in_stack(_program))
    except Exception as exc:  # what the engine would print; tests look at its type
        recorded.error = exc
    finally:
        loop.close()
        asyncio.set_event_loop(None)
    return recorded


def _program() -> None:
    runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")


class _Lines(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def config_of(text: str, secrets: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What the engine hands a program for a stack file: values by key, and the secret keys."""
    given: dict[str, Any] = yaml.safe_load(text)["config"]
    for key, declared in yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"].items():
        if "default" in declared:
            given.setdefault(f"binderhub:{key}", declared["default"])
    values: dict[str, str] = {}
    secret_keys: list[str] = []
    for key, value in given.items():
        if isinstance(value, dict) and set(value) == {"secure"}:
            short = key.partition(":")[2]
            secret_keys.append(key)
            values[key] = secrets.get(short, f"RAW-{short}")
        else:
            values[key] = json.dumps(value) if isinstance(value, dict | list) else str(value)
    return values, secret_keys


def is_secret(value: Any) -> bool:
    """Whether a value of the engine's protocol is marked as a secret."""
    return isinstance(value, dict) and value.get(_SIGNATURE) == _SECRET


def unmarked(value: Any) -> Any:
    """The value without marks of secrets."""
    if is_secret(value):
        return unmarked(value["value"])
    if isinstance(value, dict):
        return {k: unmarked(v) for k, v in value.items()}
    return [unmarked(v) for v in value] if isinstance(value, list) else value


def unprotected(value: Any, path: str = "") -> list[str]:
    """Paths at which a raw secret (they all start with RAW-) stands outside any mark."""
    if is_secret(value):
        return []
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in unprotected(v, f"{path}.{k}")]
    if isinstance(value, list):
        return [p for i, v in enumerate(value) for p in unprotected(v, f"{path}[{i}]")]
    return [path] if isinstance(value, str) and "RAW-" in value else []


def marked_as_whole(value: Any, path: str = "") -> list[str]:
    """Paths at which a whole mapping or list is one secret, so that a preview hides it all."""
    if is_secret(value):
        return [path] if isinstance(value["value"], dict | list) else []
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in marked_as_whole(v, f"{path}.{k}")]
    if isinstance(value, list):
        return [p for i, v in enumerate(value) for p in marked_as_whole(v, f"{path}[{i}]")]
    return []


__all__ = ["ANSWERS", "Made", "Recorded", "config_of", "pulumi", "run"]
