"""A hub's releases as text: what `render` prints and `diff` compares. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from model.hub import Hub
from model.secrets import Secret
from values.releases import ReleasePlan, releases
from values.render import to_yaml

_HEAD = re.compile(r"^---\n# (?P<name>[a-z0-9-]+): (?P<chart>.*)\n", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """One release: `chart` is one line about the chart, `body` its values as YAML."""

    name: str
    chart: str
    body: str
    plan: ReleasePlan | None = None

    def text(self) -> str:
        """One YAML document with a comment on top."""
        return f"---\n# {self.name}: {self.chart}\n{self.body}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON; only of a release that was rendered here, not of one that was parsed."""
        assert self.plan
        return {
            "name": self.name,
            "chart": self.plan.chart,
            "version": self.plan.version,
            "repository": self.plan.repository,
            "secrets": list(self.plan.secrets),
            "values": plain(self.plan.values),
        }


def render(hub: Hub, secrets_set: frozenset[str]) -> list[Rendered]:
    """Every release of a hub, in the order of installation."""
    return [
        Rendered(
            name=plan.name,
            chart=f"{plan.repository} {plan.chart} {plan.version or '(own version)'}"
            if plan.repository
            else f"{plan.chart} {plan.version or '(own version)'}",
            body=to_yaml(plan.values),
            plan=plan,
        )
        for plan in releases(hub, secrets_set)
    ]


def parse(text: str) -> list[Rendered]:
    """What `hubctl render` printed, of this or an older revision."""
    heads = list(_HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [
        Rendered(name=head["name"], chart=head["chart"], body=text[head.end() : end])
        for head, end in zip(heads, ends, strict=True)
    ]


def plain(values: Any) -> Any:
    """Values in which each secret is its placeholder, `<secret:NAME>`."""
    match values:
        case Secret():
            return str(values)
        case dict():
            return {key: plain(value) for key, value in values.items()}
        case list():
            return [plain(value) for value in values]
    return values
