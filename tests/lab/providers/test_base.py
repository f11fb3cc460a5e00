"""The base of all stand-ins, spoken to over the real protocol by a real client."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from lab.providers.install import install, is_standin, plugin_dir, remove
from lab.providers.random import RandomId
from lab.providers.sdk import property_values
from lab.providers.sdk.grpc_server import start
from lab.providers.sdk.property_diff import Kind, diff_props, format_path, parse_path
from lab.providers.sdk.property_values import UNKNOWN, Props, SecretValue
from lab.providers.sdk.provider import (
    CheckFailure,
    Handler,
    InitFailed,
    InvokeFailed,
    Request,
    StandinError,
    StandinProvider,
    config_bool,
    config_json,
)

URN = "urn:pulumi:s::p::toy:index:Thing::thing"
SECRET = "correct-horse-battery"  # what must never be seen


class Thing(RandomId):
    """Echoes its inputs; fails on request."""

    def create(self, request: Request) -> tuple[str, Props]:
        plain = property_values.reveal(request.inputs)
        match request.inputs.get("fail"):
            case "told":
                raise StandinError("the region is called 'mars', which does not exist")
            case "half":
                raise InitFailed("not ready", id="half-1", outputs=plain)
            case "bug":
                raise KeyError(plain["password"])
        return "id-1", {**plain, "made": UNKNOWN if request.preview else 1}


class Toy(StandinProvider):
    """Has things, and a lookup that finds nothing."""

    name = "toy"

    def handler(self, type: str) -> Handler:
        return Thing() if type == "toy:index:Thing" else super().handler(type)

    def invoke(self, token: str, args: Props) -> Props:
        raise InvokeFailed([CheckFailure("name", "no such cluster")])


class Engine(engine_pb2_grpc.EngineServicer):
    """The part of the engine that takes log lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def Log(self, request: Any, context: Any) -> empty_pb2.Empty:
        assert request.severity == engine_pb2.INFO
        self.lines.append(request.message)
        return empty_pb2.Empty()


@pytest.fixture
def engine() -> Iterator[tuple[Engine, str]]:
    server, log = grpc.server(ThreadPoolExecutor(2)), Engine()
    engine_pb2_grpc.add_EngineServicer_to_server(log, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield log, f"127.0.0.1:{port}"
    server.stop(None)


@pytest.fixture
def stub(engine: tuple[Engine, str]) -> Iterator[Any]:
    server, port = start(Toy(), "1.2.3", engine[1])
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        client = provider_pb2_grpc.ResourceProviderStub(channel)
        client.Configure(provider_pb2.ConfigureRequest(acceptSecrets=True))
        yield client
    server.stop(None)


def create(stub: Any, props: dict[str, Any], **more: Any) -> dict[str, Any]:
    request = provider_pb2.CreateRequest(
        urn=URN, properties=property_values.to_struct(props), **more
    )
    return property_values.from_struct(stub.Create(request).properties)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.just(UNKNOWN),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(), inner, max_size=3)
        | inner.map(property_values.secret)
    ),
    max_leaves=12,
)


@given(plain)
def test_no_value_changes_on_its_way_through_the_wire(value: Any) -> None:
    props = {"x": value}
    assert property_values.from_struct(property_values.to_struct(props)) == props


def test_the_marks_of_the_wire_are_those_of_the_sdk() -> None:
    ours = property_values
    assert rpc._special_sig_key == ours.SIGNATURE and ours.UNKNOWN_TEXT == rpc.UNKNOWN
    theirs = (rpc._special_secret_sig, rpc._special_resource_sig, rpc._special_output_value_sig)
    assert theirs == (ours.SECRET, ours.RESOURCE, ours.OUTPUT)


def test_a_port_does_not_become_a_float() -> None:
    got = property_values.from_struct(
        property_values.to_struct({"port": 8081, "share": 0.5, "on": True})
    )
    assert got == {"port": 8081, "share": 0.5, "on": True}
    assert {k: type(v) for k, v in got.items()} == {"port": int, "share": float, "on": bool}


def test_an_output_value_that_is_unknown_and_secret_stays_both() -> None:
    mark = {property_values.SIGNATURE: property_values.OUTPUT}
    struct = property_values.to_struct({"x": {**mark, "secret": True}, "y": {**mark, "value": 1}})
    assert property_values.from_struct(struct) == {"x": SecretValue(UNKNOWN), "y": 1}


def test_a_secret_input_comes_out_secret_even_if_the_stand_in_forgot(stub: Any) -> None:
    out = create(stub, {"password": SecretValue(SECRET), "list": [1, SecretValue("x")], "n": 1})
    assert out == {
        "password": SecretValue(SECRET),
        "list": [1, SecretValue("x")],
        "n": 1,
        "made": 1,
    }


def test_an_unknown_input_stays_unknown_in_a_preview(stub: Any) -> None:
    out = create(stub, {"later": UNKNOWN, "hidden": SecretValue(UNKNOWN)}, preview=True)
    assert out == {"later": UNKNOWN, "hidden": SecretValue(UNKNOWN), "made": UNKNOWN}


def test_a_user_sees_the_sentence_and_no_traceback(stub: Any) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        create(stub, {"fail": "told"})
    assert caught.value.details() == "the region is called 'mars', which does not exist"


def test_an_unforeseen_error_does_not_quote_a_secret(stub: Any) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        create(stub, {"fail": "bug", "password": SecretValue(SECRET)})
    assert SECRET not in caught.value.details()
    assert "KeyError" in caught.value.details()


