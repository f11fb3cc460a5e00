"""What every AWS handler needs: the seed, the cloud, the provider's settings."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lab.providers.aws import shapes
from lab.providers.aws.cloud import SimulatedAws, journal_of
from lab.providers.sdk.property_values import UNKNOWN, Props, has_unknowns
from lab.providers.sdk.provider import CheckFailure, StandinError
from lab.providers.sdk.resource_handlers import CloudContext, CloudHandler, unknown_free
from lab.providers.sdk.seed import AwsSeed

Call = tuple[str, str, dict[str, Any]]
"""Service, operation, parameters."""


@dataclass(kw_only=True)
class AwsContext(CloudContext):
    """Shared by the handlers of one provider process; the cloud starts when first used."""

    region: str
    default_tags: dict[str, str] = field(default_factory=dict)
    _cloud: SimulatedAws | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def aws(self) -> AwsSeed:
        """The seed's AWS part."""
        if self.seed.aws is None:
            raise StandinError("the lab's seed has no `aws` part: no AWS account exists in it")
        return self.seed.aws

    @property
    def cloud(self) -> SimulatedAws:
        """The moto server, started or found on first use."""
        with self._lock:
            if self._cloud is None:
                journal = journal_of(self.records.path.parent)
                self._cloud = SimulatedAws(self.aws, self.region, journal)
            return self._cloud


class AwsHandler(CloudHandler[AwsContext]):
    """A type that one request creates, which is checked in a preview too."""

    tagged = False
    regional = False
    creation: ClassVar[tuple[str, str]]
    """Service and operation of that request."""
    passed_on: ClassVar[Mapping[str, str]] = {}
    """Input -> parameter of that request, where the value is passed on as it is."""

    @property
    def cloud(self) -> SimulatedAws:
        """Where requests go."""
        return self.context.cloud

    def problems(self, inputs: Props) -> Iterator[CheckFailure]:
        region = inputs.get("region")
        if isinstance(region, str) and region != self.context.region:
            reason = f"the stand-in works in the provider's region only ({self.context.region})"
            yield CheckFailure("region", reason)
        yield from self.rules(inputs)
        plain = unknown_free(inputs)
        partial = has_unknowns(inputs)
        yield from shapes.check(*self.creation, self.parameters(plain), partial=partial)

    def rules(self, inputs: Props) -> Iterator[CheckFailure]:
        """Rules for values that the service description does not state."""
        yield from ()

    def parameters(self, inputs: Props) -> dict[str, Any]:
        """Of the request that creates it; some inputs may be missing."""
        return {self.passed_on[key]: inputs[key] for key in inputs if key in self.passed_on}

    def send(self, inputs: Props) -> dict[str, Any]:
        """Make the request that creates it."""
        return self.cloud.change(*self.creation, **self.parameters(inputs))

    def removal(self, id: str, inputs: Props) -> Call:
        """The request that removes it."""
        raise NotImplementedError

    def remove(self, id: str, inputs: Props, olds: Props) -> None:
        if self.exists(id, inputs):
            service, operation, parameters = self.removal(id, inputs)
            self.cloud.change(service, operation, **parameters)

    def effective(self, inputs: Props, olds: Props | None) -> Props:
        out: Props = {"region": self.context.region} if self.regional else {}
        if self.tagged:
            own = inputs.get("tags") or {}
            out["tagsAll"] = UNKNOWN if own is UNKNOWN else {**self.context.default_tags, **own}
        return out

    def tags(self, inputs: Mapping[str, Any]) -> dict[str, str]:
        """All tags: the provider's default ones and the resource's."""
        return {**self.context.default_tags, **(inputs.get("tags") or {})}

    def retagged(self, olds: Props, new: Props) -> tuple[list[str], dict[str, str]]:
        """Keys to take away, and all tags to set when they are not as before."""
        before, after = olds.get("tagsAll") or {}, self.tags(new)
        return sorted(before.keys() - after), after if after != before else {}
