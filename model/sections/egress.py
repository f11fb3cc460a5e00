"""`user.egress`: what servers may reach beside the internet, as in a Kubernetes NetworkPolicy."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from model.fields import Model, complain


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        raise complain(
            "it is not a network in CIDR notation.",
            "write an address and its length with no bits beyond it, such as 10.1.2.3/32.",
        ) from None
    return value


Network = Annotated[str, AfterValidator(_network)]
Port = Annotated[int, Field(ge=1, le=65_535)]


class IpBlock(Model):
    """A range of addresses."""

    cidr: Network
    """The range, such as 10.1.2.3/32."""
    exclude: Annotated[list[Network], Field(alias="except", default_factory=list)]
    """Ranges inside it that stay closed."""


class Requirement(Model):
    """A requirement on one label."""

    key: str
    """Label."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    """How it is compared."""
    values: list[str] = Field(default_factory=list)
    """Values for In and NotIn."""


class Selector(Model):
    """A Kubernetes label selector; an empty one selects everything."""

    match_labels: dict[str, str] = Field(default_factory=dict)
    """Labels that are all there."""
    match_expressions: list[Requirement] = Field(default_factory=list)
    """Requirements that all hold."""

    @property
    def everything(self) -> bool:
        """Whether nothing is asked."""
        return not self.match_labels and not self.match_expressions


class Peer(Model):
    """One destination: a range of addresses, or pods by their labels."""

    ip_block: IpBlock | None = None
    """A range of addresses."""
    namespace_selector: Selector | None = None
    """Namespaces of the pods; the hub's own when left out."""
    pod_selector: Selector | None = None
    """Pods; all of the namespaces when left out."""

    @model_validator(mode="after")
    def _one_kind(self) -> Peer:
        pods = self.namespace_selector is not None or self.pod_selector is not None
        if (self.ip_block is not None) == pods:
            raise complain(
                "a destination is either a range of addresses or pods.",
                "write ipBlock, or namespaceSelector and podSelector.",
            )
        return self


class EgressPort(Model):
    """A port, or a range of them."""

    port: Port | str | None = None
    """Number or name; every port when left out."""
    end_port: Port | None = None
    """Last port of a range."""
    protocol: Literal["TCP", "UDP", "SCTP"] = "TCP"
    """Protocol."""


class Egress(Model):
    """Destinations and the ports there."""

    model_config = ConfigDict(title="EgressRule")

    to: Annotated[list[Peer], Field(min_length=1)]
    """Destinations."""
    ports: list[EgressPort] = Field(default_factory=list)
    """Ports; every port when left out."""

    def as_policy(self) -> dict[str, Any]:
        """As Kubernetes spells it."""
        return self.model_dump(by_alias=True, exclude_unset=True)
