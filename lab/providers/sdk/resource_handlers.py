"""What the cloud stand-ins share: one handler per resource type, and the provider around them.

``CloudHandler`` does what is the same for all types: input names and types against the SDK,
generated names, replacement as the official provider does it, previews that touch nothing,
records of what exists. A type adds its own rules and requests; values reach these without
``SecretValue`` wrappers, and the server marks outputs secret wherever the input of that path was.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, TypeVar

from lab.providers.sdk import sdk_inputs
from lab.providers.sdk import seed as seeds
from lab.providers.sdk.property_diff import DiffResult, diff_props
from lab.providers.sdk.property_values import UNKNOWN, Props, has_unknowns, reveal, secret
from lab.providers.sdk.provider import (
    CheckFailure,
    Handler,
    InvokeFailed,
    ReadResult,
    Request,
    StandinError,
    StandinProvider,
)
from lab.providers.sdk.records import Records
from lab.providers.sdk.replacements import REPLACEMENTS

DEFAULTS = "__defaults"
"""Input that lists the properties a check filled in; the official bridged providers use it."""


@dataclass(kw_only=True)
class CloudContext:
    """Shared by the handlers and lookups of one provider process."""

    seed: seeds.CloudSeed
    records: Records


Context = TypeVar("Context", bound=CloudContext)


class CloudHandler(Handler, Generic[Context]):
    """One resource type of a cloud."""

    kind: ClassVar[str]
    """Type token, ``gcp:container/nodePool:NodePool``."""
    computed: ClassVar[tuple[str, ...]] = ()
    """Outputs that are unknown until the resource exists."""
    chosen: ClassVar[tuple[str, ...]] = ()
    """Inputs that the cloud chooses when they are left out, and keeps when they go (Optional and
    Computed upstream)."""
    sets: ClassVar[tuple[str, ...]] = ()
    """Top-level or one level deep lists whose order does not matter."""
    names: ClassVar[tuple[str, ...]] = ()
    """The name property, and those that take its place (a prefix), for generated names."""
    name_limit: ClassVar[int] = 63
    secret_outputs: ClassVar[tuple[str, ...]] = ()
    covered: ClassVar[tuple[str, ...] | None] = None
    """Inputs that the stand-in translates, None for all that the SDK declares."""

    def __init__(self, context: Context) -> None:
        self.context = context

    # What a type says of itself

    def defaults(self, inputs: Props) -> Props:
        """Inputs that the official provider fills in when they are absent."""
        return {}

    def problems(self, inputs: Props) -> Iterator[CheckFailure]:
        """What is wrong with these values; ``UNKNOWN`` may be anywhere."""
        yield from ()

    @abstractmethod
    def make(self, inputs: Props) -> tuple[str, Props]:
        """Make it: id and computed outputs (inputs are added)."""

    def change(self, id: str, old: Props, olds: Props, new: Props) -> Props:
        """Change it; returns computed outputs."""
        raise NotImplementedError

    def recomputed(self, old: Props, olds: Props, new: Props) -> tuple[str, ...]:
        """Outputs that this update will change in a way only the cloud knows."""
        return ()

    def exists(self, id: str, inputs: Props) -> bool:
        """Whether the cloud still has it, given that there is a record."""
        return True

    def remove(self, id: str, inputs: Props, olds: Props) -> None:
        """Remove it; being gone already is success."""

    def effective(self, inputs: Props, olds: Props | None) -> Props:
        """Outputs that follow from inputs and provider settings, compared in every diff.

        ``olds`` is the state, None while there is none."""
        return {}

    # What the engine asks

    def check(self, request: Request) -> tuple[Props, list[CheckFailure]]:
        plain = reveal(request.inputs)
        failures = sdk_inputs.check_inputs(self.kind, plain)
        if self.covered is not None:
            package = self.kind.partition(":")[0]
            declared = sdk_inputs.names(sdk_inputs.args_class(self.kind))
            failures += [
                CheckFailure(key, f"the stand-in for {package} does not translate this one")
                for key, value in plain.items()
                if value is not None and key in declared.difference(self.covered)
            ]
        added = self._generated_name(request, plain)
        for key, value in self.defaults({**plain, **added}).items():
            if plain.get(key) is None and value is not None:
                added[key] = value
        if not failures:
            failures = list(self.problems({**plain, **added}))
        marks = {DEFAULTS: sorted(added)} if added else {}
        return {**request.inputs, **added, **marks}, failures

    def _generated_name(self, request: Request, new: Props) -> Props:
        if not self.names or any(new.get(name) is not None for name in self.names):
            return {}
        name, old = self.names[0], reveal(request.old_inputs)
        if name in old.get(DEFAULTS, ()):
            return {name: old[name]}
        return {name: f"{request.name[: self.name_limit - 8]}-{secrets.token_hex(4)[:7]}"}

    def diff(self, request: Request) -> DiffResult:
        row, olds = REPLACEMENTS[self.kind], request.state
        effective = self.effective(reveal(request.inputs), reveal(olds))
        news = {**self._kept(request.old_inputs), **request.inputs}
        result = diff_props(
            {**self.ordered(request.old_inputs), **{k: reveal(olds.get(k)) for k in effective}},
            {**self.ordered(news), **effective},
            replace_on=row.by,
            ignore=[*request.ignore, DEFAULTS],
        )
        # Two of the same given name cannot exist side by side.
        given = row.named in news and row.named not in news.get(DEFAULTS, ())
        return replace(result, delete_before_replace=bool(result.replaces) and (row.first or given))

    def create(self, request: Request) -> tuple[str, Props]:
        plain = _plain(request.inputs)
        if request.preview:
            unknown = dict.fromkeys(self.computed, UNKNOWN)
            return "", self._marked({**unknown, **self.effective(plain, None), **plain})
        return self.make_recorded(reveal(request.inputs), None)

    def make_recorded(self, inputs: Props, olds: Props | None) -> tuple[str, Props]:
        """Make it from plain inputs and record it: id and outputs."""
        id, outputs = self.make(_plain(inputs))
        return id, self._recorded(id, inputs, olds, outputs)

    def update(self, request: Request) -> Props:
        old, olds = _plain(request.old_inputs), reveal(request.state)
        new = {**self._kept(old), **_plain(request.inputs)}
        kept = {key: olds[key] for key in self.computed if key in olds}
        if request.preview:
            unknown = dict.fromkeys(self.recomputed(old, olds, new), UNKNOWN)
            return self._marked({**kept, **unknown, **self.effective(new, olds), **new})
        outputs = self.change(request.id, old, olds, new)
        return self._recorded(request.id, reveal(request.inputs), olds, {**kept, **outputs})

    def read(self, request: Request) -> ReadResult | None:
        record = self.context.records.get(self.kind, request.id)
        if record is None or not self.exists(request.id, _plain(record["inputs"])):
            return None
        # Secret outputs are not recorded, so those of the state are kept.
        kept = {k: v for k, v in request.state.items() if k in self.secret_outputs}
        outputs = self._marked({**record["outputs"], **kept})
        return ReadResult(id=request.id, outputs=outputs, inputs=record["inputs"])

    def delete(self, request: Request) -> None:
        inputs = _plain(request.old_inputs) or _plain(request.state)
        self.remove(request.id, inputs, reveal(request.state))
        self.context.records.remove(self.kind, request.id)

    def _recorded(self, id: str, inputs: Props, olds: Props | None, outputs: Props) -> Props:
        plain = _plain(inputs)
        full = {**outputs, **self.effective(plain, olds), **plain}
        kept = {key: value for key, value in full.items() if key not in self.secret_outputs}
        self.context.records.put(self.kind, id, inputs, kept)
        return self._marked(full)

    def _marked(self, outputs: Props) -> Props:
        return {k: secret(v) if k in self.secret_outputs else v for k, v in outputs.items()}

    def _kept(self, old: Props) -> Props:
        return {key: old[key] for key in self.chosen if key in old}

    def ordered(self, inputs: Props) -> Props:
        """Plain inputs with unordered lists in a fixed order, for comparing."""
        plain = _plain(inputs)
        for path in self.sets:
            *parents, last = path.split(".")
            holder: Any = plain
            for parent in parents:
                holder = holder.get(parent) if isinstance(holder, Mapping) else None
            if isinstance(holder, dict) and isinstance(holder.get(last), list):
                # Keys come over the wire in any order.
                holder[last].sort(key=lambda item: json.dumps(item, default=str, sort_keys=True))
        return plain


class CloudProvider(StandinProvider, Generic[Context]):
    """A provider made of handlers and lookups, which are there from the first question on."""

    types: ClassVar[tuple[type[CloudHandler[Any]], ...]]
    lookups: ClassVar[Mapping[str, Callable[[Any, Props], Props]]]
    """Answer by token: a function of the context and the arguments."""

    def __init__(self) -> None:
        super().__init__()
        self.settings: Props = {}
        self._lock = threading.Lock()
        self._context: Context | None = None
        self._handlers: dict[str, CloudHandler[Context]] = {}

    @abstractmethod
    def open(self, seed: seeds.CloudSeed, records: Records) -> Context:
        """What handlers need to know, from the seed and the provider's settings."""

    def check_config(self, request: Request) -> tuple[Props, list[CheckFailure]]:
        declared = sdk_inputs.names(sdk_inputs.provider_class(self.name))
        declared |= {"version", "pluginDownloadURL"}
        failures = [
            CheckFailure(key, f"the {self.name} provider has no such setting")
            for key in request.inputs
            if key not in declared and not key.startswith("__")
        ]
        return request.inputs, failures

    def configure(self, args: Props) -> None:
        plain = reveal(args)
        self.settings = {k: v for k, v in plain.items() if v not in (None, UNKNOWN)}

    def setting(self, key: str, *variables: str) -> str | None:
        """A text of the settings, else of the first environment variable that is set."""
        if self.settings.get(key):
            return str(self.settings[key])
        return next((os.environ[name] for name in variables if os.environ.get(name)), None)

    def context(self) -> Context:
        """Reads the seed once, and makes what it says to exist already."""
        with self._lock:
            if self._context is None:
                path = seeds.seed_file()
                seed = seeds.load(path)
                records = Records(seeds.records_dir(path) / f"{self.name}.json")
                context = self.open(seed, records)
                self._handlers = {type.kind: type(context) for type in self.types}
                if not records.path.exists():
                    self._make_existing(seed)
                self._context = context
            return self._context

    def _make_existing(self, seed: seeds.CloudSeed) -> None:
        for item in seed.existing:
            if handler := self._handlers.get(item.type):
                handler.make_recorded({**handler.defaults(item.inputs), **item.inputs}, {})

    def handler(self, type: str) -> CloudHandler[Context]:
        self.context()
        if type not in self._handlers:
            raise StandinError(self.not_known(type))
        return self._handlers[type]

    def invoke(self, token: str, args: Props) -> Props:
        context = self.context()
        if token not in self.lookups:
            raise StandinError(self.not_known(token))
        plain = {key: value for key, value in reveal(args).items() if value is not None}
        if failures := sdk_inputs.check_arguments(token, plain):
            raise InvokeFailed(failures)
        if has_unknowns(plain):
            raise StandinError(f"{token}: an argument is not known yet")
        return self.lookups[token](context, plain)


def _plain(inputs: Props) -> Props:
    """Inputs without nulls at the top, secrets and the ``__defaults`` mark."""
    return {
        key: value
        for key, value in reveal(inputs).items()
        if value is not None and not key.startswith("__")
    }


def unknown_free(value: Any) -> Any:
    """A copy without unknown leaves: dropped from objects and lists alike."""
    if isinstance(value, Mapping):
        return {k: unknown_free(v) for k, v in value.items() if v is not UNKNOWN}
    if isinstance(value, list):
        return [unknown_free(item) for item in value if item is not UNKNOWN]
    return value
