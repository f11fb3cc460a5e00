"""The YAML of a stack file: read strictly, and without what neither Helm nor Kubernetes can hold.

YAML loaders keep the last of two equal keys and turn a word into a date without a sound. In a
stack file each would be a setting that somebody believes in, so each is a finding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import yaml

from model.findings import ABSENT, Finding
from model.rules import RULES
from model.stackfile.model_errors import seen

_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str) -> tuple[dict[Any, Any] | None, list[Finding]]:
    def broken(
        reason: str, fix: str, path: str = "(file)", value: str = ABSENT
    ) -> tuple[None, list[Finding]]:
        return None, [RULES["BH105"].finding(path, value, reason, fix)]

    try:
        duplicate = next(_duplicates(yaml.compose(text, Loader=_Loader)), None)
        if duplicate is not None:
            return broken(
                f"key {duplicate} is written twice; only the last would count.",
                "keep one of them.",
            )
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        problem = getattr(exc, "problem", None) or "it cannot be read"
        if mark is None:
            return broken(f"the file is not YAML: {problem}.", "mend it.")
        line = [*text.splitlines(), ""][min(mark.line, len(text.splitlines()))]
        path = f"line {mark.line + 1}, column {mark.column + 1}"
        key = line.partition(": ")[0] or "(end of the file)"  # A value may be a credential.
        if "\t" in line[: mark.column + 1]:
            reason = "a tab stands where YAML wants spaces."
            return broken(reason, "replace each tab by two spaces.", path, key)
        fix = "mend this line, or a quote or bracket left open before it."
        return broken(f"this is not YAML: {problem}.", fix, path, key)
    except (ValueError, RecursionError, OverflowError) as exc:
        return broken(
            f"the file cannot be read as YAML: {type(exc).__name__}.",
            "look for a date, number or nesting that YAML cannot hold.",
        )
    if not isinstance(document, dict):
        return broken("a stack file is a mapping.", "start it with `config:`.")
    return document, []


def _duplicates(node: yaml.Node | None) -> Iterator[str]:
    """Keys that a mapping holds twice (YAML loaders silently keep the last)."""
    todo, seen_nodes = [node], set()
    while todo:
        current = todo.pop()
        if current is None or id(current) in seen_nodes:
            continue
        seen_nodes.add(id(current))
        if isinstance(current, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in current.value:
                text = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
                if text and text in seen and text != "<<":
                    yield f"{text} (line {key.start_mark.line + 1})"
                seen.add(text)
                todo.append(value)
        elif isinstance(current, yaml.SequenceNode):
            todo.extend(current.value)


def not_json(value: object, path: str) -> Iterator[Finding]:
    """What YAML can hold and neither Helm nor Kubernetes can: dates, infinities, broken text."""
    todo: list[tuple[object, str, int]] = [(value, path, 0)]
    while todo:
        current, at, depth = todo.pop()
        if depth > 50:
            yield too_deep()
            return
        if isinstance(current, dict):
            todo.extend((v, f"{at}.{k}", depth + 1) for k, v in current.items())
            bad = [k for k in current if not isinstance(k, str) or not _is_text(k)]
            reason = "a key is not text; a number, date, yes or no as a key needs quotes."
        elif isinstance(current, list):
            todo.extend((v, f"{at}[{i}]", depth + 1) for i, v in enumerate(current))
            continue
        else:
            plain = current is None or isinstance(current, bool | int)
            number = isinstance(current, float) and math.isfinite(current)
            text = isinstance(current, str) and _is_text(current)
            bad = [] if plain or number or text else [current]
            reason = f"{type(current).__name__} is nothing that Helm values can hold."
            if isinstance(current, str):
                reason = "it holds a character that no YAML file can carry."
        if bad:
            yield RULES["BH100"].finding(
                at,
                seen(at, str(bad[0])),
                reason,
                "write text (in quotes where it looks like a date or number).",
            )


def _is_text(text: str) -> bool:
    """Text that UTF-8 and YAML can carry."""
    return not any("\ud800" <= c <= "\udfff" or (c < " " and c not in "\n\t\r") for c in text)


def too_deep() -> Finding:
    return RULES["BH105"].finding(
        "(file)",
        ABSENT,
        "the file is nested too deeply.",
        "flatten it.",
    )
