"""When `accumulate=None` adds and when it overwrites: the first write to a place of PSUM overwrites."""

from __future__ import annotations

from typing import Any

import numpy as np

from .operand import CoreOperand
from .view import NkiTensor

#: What is known of each place of a PSUM tensor.
NOTHING, MATMUL, ZERO, OTHER = 0, 1, 2, 3


class Regions:
    """Which places of a tensor were written by a product; exact regions first, a map where they mix."""

    __slots__ = ("known", "map", "shape")

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        self.known: dict[Any, int] = {}
        self.map: Any = None

    def state(self, operand: CoreOperand) -> int:
        if self.map is None:
            found = self.known.get(operand.key)
            if found is not None:
                return found
            if not self.known:
                return NOTHING
            self._draw()
        states = np.unique(self.map[_places(operand)])
        if len(states) == 1:
            return int(states[0])
        return MATMUL if MATMUL in states else OTHER if OTHER in states else int(states[-1])

    def set(self, operand: CoreOperand, state: int) -> None:
        if self.map is None:
            if operand.key in self.known or not self.known:
                self.known[operand.key] = state
                return
            self._draw()
        self.map[_places(operand)] = state

    def _draw(self) -> None:
        self.map = np.zeros(self.shape, np.uint8)
        for (start, rows, offset, free), state in self.known.items():
            self.map[_indices(start, rows, offset, free)] = state


def _indices(start: int, rows: int, offset: int, free: tuple[tuple[int, int], ...]) -> Any:
    columns = np.array([offset])
    for stride, extent in free:
        columns = (columns[:, None] + np.arange(extent) * stride).reshape(-1)
    return np.ix_(np.arange(start, start + rows), columns)


def _places(operand: CoreOperand) -> Any:
    return _indices(operand.row_start, operand.rows, operand.offset, tuple(operand.free))


def _regions(view: NkiTensor) -> Regions:
    storage = view.storage
    found: Regions | None = storage.matmuls
    if found is None:
        found = storage.matmuls = Regions((storage.partitions, view.partition_stride))
    return found


def accumulates(view: NkiTensor, operand: CoreOperand) -> bool:
    """Whether a product that leaves it open adds to what is there."""
    return _regions(view).state(operand) in (MATMUL, OTHER)


def note_matmul(view: NkiTensor, operand: CoreOperand) -> None:
    _regions(view).set(operand, MATMUL)


def note_zero(view: NkiTensor) -> None:
    """Zeros that a product may simply overwrite: to add to them gives the same."""
    from .operand import core_operand

    operand = core_operand(view)
    _regions(view).set(operand, ZERO)


def forget(view: NkiTensor) -> None:
    """Something else than a product wrote the place."""
    from .operand import core_operand

    operand = core_operand(view)
    _regions(view).set(operand, OTHER)
