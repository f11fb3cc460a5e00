"""Edits of a sabotaged case: paths in objects, as dicts or in the cluster itself."""

from __future__ import annotations

import base64
import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any

import yaml

from rehearsal.context import HubUnderTest
from rehearsal.objects import DeployedObjects, Object, path_of

Edit = Mapping[str, Any]


def put(obj: Any, path: str, value: Any) -> None:
    """Set (or, with None, remove) what is at a path such as `spec/rules/0/host`."""
    *parts, last = path.split("/")
    for part in parts:
        obj = obj[int(part)] if isinstance(obj, list) else obj.setdefault(part, {})
    key: Any = int(last) if isinstance(obj, list) else last
    if value is None:
        del obj[key]
    else:
        obj[key] = value


def on_dicts(objects: DeployedObjects, edits: list[Edit]) -> DeployedObjects:
    """The objects with the edits; the given ones stay as they are."""
    items = copy.deepcopy(dict(objects.items))
    for edit in edits:
        chosen = [key for key in items if key[0] == edit["kind"] and _named(key[1], edit)]
        assert chosen, f"the edit {edit} fits no object: the sabotage would test nothing"
        for key in chosen:
            if edit.get("remove"):
                del items[key]
            else:
                _edit(items[key], edit)
    return DeployedObjects(namespace=objects.namespace, items=items)


@contextmanager
def in_cluster(context: HubUnderTest, edits: list[Edit]) -> Iterator[None]:
    """The edits for real, undone afterwards."""
    before: list[tuple[str, Object]] = []
    try:
        for edit in edits:
            chosen = [o for o in context.fresh().of(edit["kind"]) if _named(_name(o), edit)]
            assert chosen, f"the edit {edit} fits no object: the sabotage would test nothing"
            for obj in chosen:
                path = path_of(edit["kind"], context.namespace, _name(obj))
                if edit.get("status"):
                    path += "/status"
                before.append((path, copy.deepcopy(obj)))
                _edit(obj, edit)
                context.kube.request("PUT", path, body=obj)
        yield
    finally:
        for path, obj in reversed(before):
            obj["metadata"].pop("resourceVersion", None)
            context.kube.request("PUT", path, body=obj)


def _edit(obj: Object, edit: Edit) -> None:
    for path, value in edit.get("set", {}).items():
        put(obj, path, value)
    obj["metadata"].setdefault("labels", {}).update(edit.get("label", {}))
    if "yaml" in edit:
        key = edit["yaml"]
        text = yaml.safe_load(base64.b64decode(obj["data"][key]))
        for path, value in edit["values"].items():
            put(text, path, value)
        obj["data"][key] = base64.b64encode(yaml.safe_dump(text).encode()).decode()


def _name(obj: Object) -> str:
    return str(obj["metadata"]["name"])


def _named(name: str, edit: Edit) -> bool:
    return fnmatchcase(name, edit["name"])
