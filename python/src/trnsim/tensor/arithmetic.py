"""What Python's operators on tensors record: `a + b`, `a < b`, `a += b`.

The methods of `NkiTensor` are made here. What they record builds on views, so it is imported when it is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .view import NkiTensor


def operator(op: str) -> Callable[[NkiTensor, Any], Any]:
    """`view op other`, a new tile."""

    def method(view: NkiTensor, other: Any) -> Any:
        from ..language.functions import binary

        return binary(op, view, other)

    return method


def reflected(op: str) -> Callable[[NkiTensor, Any], Any]:
    """`other op view`, a new tile."""

    def method(view: NkiTensor, other: Any) -> Any:
        from ..language.functions import binary

        return binary(op, other, view)

    return method


def in_place(op: str) -> Callable[[NkiTensor, Any], NkiTensor]:
    """`view op= other`."""

    def method(view: NkiTensor, other: Any) -> NkiTensor:
        from ..language.assign import update

        return update(view, op, other)

    return method


def add_in_place(view: NkiTensor, other: Any) -> NkiTensor:
    """`view += other`; into psum a product adds by itself."""
    from ..language.assign import accumulate

    return accumulate(view, other)


def negative(view: NkiTensor) -> Any:
    """`-view`, a new tile."""
    from ..language.functions import binary

    return binary("multiply", view, -1.0)


def astype(view: NkiTensor, dtype: Any) -> NkiTensor:
    """A new tile with the same values in another element type."""
    from ..language.functions import copy

    return copy(view, dtype=dtype)
