"""Rules for values that do not depend on the cloud; they pass over what is not known yet."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any, Final

from lab.providers.sdk.property_values import UNKNOWN

# kubernetes.io/docs/concepts/overview/working-with-objects/labels
NAME_PART: Final = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_PREFIX = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
NODE_LABEL_KEY: Final = re.compile(rf"({_PREFIX}/)?{NAME_PART}")
NODE_LABEL_VALUE: Final = re.compile(rf"({NAME_PART})?")


def items(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Path and value of every item of a list."""
    for position, item in enumerate(value if isinstance(value, list) else ()):
        if item is not UNKNOWN:
            yield f"{path}[{position}]", item


def is_address(value: str, record_type: str) -> bool:
    """Whether a text is what an A or AAAA record holds."""
    try:
        return ipaddress.ip_address(value).version == (4 if record_type == "A" else 6)
    except ValueError:
        return False
