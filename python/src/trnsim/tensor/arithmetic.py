"""What Python's operators on tensors record: `a + b`, `a < b`, `a += b`.

The methods of `NkiTensor` are made here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import recording
from .geometry import View


def operator(op: str) -> Callable[[View, Any], Any]:
    """`view op other`, a new tile."""

    def method(view: View, other: Any) -> Any:
        return recording.recorder.binary(op, view, other)

    return method


def reflected(op: str) -> Callable[[View, Any], Any]:
    """`other op view`, a new tile."""

    def method(view: View, other: Any) -> Any:
        return recording.recorder.binary(op, other, view)

    return method


def in_place(op: str) -> Callable[[View, Any], Any]:
    """`view op= other`."""

    def method(view: View, other: Any) -> Any:
        return recording.recorder.update(view, op, other)

    return method


def add_in_place(view: View, other: Any) -> Any:
    """`view += other`; into psum a product adds by itself."""
    return recording.recorder.accumulate(view, other)


def negative(view: View) -> Any:
    """`-view`, a new tile."""
    return recording.recorder.binary("multiply", view, -1.0)


def astype(view: View, dtype: Any) -> Any:
    """A new tile with the same values in another element type."""
    return recording.recorder.copy(view, dtype)
