"""Views that look past the shape or the type of a tensor: `t.ap(…)`, `t.view(dtype)`.

The functions are methods of `NkiTensor`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, SupportsIndex

from ..errors import UnsupportedError
from ..places import current_place, fail
from .dtypes import as_dtype
from .geometry import V, View
from .indices import Dynamic, as_index, dynamic_start
from .registers import VirtualRegister
from .shapes import is_contiguous


def access_pattern(view: V, pattern: Sequence[Sequence[int]], offset: SupportsIndex | None = None,
                   scalar_offset: Any = None, vector_offset: View | None = None, indirect_dim: SupportsIndex = 0,
                   dtype: Any = None) -> V:
    """A view by a raw pattern `[[step, count], …]` of the storage, whatever view this is.

    A pattern whose partition step is that of a slice of columns is one of the slice: its offset counts from there.
    """
    kind = view.dtype if dtype is None else as_dtype(dtype)
    if _is_of_columns(view, pattern):
        pattern = [[view.partition_stride * view.dtype.itemsize // kind.itemsize, pattern[0][1]], *pattern[1:]]
        base = view.offset * view.dtype.itemsize // kind.itemsize
        offset = base if offset is None else base + as_index(offset)
    if offset is None:
        offset = view.offset * view.dtype.itemsize // kind.itemsize
    elif isinstance(offset, VirtualRegister):
        raise fail("offset is a register", "pass it as scalar_offset")
    strides = tuple([as_index(pair[0]) for pair in pattern])
    shape = tuple([as_index(pair[1]) for pair in pattern])
    if min(shape, default=1) < 1:
        raise fail(f".ap pattern {list(map(list, pattern))} has an empty dimension")
    start, dim = as_index(offset), as_index(indirect_dim)
    dynamic = None
    if scalar_offset is not None and vector_offset is not None:
        raise fail("scalar_offset and vector_offset exclude each other")
    if scalar_offset is not None or vector_offset is not None:
        extents = view.shape if _is_whole(view) else view.storage.shape
        stride = 1
        for extent in extents[dim + 1:]:
            stride *= extent
        stride = stride * view.storage.dtype.itemsize // kind.itemsize
        if vector_offset is not None:
            if dim != 0:
                raise fail("vector_offset works with indirect_dim=0")
            dynamic = Dynamic("vector", vector_offset, stride)
        elif isinstance(scalar_offset, (VirtualRegister, View)):
            dynamic = dynamic_start(None, scalar_offset, stride)
        else:
            start += as_index(scalar_offset) * stride
    return view._made(view.storage, kind, shape, strides, start, dynamic)


def reinterpreted(view: V, dtype: Any) -> V:
    """The same bytes as another element type; the last dimension scales."""
    kind = as_dtype(dtype)
    if kind.itemsize == view.dtype.itemsize:
        return view._made(view.storage, kind, view.shape, view.strides, view.offset, view.dynamic, view.blocks)
    old, new = view.dtype.itemsize, kind.itemsize
    if not view.shape or (view.strides[-1] != 1 and view.shape[-1] != 1):
        raise fail("view(dtype) of a tensor whose last dimension is strided", "copy it first, or use .ap(dtype=…)")
    last = view.shape[-1] * old
    if last % new or view.offset * old % new or any(s * old % new for s in view.strides[:-1]):
        raise fail(f"view({kind}): {view.shape[-1]} elements of {old} bytes at offset {view.offset} are no whole "
                   f"elements of {new} bytes")
    dynamic = view.dynamic
    if dynamic is not None:
        dynamic = Dynamic(dynamic.kind, dynamic.index, dynamic.stride * old // new)
    return view._made(view.storage, kind, (*view.shape[:-1], last // new),
                  (*(s * old // new for s in view.strides[:-1]), 1), view.offset * old // new, dynamic)


def indirect(view: V, index: View, num_elem: SupportsIndex | None = None) -> V:
    """Refused: an addressing mode that is not simulated."""
    raise UnsupportedError("indirect() is an addressing mode of NeuronCore-v4 (trn3) that is not simulated",
                           place=current_place(),
                           remedy="gather with dma_copy and vector_offset, or nc_n_gather")


def _is_of_columns(view: View, pattern: Sequence[Sequence[int]]) -> bool:
    """Whether the view is a run of columns of a wider tensor on chip, and `pattern` steps through its own rows."""
    if not view.storage.on_chip or not view.shape or not pattern:
        return False
    width = view.size // view.shape[0]
    step = view.partition_stride
    return (width < step and as_index(pattern[0][0]) == width and view.strides[0] == step
            and is_contiguous(view.shape[1:], view.strides[1:]))


def _is_whole(view: View) -> bool:
    return view.offset == 0 and view.size == view.storage.elements and is_contiguous(view.shape, view.strides) \
        and view.dtype.itemsize == view.storage.dtype.itemsize
