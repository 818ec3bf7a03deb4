"""Arguments and results, which lie in tuples, lists and dictionaries, and may differ between ranks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class PerRank(list[Any]):
    """An argument or a result that differs between ranks: an element for each."""

    def __repr__(self) -> str:
        return f"PerRank({super().__repr__()})"


def mapped(value: Any, function: Callable[[Any, str], Any], name: str = "") -> Any:
    """`value` with `function(item, its name)` in place of each item that is no tuple, list or dictionary.

    A PerRank is one item. Items of `name` are named `name.field` in a named tuple, `name.0` or `name.key`.
    """
    if isinstance(value, dict):
        return {key: mapped(item, function, f"{name}.{key}") for key, item in value.items()}
    if not isinstance(value, (list, tuple)) or isinstance(value, PerRank):
        return function(value, name)
    if hasattr(value, "_fields"):
        return type(value)(*(mapped(item, function, f"{name}.{field}") for field, item in zip(value._fields, value)))
    return type(value)(mapped(item, function, f"{name}.{i}") for i, item in enumerate(value))
