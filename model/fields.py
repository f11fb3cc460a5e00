"""The base of every model of a stack file, and the field types they share."""

from __future__ import annotations

import re
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """Strict: unknown keys are errors, nothing is coerced, and a model never changes.

    Keys are camelCase in the file and snake_case in Python. The docstring under each attribute
    is its description in the JSON Schema and in the reference.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        strict=True,
        use_attribute_docstrings=True,
    )


def complain(reason: str, fix: str, *, rule: str = "BH100") -> ValueError:
    """A ValueError for validators that the loader turns into a finding with this reason and fix."""
    return FieldProblem(rule, reason, fix)


class FieldProblem(ValueError):
    """What is wrong with one field: rule id, reason and fix (see `model.findings.Finding`)."""

    def __init__(self, rule: str, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.rule = rule
        self.reason = reason
        self.fix = fix


_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?\Z")
_HUB_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?\Z")
_BYTES = re.compile(r"(\d+(?:\.\d+)?)([KMGT])i?\Z")
_PLACEHOLDER = re.compile(r"<[^<>]*>|\bTODO\b|\bFIXME\b|\bCHANGEME\b|\bxxx+\b", re.IGNORECASE)


def _hub_name(value: str) -> str:
    if not _HUB_NAME.match(value) or len(value) > 63:
        raise complain(
            "it is not a DNS label that starts with a letter.",
            "use a-z, 0-9 and '-', starting with a letter, at most 63 characters.",
            rule="BH001",
        )
    return value


def _label(value: str) -> str:
    if not _LABEL.match(value) or len(value) > 63:
        raise complain(
            "it is not a DNS label.",
            "use a-z, 0-9 and '-', at most 63 characters.",
            rule="BH001",
        )
    return value


def _hostname(value: str) -> str:
    if "://" in value or "/" in value or ":" in value:
        raise complain(
            "it is a URL or has a port; a host name is asked for.",
            "give the host only, such as hub.example.org.",
            rule="BH002",
        )
    if value != value.lower():
        raise complain("it has upper-case letters.", f"write {value.lower()}.", rule="BH002")
    if len(value) > 253 or any(len(label) > 63 for label in value.split(".")):
        raise complain(
            "a label is longer than 63 or the name longer than 253 characters.",
            "choose a shorter name.",
            rule="BH009",
        )
    if "*" in value:
        raise complain("it is a wildcard.", "name one host.", rule="BH002")
    if _PLACEHOLDER.search(value):
        raise complain("a placeholder is left in.", "name your host.", rule="BH070")
    labels = value.split(".")
    if len(labels) < 2 or not all(_LABEL.match(label) for label in labels):
        raise complain(
            "it is not a fully qualified host name.",
            "write labels of a-z, 0-9 and '-' joined by dots, such as hub.example.org.",
            rule="BH002",
        )
    if all(label.isdigit() for label in labels):
        raise complain(
            "it is an address, not a host name.",
            "give a host name; an address belongs to cluster.ingress.address.",
            rule="BH002",
        )
    return value


def _ipv4(value: str) -> str:
    parts = value.split(".")
    if len(parts) != 4 or not all(
        re.match(r"(0|[1-9]\d{0,2})\Z", p) and int(p) < 256 for p in parts
    ):
        raise complain("it is not an IPv4 address.", "write four numbers, such as 203.0.113.10.")
    if int(parts[0]) == 0 or int(parts[0]) >= 224:
        raise complain("it is no address of a host.", "write one such as 203.0.113.10.")
    return value


def _bytes(value: str) -> str:
    match = _BYTES.match(value)
    if not match:
        raise complain(
            "it is not an amount of memory.",
            "write a number with K, M, G or T (powers of 1024), such as 6G.",
        )
    if float(match[1]) == 0:
        # To the spawner, a limit of nothing is no limit.
        raise complain("it is no memory at all.", "write how much it is, or leave the key out.")
    return f"{match[1]}{match[2]}"


def _quantity(value: str) -> str:
    if not re.match(r"\d+(\.\d+)?(Ki|Mi|Gi|Ti|k|M|G|T)?\Z", value):
        raise complain("it is not a Kubernetes quantity.", "write a size such as 15Gi.")
    if not re.search(r"[1-9]", value):
        raise complain("it is nothing at all.", "write a size such as 15Gi, or leave the key out.")
    return value


def _not_empty(value: str) -> str:
    if not value.strip():
        raise complain("it is empty.", "write a value, or leave the key out.", rule="BH102")
    return value


def _no_placeholder(value: str) -> str:
    _not_empty(value)
    if _PLACEHOLDER.search(value):
        raise complain("a placeholder is left in.", "write the real value.", rule="BH070")
    return value


def _https_url(value: str) -> str:
    _no_placeholder(value)
    if not re.match(r"https?://[^/\s?#]+[^\s]*\Z", value):
        raise complain(
            "it is not a URL with a scheme and a host.",
            "write https:// and the host, such as https://example.org/path.",
            rule="BH049",
        )
    if "@" in re.split(r"[/?#]", value.split("://", 1)[1])[0]:
        raise complain(
            "it carries a user or password, which everyone who sees the file can read.",
            "write the address without it; passwords are flat secret keys.",
            rule="BH069",
        )
    return value


def whole(pattern: str, reason: str, fix: str) -> AfterValidator:
    """A validator: the whole text fits `pattern`."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise complain(reason, fix)
        return value

    return AfterValidator(check)


