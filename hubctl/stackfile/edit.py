"""Change one key of a stack file's text and leave every other character alone. Pure.

The places come from YAML's own marks; the result is read back and compared, so a text that
cannot be edited this way is refused rather than spoilt.
"""

from __future__ import annotations

from typing import Any

import yaml

from hubctl.console.errors import Problem
from hubctl.stackfile import draft
from model.stackfile.read import PROJECT

_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def set_key(text: str, section: str, key: str, value: Any) -> str:
    """The text with `SECTION.KEY` set to `value`; raises Problem when it cannot be done so."""
    config = _config(text)
    name, node = _section(config, section)
    if node is None:
        out = _append(text, config, draft.section(f"{PROJECT}:{section}", {key: value}, "", ""))
    else:
        out = _set(text, node, key, value)
    return _checked(text, out, name, key, value)


def add_section(text: str, section: str, value: Any) -> str:
    """The text with a whole section more; raises Problem when it is there already."""
    config = _config(text)
    name, node = _section(config, section)
    if node is not None:
        raise Problem(f"the file has `{name}` already; edit it there.")
    out = _append(text, config, draft.section(name, value, "", ""))
    return _checked(text, out, name, None, value)


def _config(text: str) -> yaml.MappingNode:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            if key.value == "config" and isinstance(value, yaml.MappingNode):
                if value.flow_style:
                    raise Problem("`config` is written in braces; write it as a block first.")
                return value
    raise Problem("the file has no mapping `config`.")


def _section(config: yaml.MappingNode, section: str) -> tuple[str, yaml.Node | None]:
    for key, value in config.value:
        if key.value in (section, f"{PROJECT}:{section}"):
            return key.value, value
    return f"{PROJECT}:{section}", None


def _end(node: yaml.Node) -> int:
    """Where a node's last value ends. A block's own end mark lies behind the comments that follow it,
    which belong to what comes next."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return _end(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _end(node.value[-1])
    return int(node.end_mark.index)


def _append(text: str, mapping: yaml.MappingNode, lines: list[str]) -> str:
    """New lines after a block mapping's last key, indented as its keys are."""
    indent = " " * mapping.value[0][0].start_mark.column
    end = _end(mapping.value[-1][1])
    # A block text ends behind its last line break; everything else before it, perhaps with a comment.
    at = end if text[:end].endswith("\n") else text.find("\n", end) + 1 or len(text)
    before = text[:at] if text[:at].endswith("\n") else text[:at] + "\n"
    return before + "".join(f"{indent}{line}\n" for line in lines) + text[at:]


def _set(text: str, node: yaml.Node, key: str, value: Any) -> str:
    if not isinstance(node, yaml.MappingNode):
        raise Problem("the section is not a mapping.")
    for name, child in node.value:
        if name.value == key:
            if not isinstance(child, yaml.ScalarNode):
                raise Problem(f"{key} is not a plain value.")
            return text[: child.start_mark.index] + draft.flow(value) + text[child.end_mark.index :]
    if not node.value:
        at = node.start_mark.index + 1
        return text[:at] + f"{key}: {draft.flow(value)}" + text[at:]
    if node.flow_style:
        at = _end(node.value[-1][1])
        return text[:at] + f", {key}: {draft.flow(value)}" + text[at:]
    return _append(text, node, [f"{key}: {draft.flow(value)}"])


def _checked(text: str, out: str, section: str, key: str | None, value: Any) -> str:
    wanted = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    if key is None:
        wanted["config"][section] = value
    else:
        wanted["config"][section] = {**(wanted["config"].get(section) or {}), key: value}
    try:
        found = yaml.load(out, Loader=_Loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError:
        found = None
    if found != wanted:
        raise Problem(
            f"the file is written in a way that cannot be edited safely; write `{section}` by hand."
        )
    return out
