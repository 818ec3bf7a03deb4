"""`t[…]`, `t.slice(…)` and `t.select(…)`: views of a part of a tensor.

The functions are methods of `NkiTensor`.
"""

from __future__ import annotations

from typing import Any, Final, SupportsIndex

import numpy as np

from ..places import fail
from .geometry import V, View
from .grids import index_by_grids, index_by_tile
from .indices import Dynamic, DynamicSlice, as_index, dynamic_start
from .registers import VirtualRegister
from .shapes import dimension


#: What a key is made of as a rule.
_PLAIN: Final = frozenset({int, slice, DynamicSlice, type(None), type(Ellipsis)})


def get(view: V, key: Any) -> V:
    """`view[key]`, by numbers, slices, `...`, `None`, `nl.ds`, index grids, registers and tensors of indices.

    A number removes its dimension; the partition dimension of a tile stays, with an extent of 1.
    """
    if type(key) is not tuple:
        key = tuple(key) if isinstance(key, tuple) else (key,)
    shape, strides = view.shape, view.strides
    rank = len(shape)
    given = 0
    has_ellipsis = False
    is_plain = True  # numbers are of Python's own type
    for part in key:
        kind = type(part)
        if kind is slice or kind is int or kind is DynamicSlice:
            given += 1
        elif part is Ellipsis:
            has_ellipsis = True
        elif part is None:
            continue
        elif isinstance(part, np.ndarray):
            return index_by_grids(view, key)
        else:
            given += 1
            is_plain = False
    blocks = view.blocks
    on_chip = view.storage.on_chip
    if given == rank + 1 and rank == blocks + 1 and on_chip:
        # A tile always has a free dimension: that of one element per partition has an extent of 1.
        rank += 1
        shape, strides = (*shape, 1), (*strides, 1)
    if given > rank:
        raise fail(f"{given} indices for a tensor of shape {list(shape)}", "leave out the indices that are too many")
    if not is_plain:
        key = tuple([part if type(part) in _PLAIN else _plain(part) for part in key])
    if not has_ellipsis and given < rank:
        key = (*key, Ellipsis)
    new_shape: list[int] = []
    new_strides: list[int] = []
    offset = view.offset
    dynamic = view.dynamic
    partitions = blocks if on_chip else -1
    blocks_left = blocks
    at = 0
    # Kernels index several tensors for each instruction: what they write most comes first, and calls nothing.
    for part in key:
        kind = type(part)
        if kind is slice:
            start, stop, extent = part.start, part.stop, shape[at]
            if start is None:
                start = 0
            if stop is None:
                stop = extent
            if part.step is None and type(start) is int and type(stop) is int and 0 <= start < stop <= extent:
                new_shape.append(stop - start)
                new_strides.append(strides[at])
            else:
                start, count, step = _range(part, at, shape)
                new_shape.append(count)
                new_strides.append(strides[at] * step)
            offset += start * strides[at]
            at += 1
        elif kind is int:
            extent = shape[at]
            if not -extent <= part < extent:
                raise fail(f"index {part} exceeds dimension {at} of a tensor of shape {list(shape)}",
                           f"indices go from 0 to {extent - 1}")
            offset += (part + extent if part < 0 else part) * strides[at]
            if at == partitions:
                new_shape.append(1)
                new_strides.append(strides[at])
            elif at < blocks:
                blocks_left -= 1
            at += 1
        elif part is Ellipsis:
            end = at + rank - given
            new_shape += shape[at:end]
            new_strides += strides[at:end]
            at = end
            given = rank
        elif part is None:
            new_shape.append(1)
            new_strides.append(0)
        elif kind is DynamicSlice:
            start, size = part.start, int(part.size)
            if isinstance(start, (VirtualRegister, View)):
                dynamic = dynamic_start(dynamic, start, strides[at])
            else:
                start = as_index(start)
                if start < 0 or start + size > shape[at]:
                    raise fail(f"{part!r} exceeds dimension {at} of a tensor of shape {list(shape)}",
                               "shorten it, or mask the last tile")
                offset += start * strides[at]
            new_shape.append(size)
            new_strides.append(strides[at])
            at += 1
        elif isinstance(part, VirtualRegister) or part.size == 1:
            dynamic = dynamic_start(dynamic, part, strides[at])
            if at == partitions and isinstance(part, VirtualRegister):
                raise fail("a register cannot choose a partition",
                           "load the rows with dma_copy, which can start anywhere")
            if at < blocks:
                blocks_left -= 1
            at += 1
        else:
            return index_by_tile(view, key)  # type: ignore[no-any-return]
    return view._made(view.storage, view.dtype, tuple(new_shape), tuple(new_strides), offset, dynamic, blocks_left)


