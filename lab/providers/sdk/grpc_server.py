"""The protocol around a ``StandinProvider``: one gRPC server on loopback.

The engine starts the plugin with its own address as argument, reads the port from the
first line of stdout, shakes hands, configures, then calls. A server started by hand
(PULUMI_DEBUG_PROVIDERS) gets the engine's address by ``Attach`` instead.

Failures reach the engine as one message without a traceback. What the plugin writes to
stderr would be shown as output of the program, so nothing is written there.
"""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import functools
import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from lab.providers.sdk.property_diff import DiffResult, Kind, parse_path
from lab.providers.sdk.property_values import Props, from_struct, mark_secrets, to_struct
from lab.providers.sdk.provider import (
    CheckFailure,
    Handler,
    InitFailed,
    InvokeFailed,
    Request,
    StandinError,
    StandinProvider,
)

_MAX_MESSAGE = 400 * 1024 * 1024  # the engine's own limit
_OPTIONS = [
    ("grpc.max_receive_message_length", _MAX_MESSAGE),
    ("grpc.max_send_message_length", _MAX_MESSAGE),
]
_EMPTY = struct_pb2.Struct()

Method = TypeVar("Method", bound=Callable[..., Any])


def _init_failed(context: grpc.ServicerContext, error: InitFailed) -> None:
    message = str(error)
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.id,
        properties=to_struct(error.outputs),
        inputs=to_struct(error.inputs or {}),
        reasons=[message],
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=message)
    status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, message)


def _clean(method: Method) -> Method:
    """Every exception of an rpc becomes one message."""

    @functools.wraps(method)
    def call(self: Servicer, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except InitFailed as error:
            _init_failed(context, error)
        except StandinError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except Exception as error:  # the edge: nothing may escape as a traceback
            # The text of an unforeseen exception may quote a secret: say only where.
            last = traceback.extract_tb(error.__traceback__)[-1]
            context.abort(
                grpc.StatusCode.UNKNOWN,
                f"the stand-in for pulumi-resource-{self.provider.name} failed in "
                f"{method.__name__} ({type(error).__name__} at "
                f"{Path(last.filename).name}:{last.lineno}); "
                f"this is a fault of the lab, please report it",
            )

    return call  # type: ignore[return-value]


def _request(
    call: Any,
    *,
    inputs: struct_pb2.Struct = _EMPTY,
    old_inputs: struct_pb2.Struct = _EMPTY,
    state: struct_pb2.Struct = _EMPTY,
) -> Request:
    """The engine's call as a ``Request``; older engines name type and resource in the URN only."""
    parts = [*call.urn.split("::", 3), "", "", "", ""]
    return Request(
        urn=call.urn,
        type=call.type or parts[2].split("$")[-1],
        name=call.name or parts[3],
        id=getattr(call, "id", ""),
        preview=getattr(call, "preview", False),
        timeout=getattr(call, "timeout", 0) or None,
        ignore=tuple(getattr(call, "ignoreChanges", ())),
        inputs=from_struct(inputs),
        old_inputs=from_struct(old_inputs),
        state=from_struct(state),
    )


def _failures(failures: list[CheckFailure]) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=f.property, reason=f.reason) for f in failures]


def _check_response(
    request: Request, inputs: Props, failures: list[CheckFailure]
) -> provider_pb2.CheckResponse:
    return provider_pb2.CheckResponse(
        inputs=to_struct(mark_secrets(inputs, request.inputs)), failures=_failures(failures)
    )


