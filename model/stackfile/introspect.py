"""Which keys the model knows at a place in the file; for suggestions after a mistyped one."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from model.hub import Hub


def known_keys(loc: Iterable[int | str], data: Mapping[str, Any]) -> set[str]:
    """Keys (camelCase) of the model at `loc`; empty when nothing is known there."""
    models: list[type[BaseModel]] = [Hub]
    current: Any = data
    for step in loc:
        current = _down(current, step)
        if isinstance(step, int):
            continue
        models = [
            found
            for model in models
            for name, info in model.model_fields.items()
            if step in (name, info.alias)
            for found in _models(info.annotation)
        ]
    if isinstance(current, dict):
        tagged = [m for m in models if _tag_matches(m, current)]
        models = tagged or models
    return {
        info.alias or name
        for model in models
        for name, info in model.model_fields.items()
        if not (model is Hub and name == "name")
    }


def _down(current: Any, step: int | str) -> Any:
    try:
        return current[step]
    except (KeyError, IndexError, TypeError):
        return None


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, list, typing.Annotated):
        return [m for arg in typing.get_args(annotation) for m in _models(arg)]
    return []


def _tag_matches(model: type[BaseModel], current: Mapping[str, Any]) -> bool:
    for key in ("kind", "provider"):
        info = model.model_fields.get(key)
        if info is not None and key in current:
            return current[key] in typing.get_args(info.annotation)
    return True
