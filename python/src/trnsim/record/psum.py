"""When `accumulate=None` adds and when it overwrites: the first write to a place of PSUM overwrites."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ..tensor.view import NkiTensor
from .operand import CoreOperand, core_operand

#: What is known of each place of a PSUM tensor.
NOTHING: Final = 0
MATMUL: Final = 1
ZERO: Final = 2
OTHER: Final = 3


class Regions:
    """Which places of a tensor were written by a product: rectangles first, a map where they mix."""

    __slots__ = ("key", "known", "map", "shape", "single")

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        #: The one rectangle that nearly all tensors have, and what is known of it.
        self.key: Any = None
        self.single = NOTHING
        #: All of them, where there are several.
        self.known: dict[Any, int] | None = None
        self.map: Any = None

    def state(self, operand: CoreOperand) -> int:
        key = operand.pattern.key
        if self.map is None:
            if self.known is None:
                if self.key is None:
                    return NOTHING
                if key is self.key or key == self.key:
                    return self.single
            else:
                found = self.known.get(key)
                if found is not None:
                    return found
            if self._is_apart(key):
                return NOTHING
            self._draw()
        places = self.map[_places(key)]
        first = int(places.flat[0])
        if (places == first).all():
            return first
        return MATMUL if (places == MATMUL).any() else OTHER if (places == OTHER).any() else ZERO

    def set(self, operand: CoreOperand, state: int) -> None:
        key = operand.pattern.key
        if self.map is None:
            if self.known is None:
                if self.key is None or key is self.key or key == self.key:
                    self.key, self.single = key, state
                    return
                if self._is_apart(key):
                    self.known = {self.key: self.single, key: state}
                    return
            elif key in self.known or self._is_apart(key):
                self.known[key] = state
                return
            self._draw()
        self.map[_places(key)] = state

    def _regions(self) -> dict[Any, int]:
        return {self.key: self.single} if self.known is None else self.known

    def _is_apart(self, key: Any) -> bool:
        """Whether a region surely touches none of the known ones."""
        start, rows, offset, free = key
        width = _extent(free)
        if any(stride < 0 for stride, _ in free):
            return False
        for other_start, other_rows, other_offset, other_free in self._regions():
            if start < other_start + other_rows and other_start < start + rows \
                    and offset < other_offset + _extent(other_free) and other_offset < offset + width:
                return False
        return True

    def _draw(self) -> None:
        self.map = np.zeros(self.shape, np.uint8)
        for key, state in self._regions().items():
            self.map[_places(key)] = state


def _extent(free: tuple[tuple[int, int], ...]) -> int:
    """From the first column to the one after the last; of strides that go on."""
    return 1 + sum(stride * (extent - 1) for stride, extent in free)


def _places(key: Any) -> Any:
    """What of the map a region is."""
    start, rows, offset, free = key
    if all(stride == 1 or extent == 1 for stride, extent in free) and sum(extent > 1 for _, extent in free) <= 1:
        return slice(start, start + rows), slice(offset, offset + _extent(free))
    columns = np.array([offset])
    for stride, extent in free:
        columns = (columns[:, None] + np.arange(extent) * stride).reshape(-1)
    return slice(start, start + rows), columns


def _regions(view: NkiTensor) -> Regions:
    storage = view.storage
    found: Regions | None = storage.matmuls
    if found is None:
        found = storage.matmuls = Regions((storage.partitions, view.partition_stride))
    return found


def note_matmul(view: NkiTensor, operand: CoreOperand, accumulate: Any) -> bool:
    """Notes a product; whether it adds to what is there, which it may leave open."""
    regions = _regions(view)
    adds = regions.state(operand) in (MATMUL, OTHER) if accumulate is None else bool(accumulate)
    regions.set(operand, MATMUL)
    return adds


def note_zero(view: NkiTensor) -> None:
    """Zeros that a product may simply overwrite: to add to them gives the same."""
    operand = core_operand(view)
    _regions(view).set(operand, ZERO)


def forget(view: NkiTensor) -> None:
    """Something else than a product wrote the place."""
    operand = core_operand(view)
    _regions(view).set(operand, OTHER)
