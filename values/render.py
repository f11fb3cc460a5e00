"""Values as text for people and diffs: the same bytes every time, secrets as `<secret:NAME>`."""

from __future__ import annotations

from typing import Any

import yaml

from model.secrets import Secret


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Own class, so that the representers below stay ours."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
_Dumper.add_multi_representer(
    Secret, lambda dumper, secret: dumper.represent_scalar("tag:yaml.org,2002:str", str(secret))
)


def to_yaml(values: Any) -> str:
    """YAML with sorted keys and block texts."""
    out: str = yaml.dump(values, Dumper=_Dumper, sort_keys=True, allow_unicode=True, width=100)
    return out
