"""All elements of a tensor in another shape: `t.reshape(…)`, `t.permute(…)`, `t.broadcast(…)` and their siblings.

The functions are methods of `NkiTensor`; no instruction is recorded, and what would need a copy is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, SupportsIndex

import numpy as np

from ..places import fail
from .geometry import V
from .indices import ParDim, as_index
from .shapes import completed, dimension, reshaped


def reshape(view: V, sizes: tuple[Any, ...], shape: Any = None) -> V:
    """The elements in the same order; one extent may be -1, and `nl.par_dim` follows block dimensions."""
    given = sizes if shape is None else (shape,)
    wanted = tuple(given[0]) if len(given) == 1 and not isinstance(given[0], (int, np.integer)) else tuple(given)
    blocks = 0
    if any(isinstance(extent, ParDim) for extent in wanted):
        blocks = next(i for i, extent in enumerate(wanted) if isinstance(extent, ParDim))
        wanted = tuple(extent.size if isinstance(extent, ParDim) else extent for extent in wanted)
    extents = completed(tuple(int(e) for e in wanted), view.size)
    if extents is None:
        raise fail(f"reshape to {list(wanted)}: the tensor of shape {list(view.shape)} has {view.size} elements",
                   "the product of the extents stays the same")
    strides = reshaped(view.shape, view.strides, extents)
    if strides is None:
        raise fail(f"reshape of shape {list(view.shape)}, strides {list(view.strides)} to {list(extents)} "
                   "needs a copy", "copy the tensor first")
    return view._with(extents, strides, view.offset, blocks=blocks)


def reshape_dim(view: V, dim: SupportsIndex, shape: Sequence[SupportsIndex]) -> V:
    """One dimension split into several."""
    at, wanted = dimension(dim, view.shape), tuple(as_index(extent) for extent in shape)
    extents = completed(wanted, view.shape[at])
    if extents is None:
        raise fail(f"reshape_dim({at}, {wanted}): the dimension has {view.shape[at]} elements")
    strides = []
    step = view.strides[at]
    for extent in reversed(extents):
        strides.append(step)
        step *= extent
    return view._with((*view.shape[:at], *extents, *view.shape[at + 1:]),
                      (*view.strides[:at], *reversed(strides), *view.strides[at + 1:]), view.offset)


def flatten_dims(view: V, start_dim: SupportsIndex, end_dim: SupportsIndex) -> V:
    """Neighbouring dimensions, the last one included, as one."""
    start, end = dimension(start_dim, view.shape), dimension(end_dim, view.shape)
    extent, stride = view.shape[end], view.strides[end]
    for d in range(end - 1, start - 1, -1):
        if view.shape[d] != 1 and extent != 1 and view.strides[d] != stride * extent:
            raise fail(f"dimensions {start} to {end} of shape {list(view.shape)}, strides {list(view.strides)} "
                       "are no run", "copy the tensor first")
        if extent == 1:
            stride = view.strides[d]
        extent *= view.shape[d]
    return view._with((*view.shape[:start], extent, *view.shape[end + 1:]),
                      (*view.strides[:start], stride, *view.strides[end + 1:]), view.offset)


def expand_dim(view: V, dim: SupportsIndex) -> V:
    """A dimension of one element more, in front of `dim`."""
    rank = len(view.shape)
    at = as_index(dim)
    if at < 0:
        at += rank + 1
    if not 0 <= at <= rank:
        raise fail(f"expand_dim({dim}) of a tensor of shape {list(view.shape)}")
    return view._with((*view.shape[:at], 1, *view.shape[at:]), (*view.strides[:at], 0, *view.strides[at:]),
                      view.offset)


def squeeze_dim(view: V, dim: SupportsIndex) -> V:
    """Without a dimension of one element."""
    at = dimension(dim, view.shape)
    if view.shape[at] != 1:
        raise fail(f"squeeze_dim({at}): the dimension has {view.shape[at]} elements")
    return view._with(view.shape[:at] + view.shape[at + 1:], view.strides[:at] + view.strides[at + 1:], view.offset)


def permute(view: V, dims: Sequence[SupportsIndex]) -> V:
    """The dimensions in another order; on chip the partition dimension stays first."""
    order = tuple(dimension(d, view.shape) for d in dims)
    if sorted(order) != list(range(len(view.shape))):
        raise fail(f"permute{order} of a tensor of shape {list(view.shape)}")
    if view.on_chip and order and order[0] != 0:
        raise fail("permute cannot move the partition dimension", "use nc_transpose or dma_transpose")
    return view._with(tuple(view.shape[d] for d in order), tuple(view.strides[d] for d in order), view.offset)


def rearrange(view: V, src_pattern: Sequence[Any], dst_pattern: Sequence[Any],
              fixed_sizes: dict[str, Any] | None = None) -> V:
    """As einops: splits, permutes and merges named dimensions; nested tuples are groups."""
    sizes = {name: as_index(extent) for name, extent in (fixed_sizes or {}).items()}
    if len(src_pattern) != len(view.shape):
        raise fail(f"rearrange: {len(src_pattern)} names for shape {list(view.shape)}")
    strides: dict[str, int] = {}
    for part, extent, stride in zip(src_pattern, view.shape, view.strides):
        group = (part,) if isinstance(part, str) else tuple(part)
        open_names = [name for name in group if name not in sizes]
        known = 1
        for name in group:
            known *= sizes.get(name, 1)
        if len(open_names) > 1 or (open_names and extent % known) or (not open_names and known != extent):
            raise fail(f"rearrange: {part!r} does not fit {extent} elements")
        if open_names:
            sizes[open_names[0]] = extent // known
        for name in reversed(group):
            strides[name] = stride
            stride *= sizes[name]
    flat = [name for part in dst_pattern for name in ((part,) if isinstance(part, str) else part)]
    if sorted(flat) != sorted(strides):
        raise fail(f"rearrange: {dst_pattern!r} does not have the names of {src_pattern!r}")
    result = view._with(tuple(sizes[n] for n in flat), tuple(strides[n] for n in flat), view.offset)
    for at, part in enumerate(dst_pattern):
        if not isinstance(part, str) and len(part) > 1:
            result = flatten_dims(result, at, at + len(part) - 1)
    return result


def broadcast(view: V, dim: SupportsIndex, size: SupportsIndex) -> V:
    """A dimension of one element repeated; on chip not that of the partitions."""
    at, count = dimension(dim, view.shape), as_index(size)
    if view.shape[at] != 1:
        raise fail(f"broadcast of dimension {at}, which has {view.shape[at]} elements",
                   "only dimensions of one element can be broadcast")
    if count < 1:
        raise fail(f"broadcast of dimension {at} to {count} elements", "a dimension has 1 element or more")
    if view.on_chip and at == 0 and count != 1:
        raise fail("broadcast cannot repeat a partition", "use nc_stream_shuffle, nc_matmul by ones or dma_copy")
    shape, strides = list(view.shape), list(view.strides)
    shape[at], strides[at] = count, 0
    return view._with(tuple(shape), tuple(strides), view.offset)
