"""Hide secret values in messages that come from outside (helm, the API server)."""

from __future__ import annotations

import base64
from typing import Any

from lab.providers.sdk.property_values import secret_strings

_HIDDEN = "[secret]"


class Mask:
    """Replaces every secret text found in the given values, also when base64-encoded."""

    def __init__(self, *values: Any) -> None:
        plain = {text for value in values for text in secret_strings(value)}
        lines = {line.strip() for text in plain for line in text.splitlines()}
        plain |= {line for line in lines if len(line) >= 8}
        coded = {base64.b64encode(text.encode()).decode() for text in plain}
        # Longest first, so that a secret inside another one does not leave a rest of it.
        self._texts = sorted(plain | coded, key=len, reverse=True)

    def clean(self, text: str) -> str:
        """``text`` without the secrets."""
        for hidden in self._texts:
            text = text.replace(hidden, _HIDDEN)
        return text
