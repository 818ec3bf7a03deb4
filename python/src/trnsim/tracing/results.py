"""What kernels return: tensors, in tuples, lists and dictionaries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .view import NkiTensor


def map_tensors(value: Any, function: Callable[[NkiTensor], Any]) -> Any:
    """What a kernel returned, with a function applied to each tensor in it."""
    if isinstance(value, NkiTensor):
        return function(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(map_tensors(item, function) for item in value))
    if isinstance(value, (list, tuple)):
        return type(value)(map_tensors(item, function) for item in value)
    if isinstance(value, dict):
        return {key: map_tensors(item, function) for key, item in value.items()}
    return value
