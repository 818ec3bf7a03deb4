"""Shapes that fit each other: dimensions of one element repeat by a stride of 0."""

from __future__ import annotations

from ..places import fail
from .geometry import V, View


def common_shape(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that both broadcast to, aligned from the right as in NumPy."""
    rank = max(len(a), len(b))
    left, right = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    shape = []
    for x, y in zip(left, right):
        if x != y and x != 1 and y != 1:
            raise fail(f"shapes {list(a)} and {list(b)} do not fit", "extents are equal or 1")
        shape.append(max(x, y))
    return tuple(shape)


def repeated(view: V, shape: tuple[int, ...]) -> V:
    """The view repeated to `shape`, without an instruction: so the partitions of what is on chip fit already."""
    rank = len(shape)
    if view.ndim < rank:
        missing = rank - view.ndim
        # The partition dimension stays first.
        lead = 1 if view.on_chip else 0
        own = (*view.shape[:lead], *(1,) * missing, *view.shape[lead:])
        strides = (*view.strides[:lead], *(0,) * missing, *view.strides[lead:])
    else:
        own, strides = view.shape, view.strides
    if len(own) != rank or any(x != y and x != 1 for x, y in zip(own, shape)):
        raise fail(f"shape {list(view.shape)} cannot be broadcast to {list(shape)}")
    new = tuple(0 if x != y else s for x, y, s in zip(own, shape, strides))
    return view._made(view.storage, view.dtype, shape, new, view.offset, view.dynamic)


def is_scalar_tile(view: View, rows: int) -> bool:
    """Whether it has one element per partition: what tensor_scalar takes."""
    return view.ndim >= 1 and view.shape[0] == rows and view.size == rows