def editor(**keywords: Any) -> Any:
    """JSON Schema keywords beside a validator, so that an editor shows the mistake as well."""
    return Field(json_schema_extra=keywords)


HubName = Annotated[str, AfterValidator(_hub_name)]
Label = Annotated[str, AfterValidator(_label)]
Hostname = Annotated[str, AfterValidator(_hostname)]
IPv4 = Annotated[
    str,
    AfterValidator(_ipv4),
    editor(pattern=r"^([1-9]|[1-9]\d|1\d\d|2[01]\d|22[0-3])(\.\d{1,3}){3}$"),
]
Bytes = Annotated[str, AfterValidator(_bytes), editor(pattern="[1-9]")]
"""Memory as JupyterHub spells it: K, M, G, T are powers of 1024 (`6G` is 6 GiB; `6Gi` is read so too)."""
Quantity = Annotated[str, AfterValidator(_quantity), editor(pattern="[1-9]")]
"""A size as Kubernetes spells it (`15Gi`)."""
Text = Annotated[str, AfterValidator(_no_placeholder)]
"""Non-empty, and no `<placeholder>` left in."""
Html = Annotated[str, AfterValidator(_not_empty)]
"""HTML shown to people; any text that is not empty."""
Url = Annotated[str, AfterValidator(_https_url)]
Count = Annotated[int, Field(ge=0, le=100_000)]
Positive = Annotated[int, Field(ge=1, le=100_000)]
Seconds = Annotated[int, Field(ge=1, le=31_536_000)]
Cpu = Annotated[float, Field(gt=0, le=1024, strict=False)]

_FACTORS = {"K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


def to_bytes(amount: str) -> int:
    """Bytes of a `Bytes` amount (`6G` -> 6442450944)."""
    match = _BYTES.match(amount)
    if not match:
        raise ValueError(f"not an amount of memory: {amount!r}")
    return int(float(match[1]) * _FACTORS[match[2]])


def kind_of(model: type[Model]) -> str:
    """The `kind` that chooses a model of a union."""
    kind: str = get_args(model.model_fields["kind"].annotation)[0]
    return kind


def by_kind(union: Any) -> dict[str, Any]:
    """The models of a union by their `kind`."""
    return {kind_of(model): model for model in get_args(union)}


def defaults(model: type[Model]) -> Any:
    """A field that is the model with all its defaults when it is left out."""
    return Field(default_factory=model)
