"""A stand-in provider made of one ``Handler`` per resource type.

``HandledProvider`` does what is the same for all of them: input names and types against the
SDK, generated names, replacement as the official provider does it, previews that touch
nothing, records of what exists. A handler adds the type's own rules and requests.

Values reach handlers without ``Secret`` wrappers; the server around marks outputs secret
wherever the input of that path was.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from lab.providers.sdk import sdk_inputs
from lab.providers.sdk.provider import (
    UNKNOWN,
    CheckFailure,
    DiffResult,
    InvokeFailed,
    Props,
    ReadResult,
    Resource,
    StandinError,
    StandinProvider,
    diff_props,
    has_unknowns,
    reveal,
    secret,
)
from lab.providers.sdk.records import Records
from lab.providers.sdk.replacements import REPLACEMENTS
from lab.providers.sdk.seed import CloudSeed

DEFAULTS = "__defaults"
"""Input that lists the properties a check filled in; the official bridged providers use it."""


class Handler:
    """One resource type."""

    kind: ClassVar[str]
    """Type token, ``gcp:container/nodePool:NodePool``."""
    args: ClassVar[str]
    """SDK class of the inputs, ``pulumi_gcp.container:NodePoolArgs``."""
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
    covered: ClassVar[frozenset[str] | None] = None
    """Inputs that the stand-in translates, None for all that the SDK declares."""

    def defaults(self, inputs: Props) -> Props:
        """Inputs that the official provider fills in when they are absent."""
        return {}

    def problems(self, inputs: Props) -> Iterator[CheckFailure]:
        """What is wrong with these values; ``UNKNOWN`` may be anywhere."""
        yield from ()

    def create(self, inputs: Props) -> tuple[str, Props]:
        """Make it: id and computed outputs (inputs are added)."""
        raise NotImplementedError

    def update(self, id: str, old: Props, olds: Props, new: Props) -> Props:
        """Change it; returns computed outputs."""
        raise NotImplementedError

    def recomputed(self, old: Props, olds: Props, new: Props) -> tuple[str, ...]:
        """Outputs that this update will change in a way only the cloud knows."""
        return ()

    def exists(self, id: str, inputs: Props) -> bool:
        """Whether the cloud still has it, given that there is a record."""
        return True

    def delete(self, id: str, inputs: Props, olds: Props) -> None:
        """Remove it; being gone already is success."""

    def effective(self, inputs: Props, olds: Props | None) -> Props:
        """Outputs that follow from inputs and provider settings, compared in every diff.

        ``olds`` is the state, None while there is none."""
        return {}


class HandledProvider(StandinProvider):
    """A provider made of handlers and look-ups; subclasses fill both in ``open``."""

    config_class: ClassVar[str]
    """SDK class of the provider's own settings."""

    def __init__(self) -> None:
        super().__init__()
        self.handlers: dict[str, Handler] = {}
        self.lookups: dict[str, tuple[str, Callable[[Props], Props]]] = {}
        self.records: Records | None = None

    # Configuration

    def check_config(self, olds: Props, news: Props) -> tuple[Props, list[CheckFailure]]:
        declared = sdk_inputs.names(self.config_class) | {
            "version",
            "pluginDownloadURL",
        }
        failures = [
            CheckFailure(key, f"the {self.name} provider has no such setting")
            for key in news
            if key not in declared and not key.startswith("__")
        ]
        return news, failures

    def configure(self, args: Props) -> None:
        plain = reveal(args)
        self.configured(
            {key: value for key, value in plain.items() if value not in (None, UNKNOWN)}
        )

    def configured(self, settings: Props) -> None:
        """Take plain settings; structured ones are still JSON text."""

    # Resources

    def handler(self, type: str) -> Handler:
        """The handler of a type token, opening the provider when that is not done yet."""
        self.open()
        try:
            return self.handlers[type]
        except KeyError:
            raise StandinError(self.not_known(type)) from None

    def open(self) -> None:
        """Fill ``handlers``, ``lookups`` and ``records`` once."""

    def check(
        self, resource: Resource, olds: Props, news: Props
    ) -> tuple[Props, list[CheckFailure]]:
        handler = self.handler(resource.type)
        plain, old = reveal(news), reveal(olds)
        failures = sdk_inputs.check_inputs(handler.args, plain)
        if handler.covered is not None:
            failures += [
                CheckFailure(key, f"the stand-in for {self.name} does not translate this one")
                for key, value in plain.items()
                if value is not None
                and key not in handler.covered
                and key in sdk_inputs.names(handler.args)
            ]
        added = self._generated_name(handler, resource, old, plain)
        for key, value in handler.defaults({**plain, **added}).items():
            if plain.get(key) is None and value is not None:
                added[key] = value
        if not failures:
            failures = list(handler.problems({**plain, **added}))
        marks = {DEFAULTS: sorted(added)} if added else {}
        return {**news, **added, **marks}, failures

    def _generated_name(
        self, handler: Handler, resource: Resource, old: Props, new: Props
    ) -> Props:
        if not handler.names or any(new.get(name) is not None for name in handler.names):
            return {}
        name = handler.names[0]
        if name in old.get(DEFAULTS, ()):
            return {name: old[name]}
        return {name: f"{resource.name[: handler.name_limit - 8]}-{secrets.token_hex(4)[:7]}"}

    def diff(
        self,
        resource: Resource,
        id: str,
        old_inputs: Props,
        olds: Props,
        news: Props,
        ignore_changes: list[str],
    ) -> DiffResult:
        handler = self.handler(resource.type)
        row = REPLACEMENTS[handler.kind]
        effective = handler.effective(reveal(news), reveal(olds))
        news = {**_kept(handler, old_inputs), **news}
        result = diff_props(
            {
                **_ordered(handler, old_inputs),
                **{k: reveal(olds.get(k)) for k in effective},
            },
            {**_ordered(handler, news), **effective},
            replace_on=row.by,
            ignore=[*ignore_changes, DEFAULTS],
        )
        # Two of the same given name cannot exist side by side.
        given = row.named in news and row.named not in news.get(DEFAULTS, ())
        return DiffResult(
            changes=result.changes,
            replaces=result.replaces,
            detailed=result.detailed,
            delete_before_replace=bool(result.replaces) and (row.first or given),
        )

    def create(
        self, resource: Resource, inputs: Props, preview: bool, timeout: float | None
    ) -> tuple[str, Props]:
        handler = self.handler(resource.type)
        plain = _plain(inputs)
        if preview:
            unknown = dict.fromkeys(handler.computed, UNKNOWN)
            return "", self._mark(handler, {**unknown, **handler.effective(plain, None), **plain})
        id, outputs = handler.create(plain)
        return id, self._remember(handler, id, reveal(inputs), None, outputs)

    def update(
        self,
        resource: Resource,
        id: str,
        old_inputs: Props,
        olds: Props,
        news: Props,
        preview: bool,
        timeout: float | None,
    ) -> Props:
        handler = self.handler(resource.type)
        new = {**_kept(handler, _plain(old_inputs)), **_plain(news)}
        kept = {key: reveal(olds[key]) for key in handler.computed if key in olds}
        if preview:
            changed = handler.recomputed(_plain(old_inputs), reveal(olds), new)
            unknown = dict.fromkeys(changed, UNKNOWN)
            effective = handler.effective(new, reveal(olds))
            return self._mark(handler, {**kept, **unknown, **effective, **new})
        outputs = handler.update(id, _plain(old_inputs), reveal(olds), new)
        return self._remember(handler, id, reveal(news), reveal(olds), {**kept, **outputs})

    def read(self, resource: Resource, id: str, inputs: Props, olds: Props) -> ReadResult | None:
        handler = self.handler(resource.type)
        assert self.records is not None
        record = self.records.get(handler.kind, id)
        if record is None or not handler.exists(id, _plain(record["inputs"])):
            return None
        # Secret outputs are not recorded, so those of the state are kept.
        kept = {k: v for k, v in olds.items() if k in handler.secret_outputs}
        outputs = self._mark(handler, {**record["outputs"], **kept})
        return ReadResult(id=id, outputs=outputs, inputs=record["inputs"])

    def delete(
        self,
        resource: Resource,
        id: str,
        old_inputs: Props,
        olds: Props,
        timeout: float | None,
    ) -> None:
        handler = self.handler(resource.type)
        assert self.records is not None
        handler.delete(id, _plain(old_inputs) or _plain(olds), reveal(olds))
        self.records.remove(handler.kind, id)

    def _remember(
        self, handler: Handler, id: str, inputs: Props, olds: Props | None, outputs: Props
    ) -> Props:
        assert self.records is not None
        plain = _plain(inputs)
        full = {
            **outputs,
            **handler.effective(plain, olds),
            **plain,
        }
        kept = {key: value for key, value in full.items() if key not in handler.secret_outputs}
        self.records.put(handler.kind, id, inputs, kept)
        return self._mark(handler, full)

    def _mark(self, handler: Handler, outputs: Props) -> Props:
        return {
            key: secret(value) if key in handler.secret_outputs else value
            for key, value in outputs.items()
        }

    # What exists from the start

    def make_existing(self, seed: CloudSeed) -> None:
        """Create the seed's resources of this provider, as somebody else would have."""
        assert self.records is not None
        for item in seed.existing:
            if item.type in self.handlers:
                handler = self.handlers[item.type]
                inputs = {**handler.defaults(item.inputs), **item.inputs}
                id, outputs = handler.create(_plain(inputs))
                self._remember(handler, id, inputs, {}, outputs)

    # Look-ups

    def invoke(self, token: str, args: Props, preview: bool) -> Props:
        self.open()
        if token not in self.lookups:
            raise StandinError(self.not_known(token))
        where, answer = self.lookups[token]
        plain = {key: value for key, value in reveal(args).items() if value is not None}
        failures = sdk_inputs.check_arguments(where, plain)
        if failures:
            raise InvokeFailed(failures)
        if has_unknowns(plain):
            raise StandinError(f"{token}: an argument is not known yet")
        return answer(plain)


