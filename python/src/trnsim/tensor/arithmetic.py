"""What Python's operators on tensors record: `a + b`, `a < b`, `a += b`.

The functions are methods of `NkiTensor`.
"""

from __future__ import annotations

from typing import Any

from . import recording
from .geometry import View


def binary(op: str, left: Any, right: Any) -> Any:
    """`left op right`, a new tile."""
    return recording.recorder.binary(op, left, right)


def in_place(view: View, op: str, other: Any) -> Any:
    """`view op= other`."""
    return recording.recorder.update(view, op, other)


def add_in_place(view: View, other: Any) -> Any:
    """`view += other`; into psum a product adds by itself."""
    return recording.recorder.accumulate(view, other)


def negative(view: View) -> Any:
    """`-view`, a new tile."""
    return recording.recorder.binary("multiply", view, -1.0)


def astype(view: View, dtype: Any) -> Any:
    """A new tile with the same values in another element type."""
    return recording.recorder.copy(view, dtype)
