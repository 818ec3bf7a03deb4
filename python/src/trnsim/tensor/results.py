"""What kernels return: tensors, in tuples, lists and dictionaries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .nested import mapped
from .view import NkiTensor


def map_tensors(value: Any, function: Callable[[NkiTensor], Any]) -> Any:
    """What a kernel returned, with a function applied to each tensor in it."""
    return mapped(value, lambda item, _: function(item) if isinstance(item, NkiTensor) else item)