def json_setting(settings: Mapping[str, Any], key: str) -> Any:
    """A structured provider setting, which arrives as JSON text; None when unset."""
    value = settings.get(key)
    return json.loads(value) if isinstance(value, str) and value else value


def _plain(inputs: Props) -> Props:
    """Inputs without nulls at the top, secrets and the ``__defaults`` mark."""
    return {
        key: value
        for key, value in reveal(inputs).items()
        if value is not None and not key.startswith("__")
    }


def _kept(handler: Handler, old: Props) -> Props:
    return {key: old[key] for key in handler.chosen if key in old}


def _ordered(handler: Handler, inputs: Props) -> Props:
    """Inputs with unordered lists in a fixed order, for comparing."""
    plain = _plain(inputs)
    for path in handler.sets:
        *parents, last = path.split(".")
        holder: Any = plain
        for parent in parents:
            holder = holder.get(parent) if isinstance(holder, Mapping) else None
        if isinstance(holder, dict) and isinstance(holder.get(last), list):
            # Keys come over the wire in any order.
            holder[last] = sorted(
                holder[last], key=lambda item: json.dumps(item, default=str, sort_keys=True)
            )
    return plain


def unknown_free(value: Any) -> Any:
    """A copy without unknown leaves: dropped from objects and lists alike."""
    if isinstance(value, Mapping):
        return {k: unknown_free(v) for k, v in value.items() if v is not UNKNOWN}
    if isinstance(value, list):
        return [unknown_free(item) for item in value if item is not UNKNOWN]
    return value
