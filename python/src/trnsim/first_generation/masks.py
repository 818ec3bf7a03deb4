"""`mask=` of the first API generation: operands are cut to what the mask leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import UnsupportedError
from ..places import current_place
from ..record import recorder
from ..record.origins import NOTHING
from ..tensor.grids import Mask
from ..tensor.indices import Dynamic
from ..tensor.view import NkiTensor
from .operations import require_affine


class Box:
    """The positions that a mask leaves, where they are a range in each dimension."""

    __slots__ = ("ranges", "shape")

    def __init__(self, shape: tuple[int, ...], ranges: tuple[tuple[int, int], ...]) -> None:
        self.shape = shape
        self.ranges = ranges

    @property
    def is_empty(self) -> bool:
        return any(start >= stop for start, stop in self.ranges)

    def clip(self, view: NkiTensor) -> NkiTensor:
        """The part of an operand that takes part."""
        shape, offset, changed = list(view.shape), view.offset, False
        starts = [0] * len(shape)
        dynamic = view.dynamic
        for dim, (extent, (start, stop)) in enumerate(zip(self.shape, self.ranges)):
            if extent == 1 or dim >= len(shape) or shape[dim] != extent or stop - start == extent:
                continue
            shape[dim] = stop - start
            starts[dim] = start
            if dim == 0 and dynamic is not None and dynamic.kind == "vector":
                # Each row has an index of its own instead of a place.
                dynamic = Dynamic("vector", dynamic.index[start:stop], dynamic.stride)
            else:
                offset += start * view.strides[dim]
            changed = True
        if not changed:
            return view
        result = NkiTensor(view.storage, view.dtype, tuple(shape), view.strides, offset, dynamic, view.blocks)
        if view.beyond is not None:
            moved = [grid.moved(tuple(starts)) for grid in view.beyond]
            result.beyond = [grid for grid in moved if grid.leads_out(result.shape)] or None
        return result


def box_of(mask: Any) -> Box | None:
    """The box of a mask; `None` if everything takes part."""
    require_affine(mask)
    array = np.asarray(mask)
    if array.dtype != np.bool_:
        array = array != 0
    if array.all():
        return None
    if array.ndim == 0:
        return Box((2,), ((0, 0),))
    ranges = []
    for dim in range(array.ndim):
        line = array.any(axis=tuple(d for d in range(array.ndim) if d != dim))
        places = np.flatnonzero(line)
        ranges.append((int(places[0]), int(places[-1]) + 1) if len(places) else (0, 0))
    inside = np.zeros(array.shape, bool)
    inside[tuple(slice(start, stop) for start, stop in ranges)] = True
    if not np.array_equal(inside, array):
        raise UnsupportedError("a mask that is no range in each dimension", place=current_place(),
                               remedy="compute with affine_select or nl.where, then without a mask")
    return Box(array.shape, tuple(ranges))


def masked(mask: Any, call: Callable[[], Any], otherwise: Callable[[], Any] | None = None) -> Any:
    """Records what `call` does on what the mask leaves."""
    if mask is None:
        return call()
    while Mask.pending:
        mask = np.asarray(Mask.pending.pop()) & np.asarray(mask)
    box = box_of(mask)
    if box is None:
        return call()
    if box.is_empty:
        unmade = otherwise() if otherwise is not None else None
        if isinstance(unmade, NkiTensor):
            unmade.origin = NOTHING
        return unmade
    before = recorder.mask_box
    recorder.mask_box = box
    try:
        result = call()
    finally:
        recorder.mask_box = before
    origin = getattr(result, "origin", None)
    if origin is not None:
        write = origin.write
        origin.write = lambda to, **more: masked(mask, lambda: write(to, **more))
    return result
