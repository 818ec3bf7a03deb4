"""Shapes that fit each other: free dimensions repeat by a stride of 0, partitions need instructions."""

from __future__ import annotations

from ..places import fail
from .view import NkiTensor


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


def broadcast_to(view: NkiTensor, shape: tuple[int, ...]) -> NkiTensor:
    """The view repeated to `shape`."""
    if view.shape == shape:
        return view
    rank = len(shape)
    if view.ndim < rank:
        missing = rank - view.ndim
        # The partition dimension stays first.
        own = (view.shape[:1] + (1,) * missing + view.shape[1:]) if view.on_chip else (1,) * missing + view.shape
        strides = (view.strides[:1] + (0,) * missing + view.strides[1:]) if view.on_chip \
            else (0,) * missing + view.strides
    else:
        own, strides = view.shape, view.strides
    if len(own) != rank or any(x != y and x != 1 for x, y in zip(own, shape)):
        raise fail(f"shape {list(view.shape)} cannot be broadcast to {list(shape)}")
    if view.on_chip and own[0] != shape[0]:
        from ..language.functions import broadcast_partitions

        wide = broadcast_partitions(view, shape[0])
        return broadcast_to(wide, shape)
    new = tuple(0 if x != y else s for x, y, s in zip(own, shape, strides))
    return NkiTensor(view.storage, view.dtype, shape, new, view.offset, view.dynamic)


def is_scalar_tile(view: NkiTensor, rows: int) -> bool:
    """Whether it has one element per partition: what tensor_scalar takes."""
    return view.ndim >= 1 and view.shape[0] == rows and view.size == rows
