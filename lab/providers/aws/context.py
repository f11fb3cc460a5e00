"""What every AWS handler needs: the seed, the cloud, the provider's settings."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.providers.aws import shapes
from lab.providers.aws.cloud import SimulatedAws, journal_of
from lab.providers.sdk.property_values import UNKNOWN, Props, has_unknowns
from lab.providers.sdk.provider import CheckFailure, StandinError
from lab.providers.sdk.resource_handlers import CloudContext, CloudHandler, unknown_free
from lab.providers.sdk.seed import AwsSeed

Request = tuple[str, str, dict[str, Any]]
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
    """A handler with the context, tags and the check of its create request."""

    tagged = False
    regional = False

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
        for service, operation, parameters in self.requests(plain):
            yield from shapes.check(service, operation, parameters, partial=partial)

    def rules(self, inputs: Props) -> Iterator[CheckFailure]:
        """Rules for values that the service description does not state."""
        yield from ()

    def requests(self, inputs: Props) -> list[Request]:
        """The requests that creating it starts with; some inputs may be missing."""
        return []

    def effective(self, inputs: Props, olds: Props | None) -> Props:
        out: Props = {"region": self.context.region} if self.regional else {}
        if self.tagged:
            own = inputs.get("tags") or {}
            out["tagsAll"] = UNKNOWN if own is UNKNOWN else {**self.context.default_tags, **own}
        return out

    def tags(self, inputs: Mapping[str, Any]) -> dict[str, str]:
        """All tags: the provider's default ones and the resource's."""
        return {**self.context.default_tags, **(inputs.get("tags") or {})}