def _diff_response(result: DiffResult) -> provider_pb2.DiffResponse:
    replaces = set(result.replaces)
    detailed = {
        # The protocol's "…_REPLACE" kinds are the plain ones plus one.
        path: provider_pb2.PropertyDiff(
            kind=kind.value + (1 if path in replaces else 0),  # type: ignore[arg-type]
            # What the program no longer says is looked up where it was said.
            inputDiff=kind is Kind.DELETE or not result.of_state,
        )
        for path, kind in result.detailed.items()
    }
    changes = "DIFF_SOME" if result.changes else "DIFF_NONE"
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DiffChanges.Value(changes),
        replaces=result.replaces,
        diffs=sorted({str(parse_path(path)[0]) for path in result.detailed}),
        detailedDiff=detailed,
        hasDetailedDiff=bool(detailed),
        deleteBeforeReplace=result.delete_before_replace,
    )


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """The provider protocol over one ``StandinProvider``."""

    def __init__(self, provider: StandinProvider, version: str, engine: str = "") -> None:
        self.provider = provider
        self.version = version
        self._announced = False
        self._lock = threading.Lock()
        self._engine: engine_pb2_grpc.EngineStub | None = None
        provider.log = self.log
        if engine:
            self._connect(engine)

    def _connect(self, address: str) -> None:
        channel = grpc.insecure_channel(address, options=_OPTIONS)
        self._engine = engine_pb2_grpc.EngineStub(channel)

    def log(self, severity: str, message: str, urn: str = "") -> None:
        """One line in the engine's log; silent when there is no engine to tell."""
        if self._engine is None:
            return
        level = engine_pb2.LogSeverity.Value(severity.upper())
        request = engine_pb2.LogRequest(severity=level, message=message, urn=urn)
        try:
            self._engine.Log(request, timeout=10)
        except grpc.RpcError:
            return  # an engine on its way out; the operation itself goes on

    def _announce(self) -> None:
        with self._lock:
            if self._announced:
                return
            self._announced = True
        what = f": {self.provider.what}" if self.provider.what else ""
        self.log("info", f"stand-in for pulumi-resource-{self.provider.name}{what}")

    # Life of the plugin

    @_clean
    def Handshake(self, request: Any, context: Any) -> provider_pb2.ProviderHandshakeResponse:
        if request.engine_address and self._engine is None:
            self._connect(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    @_clean
    def Attach(self, request: plugin_pb2.PluginAttach, context: Any) -> empty_pb2.Empty:
        self._connect(request.address)
        return empty_pb2.Empty()

    @_clean
    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self.version)

    @_clean
    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        self.provider.cancel()
        return empty_pb2.Empty()

    @_clean
    def GetSchema(self, request: Any, context: Any) -> provider_pb2.GetSchemaResponse:
        schema = f'{{"name": "{self.provider.name}", "version": "{self.version}"}}'
        return provider_pb2.GetSchemaResponse(schema=schema)

    # Configuration

    @_clean
    def CheckConfig(self, call: Any, context: Any) -> provider_pb2.CheckResponse:
        request = _request(call, inputs=call.news, old_inputs=call.olds)
        return _check_response(request, *self.provider.check_config(request))

    @_clean
    def DiffConfig(self, call: Any, context: Any) -> provider_pb2.DiffResponse:
        # Older engines send the old inputs as the old state.
        old = call.old_inputs if call.HasField("old_inputs") else call.olds
        request = _request(call, inputs=call.news, old_inputs=old)
        return _diff_response(self.provider.diff_config(request))

    @_clean
    def Configure(self, call: Any, context: Any) -> provider_pb2.ConfigureResponse:
        self._announce()
        self.provider.configure(from_struct(call.args))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    # Resources and lookups

    @_clean
    def Check(self, call: Any, context: Any) -> provider_pb2.CheckResponse:
        request = _request(call, inputs=call.news, old_inputs=call.olds)
        return _check_response(request, *self._handler(request).check(request))

    @_clean
    def Diff(self, call: Any, context: Any) -> provider_pb2.DiffResponse:
        request = _request(call, inputs=call.news, old_inputs=call.old_inputs, state=call.olds)
        return _diff_response(self._handler(request).diff(request))

    @_clean
    def Create(self, call: Any, context: Any) -> provider_pb2.CreateResponse:
        request = _request(call, inputs=call.properties)
        with _keeping_secrets(request.inputs) as hidden:
            id, outputs = self._handler(request).create(request)
        return provider_pb2.CreateResponse(id=id, properties=to_struct(hidden(outputs)))

    @_clean
    def Read(self, call: Any, context: Any) -> provider_pb2.ReadResponse:
        request = _request(call, inputs=call.inputs, state=call.properties)
        with _keeping_secrets(request.inputs, request.state) as hidden:
            result = self._handler(request).read(request)
        if result is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=result.id,
            properties=to_struct(hidden(result.outputs)),
            inputs=to_struct(mark_secrets(result.inputs, request.inputs)),
        )

    @_clean
    def Update(self, call: Any, context: Any) -> provider_pb2.UpdateResponse:
        request = _request(call, inputs=call.news, old_inputs=call.old_inputs, state=call.olds)
        with _keeping_secrets(request.inputs) as hidden:
            outputs = self._handler(request).update(request)
        return provider_pb2.UpdateResponse(properties=to_struct(hidden(outputs)))

    @_clean
    def Delete(self, call: Any, context: Any) -> empty_pb2.Empty:
        request = _request(call, old_inputs=call.old_inputs, state=call.properties)
        self._handler(request).delete(request)
        return empty_pb2.Empty()

    @_clean
    def Invoke(self, call: Any, context: Any) -> provider_pb2.InvokeResponse:
        try:
            result = self.provider.invoke(call.tok, from_struct(call.args))
        except InvokeFailed as error:
            return provider_pb2.InvokeResponse(failures=_failures(error.failures))
        return provider_pb2.InvokeResponse(**{"return": to_struct(result)})

    def _handler(self, request: Request) -> Handler:
        return self.provider.handler(request.type)


@contextmanager
def _keeping_secrets(*likes: Props) -> Iterator[Callable[[Props], Props]]:
    """A function that makes secret whatever is secret in ``likes``; what an ``InitFailed``
    carries goes through it too."""

    def hidden(props: Props) -> Props:
        return functools.reduce(mark_secrets, likes, props)

    try:
        yield hidden
    except InitFailed as error:
        error.outputs = hidden(error.outputs)
        error.inputs = hidden(error.inputs or {})
        raise


def start(provider: StandinProvider, version: str, engine: str = "") -> tuple[grpc.Server, int]:
    """Start serving on a free loopback port; the server and its port."""
    logging.getLogger("grpc").setLevel(logging.CRITICAL)
    server = grpc.server(ThreadPoolExecutor(max_workers=64), options=_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(
        Servicer(provider, version, engine), server
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port