def slice_dim(view: V, dim: SupportsIndex, start: SupportsIndex, end: SupportsIndex, step: SupportsIndex = 1) -> V:
    """A range of one dimension."""
    at, first, behind, by = dimension(dim, view.shape), as_index(start), as_index(end), as_index(step)
    if not 0 <= first < behind <= view.shape[at] or by < 1:
        raise fail(f"slice {first}:{behind}:{by} exceeds dimension {at} of a tensor of shape {list(view.shape)}")
    shape, strides = list(view.shape), list(view.strides)
    shape[at] = (behind - first + by - 1) // by
    strides[at] *= by
    return view._with(tuple(shape), tuple(strides), view.offset + first * view.strides[at])


def select(view: V, dim: SupportsIndex, index: Any) -> V:
    """One position of a dimension, which goes: a number, a register, or a tensor of one element."""
    at = dimension(dim, view.shape)
    shape = view.shape[:at] + view.shape[at + 1:]
    strides = view.strides[:at] + view.strides[at + 1:]
    if isinstance(index, (View, VirtualRegister)):
        if view.on_chip and at == 0:
            raise fail("a dynamic index cannot select a partition")
        return view._with(shape, strides, view.offset, dynamic_start(view.dynamic, index, view.strides[at]))
    index = as_index(index)
    if not -view.shape[at] <= index < view.shape[at]:
        raise fail(f"index {index} exceeds dimension {at} of a tensor of shape {list(view.shape)}")
    return view._with(shape, strides, view.offset + index % view.shape[at] * view.strides[at])


def vector_select(view: V, dim: SupportsIndex, vector_offset: View) -> V:
    """Positions of the first dimension by a tensor of indices, one for each row of the result."""
    if dimension(dim, view.shape) != 0:
        raise fail("vector_select works on dimension 0", "permute the tensor first")
    if view.dynamic is not None:
        raise fail("a view has one dynamic index at most")
    return view._with((vector_offset.shape[0], *view.shape[1:]), view.strides, view.offset,
                      Dynamic("vector", vector_offset, view.strides[0]))


def _plain(part: Any) -> Any:
    """A register or a tensor as it is; anything else is a number, and made one."""
    return part if isinstance(part, (VirtualRegister, View)) else as_index(part)


def _range(part: slice, at: int, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Start, count and step of a slice of dimension `at`."""
    bounds = (part.start, part.stop, part.step)
    if any(isinstance(bound, (VirtualRegister, View)) for bound in bounds):
        raise fail("a slice with a dynamic bound", "write nl.ds(start, size)")
    start, stop, step = slice(*(None if bound is None else as_index(bound) for bound in bounds)).indices(shape[at])
    count = len(range(start, stop, step))
    if count == 0:
        raise fail(f"slice {_text(part)} of dimension {at} of a tensor of shape {list(shape)} is empty",
                   "the end is the index after the last")
    return start, count, step


def _text(part: slice) -> str:
    text = f"{'' if part.start is None else part.start}:{'' if part.stop is None else part.stop}"
    return text if part.step is None else f"{text}:{part.step}"
