"""What every GCP handler needs: the seed, the records, and the provider's settings."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from lab.providers.gcp import discovery
from lab.providers.sdk.property_values import UNKNOWN, Props
from lab.providers.sdk.provider import CheckFailure, StandinError
from lab.providers.sdk.resource_handlers import CloudContext, CloudHandler, unknown_free
from lab.providers.sdk.seed import GcpSeed

ATTRIBUTION: Final = "goog-pulumi-provisioned"
"""The label by which the provider marks what it made."""


@dataclass(kw_only=True)
class GcpContext(CloudContext):
    """Shared by the handlers of one provider process."""

    project: str | None = None
    region: str | None = None
    zone: str | None = None
    default_labels: dict[str, str] = field(default_factory=dict)
    attribution: str | None = "CREATION_ONLY"
    """When resources get ATTRIBUTION; None for never."""

    @property
    def gcp(self) -> GcpSeed:
        """The seed's Google part."""
        if self.seed.gcp is None:
            raise StandinError(
                "the lab's seed has no `gcp` part, so no Google project exists in it"
            )
        return self.seed.gcp

    def known_project(self, project: str) -> None:
        """Raise unless this project exists."""
        if project not in (self.gcp.project, self.gcp.number, *self.gcp.other_projects):
            raise StandinError(
                f"project {project!r} does not exist in the lab (403); there is {self.gcp.project!r}"
            )


class GcpHandler(CloudHandler[GcpContext]):
    """A handler with the context and the defaults that all types share."""

    creation: ClassVar[tuple[str, str]]
    """API and method of the request that creates it."""
    has_location = False
    has_project = True
    labelled = False

    def defaults(self, inputs: Props) -> Props:
        filled: Props = {}
        if self.has_project:
            filled["project"] = self.context.project
        if self.has_location:
            filled["location"] = self.context.region or self.context.zone
        return filled

    def problems(self, inputs: Props) -> Iterator[CheckFailure]:
        for key, wanted in (("project", self.has_project), ("location", self.has_location)):
            if wanted and inputs.get(key) is None:
                reason = f"required: set it here or on the provider ({key})"
                yield CheckFailure(key, reason)
        yield from self.rules(inputs)
        yield from discovery.check(*self.creation, self.body(unknown_free(inputs)))

    def rules(self, inputs: Props) -> Iterator[CheckFailure]:
        """Rules for values."""
        yield from ()

    @abstractmethod
    def body(self, inputs: Props) -> dict[str, Any]:
        """Of the request that creates it; some inputs may be missing."""

    def effective(self, inputs: Props, olds: Props | None) -> Props:
        if not self.labelled:
            return {}
        # As the official provider: its default labels, its own mark, then the resource's. The mark
        # comes with creation and then stays; google-beta/tpgresource/labels.go (replacements.py).
        had = olds is None or ATTRIBUTION in (olds.get("effectiveLabels") or {})
        marked = self.context.attribution == "PROACTIVE" or (self.context.attribution and had)
        mark = {ATTRIBUTION: "true"} if marked else {}
        own = inputs.get("labels") or {}
        if own is UNKNOWN:
            return {"pulumiLabels": UNKNOWN, "effectiveLabels": UNKNOWN}
        both = {**self.context.default_labels, **mark, **own}
        return {"pulumiLabels": both, "effectiveLabels": both}

    def must_be_new(self, id: str, what: str) -> None:
        """Raise when there is a record with this id: the API answers 409."""
        if self.context.records.get(self.kind, id) is not None:
            raise StandinError(
                f"{what} {id} already exists (409): import it by this id, or choose another name"
            )