def test_a_half_made_resource_reaches_the_state_with_its_secrets_hidden(stub: Any) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        create(stub, {"fail": "half", "password": SecretValue(SECRET)})
    trailing = dict(caught.value.trailing_metadata())
    status = status_pb2.Status.FromString(trailing["grpc-status-details-bin"])
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert (detail.id, list(detail.reasons)) == ("half-1", ["not ready"])
    assert property_values.from_struct(detail.properties)["password"] == SecretValue(SECRET)


def test_wrong_arguments_of_a_lookup_are_failures_not_errors(stub: Any) -> None:
    reply = stub.Invoke(provider_pb2.InvokeRequest(tok="toy:index:get"))
    assert [(f.property, f.reason) for f in reply.failures] == [("name", "no such cluster")]


def test_it_says_once_that_it_is_a_stand_in(stub: Any, engine: tuple[Engine, str]) -> None:
    stub.Configure(provider_pb2.ConfigureRequest(acceptSecrets=True))
    assert engine[0].lines == ["stand-in for pulumi-resource-toy"]


def test_a_resource_type_it_does_not_know_says_what_to_do(stub: Any) -> None:
    request = provider_pb2.DeleteRequest(urn=URN.replace("Thing", "Other"), id="x")
    with pytest.raises(grpc.RpcError, match="install the official plugin"):
        stub.Delete(request)


def diff(stub: Any, old: dict[str, Any], new: dict[str, Any], ignore: list[str]) -> Any:
    return stub.Diff(
        provider_pb2.DiffRequest(
            urn=URN,
            id="x",
            old_inputs=property_values.to_struct(old),
            olds=property_values.to_struct({}),
            news=property_values.to_struct(new),
            ignoreChanges=ignore,
        )
    )


def test_ignore_changes_hides_everything_below_a_path(stub: Any) -> None:
    old, new = {"a": {"b": [1, 2], "c": 1}}, {"a": {"b": [1, 3], "c": 1}}
    assert diff(stub, old, new, []).changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(diff(stub, old, new, []).detailedDiff) == ["a.b[1]"]
    for path in ("a.b", "a.b[*]", "a"):
        assert diff(stub, old, new, [path]).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_marking_a_value_secret_is_not_a_change(stub: Any) -> None:
    reply = diff(stub, {"a": "x", "n": 1}, {"a": SecretValue("x"), "n": 1.0}, [])
    assert reply.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_true_is_not_one_and_unknown_is_a_change() -> None:
    assert diff_props({"a": 1}, {"a": True}).detailed == {"a": Kind.UPDATE}
    assert diff_props({"a": 1}, {"a": UNKNOWN}).detailed == {"a": Kind.UPDATE}


def test_a_null_counts_only_where_it_means_something() -> None:
    old, new = {"x": {"a": 1}}, {"x": {"a": 1, "b": None}}
    assert not diff_props(old, new).changes
    assert diff_props(old, new, nulls_matter=["x"]).detailed == {"x.b": Kind.ADD}


def test_replacement_is_found_above_and_below_the_path() -> None:
    rules = {"replace_on": ["metadata.name"]}
    assert diff_props({"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}, **rules).replaces
    assert diff_props({"metadata": {"name": "a"}}, {}, **rules).replaces
    assert not diff_props({"metadata": {"x": "a"}}, {"metadata": {"x": "b"}}, **rules).replaces


@pytest.mark.parametrize(
    "path", [("a",), ("a", "b", 0), ("files", "01-x.py"), ('q"uote', "b"), ("a", 3, "b.c")]
)
def test_a_path_survives_its_text_form(path: tuple[str | int, ...]) -> None:
    assert parse_path(format_path(path)) == path


def test_settings_of_a_provider_arrive_as_text() -> None:
    args = {
        "on": "true",
        "off": SecretValue("false"),
        "tags": '{"a": "b"}',
        "bad": "{",
        "later": UNKNOWN,
    }
    assert config_bool(args, "on") and not config_bool(args, "off")
    assert config_bool(args, "later", default=True)
    assert config_json(args, "tags") == {"a": "b"}
    assert config_json(args, "later") is None
    with pytest.raises(StandinError, match="'bad' is not JSON"):
        config_json(args, "bad")


def test_the_installed_plugin_starts_prints_its_port_and_ends_when_told(tmp_path: Path) -> None:
    made = install(tmp_path, Path(sys.executable), ["kubernetes"], {"kubernetes": "9.8.7"})
    plugin = made["kubernetes"]
    assert plugin.parent == plugin_dir(tmp_path, "kubernetes", "9.8.7")
    process = subprocess.Popen(
        [str(plugin), "--logtostderr", "127.0.0.1:1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            assert stub.GetPluginInfo(empty_pb2.Empty(), timeout=10).version
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.wait()


def test_an_official_plugin_is_neither_overwritten_nor_removed(tmp_path: Path) -> None:
    official = plugin_dir(tmp_path, "gcp", "1.0.0") / "pulumi-resource-gcp"
    official.parent.mkdir(parents=True)
    official.write_text("#!/bin/sh\n# the real one\n")
    made = install(tmp_path, Path(sys.executable), ["gcp", "aws"], {"gcp": "1.0.0", "aws": "2.0.0"})
    assert official.read_text() == "#!/bin/sh\n# the real one\n"
    assert is_standin(made["aws"])
    assert remove(tmp_path) == [made["aws"]]
    assert official.exists() and not made["aws"].parent.exists()


def test_a_wrong_name_is_said_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lab.providers", "azure"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert (done.returncode, done.stderr) == (
        2,
        "stand-in plugins are kubernetes, gcp, aws, random; given: azure\n",
    )
