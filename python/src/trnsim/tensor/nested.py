"""Arguments and results, which lie in tuples, lists, dictionaries and objects, and may differ between ranks."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

from .nkiobject import NKIObject


class PerRank(list[Any]):
    """An argument or a result that differs between ranks: an element for each."""

    def __repr__(self) -> str:
        return f"PerRank({super().__repr__()})"


def mapped(value: Any, function: Callable[[Any, str], Any], name: str = "") -> Any:
    """`value` with `function(item, its name)` in place of each item that holds no others.

    Tuples, lists, dictionaries, dataclasses and NKIObjects hold items; a PerRank is one item. Items of `name` are named
    `name.field` in a named tuple or object, `name.0` or `name.key`. An object none of whose items change stays itself,
    another one is copied: the caller's keeps what it has.
    """
    if isinstance(value, dict):
        return {key: mapped(item, function, f"{name}.{key}") for key, item in value.items()}
    if isinstance(value, NKIObject) or dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _mapped_object(value, function, name)
    if not isinstance(value, (list, tuple)) or isinstance(value, PerRank):
        return function(value, name)
    if hasattr(value, "_fields"):
        return type(value)(*(mapped(item, function, f"{name}.{field}") for field, item in zip(value._fields, value)))
    return type(value)(mapped(item, function, f"{name}.{i}") for i, item in enumerate(value))


def _mapped_object(value: Any, function: Callable[[Any, str], Any], name: str) -> Any:
    names = list(vars(value)) if hasattr(value, "__dict__") else [field.name for field in dataclasses.fields(value)]
    new = value
    for key in names:
        item = getattr(value, key)
        found = item if item is value else mapped(item, function, f"{name}.{key}")
        if found is item or isinstance(found, (dict, list, tuple)) and _is_same(found, item):
            continue
        if new is value:
            new = copy.copy(value)
        object.__setattr__(new, key, found)  # also where it is frozen
    return new


def _is_same(found: Any, item: Any) -> bool:
    """Whether a container that was made anew holds the very items of the old one."""
    if type(found) is not type(item) or len(found) != len(item):
        return False
    pairs = zip(found.values(), item.values()) if isinstance(found, dict) else zip(found, item)
    return all(a is b or isinstance(a, (dict, list, tuple)) and _is_same(a, b) for a, b in pairs)
